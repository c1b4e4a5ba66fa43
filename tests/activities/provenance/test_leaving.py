"""A copy for outside, of real bytes: it is proven with every layer, or nothing of it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.export.making import ExportActivities
from activities.export.orders import Branded, BrandingOrder, ExportProvingOrder
from activities.provenance.refusals import ManifestDiffers, ProvenanceBroken
from domain.provenance.proof import OF_AN_EXPORT, Proof
from infra.provenance.keys import ProvenanceKeys
from tests import words
from tests.activities.provenance.releasing import Release, a_release, breaking

EXPORT_ID = words.an_id("exp", 1)
WORD = "AI MADE"


class Leaving:
    """The steps of one export of a video that was released."""

    def __init__(self, release: Release, folder: Path) -> None:
        self.release = release
        self._making = ExportActivities(
            release.store, release.ledger, release.kit, folder / "copies", WORD
        )

    async def branded(self) -> Branded:
        order = BrandingOrder(**_errand("brand"))
        return await self.release.environment.run(self._making.brand_video, order)

    async def proven(self, copy: Branded) -> Proof:
        order = ExportProvingOrder(**_errand("prove"), film=copy.film, claims=copy.claims)
        return (await self.release.environment.run(self._making.prove_export, order)).proof


def _errand(step: str) -> dict[str, Any]:
    return {
        "export_id": EXPORT_ID,
        "video_id": words.VIDEO_ID,
        "account_id": words.ACCOUNT_ID,
        "command_id": f"export/{EXPORT_ID}/{step}",
        "at": words.moment(30),
        "actor": "worker/media",
    }


@pytest.fixture(scope="module")
async def leaving(
    tmp_path_factory: pytest.TempPathFactory, short_take: Path, keys: ProvenanceKeys
) -> Leaving:
    folder = tmp_path_factory.mktemp("leaving")
    release = await a_release(folder, short_take, keys)
    await release.released()
    return Leaving(release, folder)


@pytest.fixture(scope="module")
async def copy(leaving: Leaving) -> Branded:
    """A copy as it should be, which nobody has proven yet."""
    return await leaving.branded()


async def sealed(leaving: Leaving, copy: Branded) -> str | None:
    """The artefact that these bytes are on record as."""
    return await leaving.release.kit.register.artefact_with(copy.film.sha256)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("manifest", "manifest of exp_.* is missing"),
        ("issuer", "manifest of exp_.* is signed by somebody else"),
        ("graph", "In that of exp_.*, ingredients is nothing, and vid_.* is claimed"),
        ("picture-mark", "picture of exp_.* does not say its number"),
        ("sound-mark", "sound of exp_.* does not say its number"),
        ("visible-mark", r"visible mark of exp_.* is in 0\.0%"),
        ("fingerprint", "fingerprints of exp_.* lead to nothing of ours"),
    ],
)
async def test_a_copy_with_a_broken_layer_is_not_proven_and_the_layer_is_named(
    leaving: Leaving, tmp_path: Path, layer: str, says: str
) -> None:
    with breaking(layer, leaving.release.kit, tmp_path):
        broken = await leaving.branded()
        with pytest.raises(ProvenanceBroken, match=says):
            await leaving.proven(broken)
    assert await sealed(leaving, broken) is None


@pytest.mark.parametrize(
    ("claimed", "says"),
    [
        ({"plan_sha256": "e" * 64}, "plan_sha256 is .*, and eeeeeeeeeeee… is claimed"),
        ({"policy_sha256": "e" * 64}, "policy_sha256 is .*, and eeeeeeeeeeee… is claimed"),
        ({"receipt_sha256s": ("e" * 64,)}, "consent_receipts_sha256 is nothing, and eeeeeeeeeeee…"),
    ],
)
async def test_a_copy_whose_manifest_says_something_else_is_not_proven(
    leaving: Leaving, copy: Branded, claimed: dict[str, Any], says: str
) -> None:
    other = copy.model_copy(update={"claims": copy.claims.model_copy(update=claimed)})
    with pytest.raises(ManifestDiffers, match=says):
        await leaving.proven(other)
    assert await sealed(leaving, copy) is None


async def test_a_copy_that_is_claimed_to_be_of_something_else_is_not_proven(
    leaving: Leaving, copy: Branded
) -> None:
    claims = copy.claims.model_copy(update={"parents": ()})
    with pytest.raises(ProvenanceBroken, match=r"exp_.* is not claimed as a copy of its video"):
        await leaving.proven(copy.model_copy(update={"claims": claims}))


async def test_a_whole_copy_is_proven_and_its_bytes_are_on_record(
    leaving: Leaving, copy: Branded
) -> None:
    proof = await leaving.proven(copy)
    assert proof.lacks(OF_AN_EXPORT) == ()
    assert {each.standing for each in proof.findings} == {"verified"}
    assert (proof.word, proof.parents) == (WORD, (words.VIDEO_ID,))
    assert await sealed(leaving, copy) == EXPORT_ID
