"""What a manifest says is compared with what is claimed; one wrong field is enough to refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.provenance import signing
from activities.provenance.agreement import Kin, Statement, require_agreement
from activities.provenance.manifest import OUR_ASSERTION, TRAINING_MINING, Origin, Parent, written
from activities.provenance.reading import GENERATIONS_MAX, ManifestReader
from activities.provenance.refusals import ManifestDiffers
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import require_manifest, sign_rendition
from domain.provenance.verdict import ManifestState
from tests.activities.provenance.conftest import ORIGIN

CHILD = Origin("art_2", "gen_2", "dd" * 32, "bb" * 32, ("cc" * 32,))
CLAIMED = Statement(CHILD, (Kin("art_1"),))

Definition = dict[str, Any]


@pytest.fixture(scope="module")
def child(signed: Path, marked: Path, signer: FilmSigner, folder: Path) -> Path:
    """A film that was made from the signed one."""
    sign_rendition(signer, marked, folder / "child.mp4", CHILD, [Parent("art_1", signed)])
    return folder / "child.mp4"


def test_a_manifest_that_says_what_is_claimed_passes(child: Path, reader: ManifestReader) -> None:
    require_manifest(child, CLAIMED, reader)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"artefact_id": "art_9"}, "artefact is art_9, and art_2 is claimed"),
        ({"generation_id": "gen_9"}, "generation is gen_9, and gen_2 is claimed"),
        ({"plan_sha256": "ee" * 32}, "plan_sha256 is eeeeeeeeeeee…, and dddddddddddd… is claimed"),
        ({"policy_sha256": "ee" * 32}, "policy_sha256 is eeeeeeeeeeee…"),
        ({"receipt_sha256s": ()}, "consent_receipts_sha256 is nothing, and cccccccccccc… is"),
        ({"receipt_sha256s": ("cc" * 32, "ee" * 32)}, "sha256 is cccccccccccc…, eeeeeeeeeeee…"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_a_signed_manifest_with_one_wrong_field_is_refused_by_its_name(
    signed: Path,
    marked: Path,
    signer: FilmSigner,
    reader: ManifestReader,
    tmp_path: Path,
    wrong: dict[str, Any],
    says: str,
) -> None:
    film = tmp_path / "wrong.mp4"
    sign_rendition(signer, marked, film, replace(CHILD, **wrong), [Parent("art_1", signed)])
    assert reader.read(film).state is ManifestState.TRUSTED, "the signature is not what is wrong"
    with pytest.raises(ManifestDiffers, match=f"In that of art_2, .*{says}") as refused:
        require_manifest(film, CLAIMED, reader)
    assert "signed anew" in refused.value.next_step


def _captured(definition: Definition) -> None:
    [actions] = (each for each in definition["assertions"] if "actions" in each["data"])
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    actions["data"]["actions"][0]["digitalSourceType"] = source


def _with_a_name(definition: Definition) -> None:
    [ours] = (each for each in definition["assertions"] if each["label"] == OUR_ASSERTION)
    ours["data"]["cast"] = "a person's name"


def _free_to_mine(definition: Definition) -> None:
    [mining] = (each for each in definition["assertions"] if each["label"] == TRAINING_MINING)
    mining["data"] = {"entries": {"cawg.ai_training": {"use": "allowed"}}}


def _by_nobody(definition: Definition) -> None:
    [actions] = (each for each in definition["assertions"] if "actions" in each["data"])
    del actions["data"]["actions"][0]["softwareAgent"]["version"]


def _without_ours(definition: Definition) -> None:
    definition["assertions"] = [
        each for each in definition["assertions"] if each["label"] != OUR_ASSERTION
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_captured, "digitalSourceType is http://.*digitalCapture, and .*trainedAlgorithmicMedia"),
        (_with_a_name, "cast is something, and nothing is claimed"),
        (_free_to_mine, "cawg.training-mining is .*allowed.*, and .*notAllowed.* is claimed"),
        (_by_nobody, "softwareAgent is nothing, and something is claimed"),
        (_without_ours, "artefact is nothing, and art_1 is claimed"),
    ],
)
def test_a_manifest_of_another_making_is_refused_by_its_field(
    marked: Path,
    signer: FilmSigner,
    reader: ManifestReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Definition], None],
    says: str,
) -> None:
    def otherwise(*given: Any) -> Definition:
        definition = written(*given)
        change(definition)
        return definition

    monkeypatch.setattr(signing, "written", otherwise)
    sign_rendition(signer, marked, tmp_path / "wrong.mp4", ORIGIN)
    with pytest.raises(ManifestDiffers, match=says):
        require_manifest(tmp_path / "wrong.mp4", Statement(ORIGIN), reader)


@pytest.mark.parametrize(
    ("claimed", "says"),
    [
        ((), "ingredients is art_1, and nothing is claimed"),
        ((Kin("art_7"),), "ingredients is art_1, and art_7 is claimed"),
        ((Kin("art_1"), Kin("art_7")), r"art_1, and art_1, art_7 is claimed"),
        ((Kin("art_1", (Kin("art_0"),)),), r"art_1, and art_1 \(art_0\) is claimed"),
    ],
)
def test_another_graph_of_parents_than_the_logs_is_refused(
    child: Path, reader: ManifestReader, claimed: tuple[Kin, ...], says: str
) -> None:
    with pytest.raises(ManifestDiffers, match=says):
        require_manifest(child, Statement(CHILD, claimed), reader)


def test_a_parent_that_is_named_without_a_manifest_is_none(
    child: Path, reader: ManifestReader
) -> None:
    reading = reader.read(child)
    assert reading.tree is not None
    [parent] = reading.tree.parents
    bare = replace(reading.tree, parents=(replace(parent, signed=False),))
    with pytest.raises(ManifestDiffers, match="art_1 unsigned, and art_1 is claimed"):
        require_agreement(replace(reading, tree=bare), CLAIMED, "art_2")


def test_a_line_of_revisions_is_compared_as_far_back_as_a_graph_is_read(
    child: Path, reader: ManifestReader
) -> None:
    reading = reader.read(child)
    assert reading.tree is not None
    kin, told = Kin("art_0"), replace(reading.tree, title="art_0")
    for _ in range(GENERATIONS_MAX - 1):
        kin = Kin("art_1", (kin,))
        told = replace(reading.tree, title="art_1", parents=(told,))
    line = replace(reading, tree=replace(reading.tree, parents=(told,)))
    require_agreement(line, Statement(CHILD, (kin,)), "art_2")
    deeper = replace(reading.tree, title="art_1", parents=(told,))
    cut = replace(reading, tree=replace(reading.tree, parents=(deeper,)))
    require_agreement(cut, Statement(CHILD, (Kin("art_1", (kin,)),)), "art_2")
