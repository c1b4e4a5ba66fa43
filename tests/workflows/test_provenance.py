"""Nothing is released or leaves with a broken layer, on a real Temporal server with real films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from domain.generation.brief import Brief, Shot
from domain.generation.revision import revised
from domain.kernel.ids import sibling
from domain.provenance.case import CASE, Open
from domain.provenance.proof import OF_AN_EXPORT
from domain.video.export import EXPORT, Completed, Refused
from domain.video.video import VIDEO, Released, TakenDown
from tests import words
from tests.activities.provenance.releasing import breaking
from tests.workflows.cast import a_brief, a_caster, a_person, casting_of, generation_of
from tests.workflows.lab import WORD, Lab, draw
from workflows.contracts import ORCHESTRATION_QUEUE
from workflows.export_contracts import (
    PROVENANCE_AUDIT,
    VIDEO_EXPORT,
    VIDEO_TAKEDOWN,
    AuditOutcome,
    ExportOutcome,
    TakedownOutcome,
    VideoExportOrder,
    VideoTakedownOrder,
    export_workflow_id,
    takedown_workflow_id,
)

pytestmark = pytest.mark.servers

PROMPT = "a red boat sails at dawn"


def brief(prompt: str = PROMPT, seed: int = 5, seconds: float = 2.0) -> Brief:
    return Brief(
        prompt=prompt,
        shots=(Shot(prompt=prompt, seconds=seconds),),
        width=160,
        height=96,
        fps=8,
        seed=seed,
        sampler="animatic",
    )


async def released(lab: Lab, wanted: Brief) -> str:
    """The id of a video of this brief."""
    outcome = await (await lab.start(wanted)).result()
    assert outcome.video_id is not None, outcome.failure
    return outcome.video_id


async def exported(
    lab: Lab, video_id: str, account_id: str = words.ACCOUNT_ID
) -> WorkflowHandle[Any, ExportOutcome]:
    export_id = draw("exp")
    return await lab.client.start_workflow(
        VIDEO_EXPORT,
        VideoExportOrder(export_id=export_id, video_id=video_id, account_id=account_id),
        id=export_workflow_id(export_id),
        task_queue=ORCHESTRATION_QUEUE,
        result_type=ExportOutcome,
    )


async def taken_down(lab: Lab, video_id: str) -> TakedownOutcome:
    outcome: TakedownOutcome = await lab.client.execute_workflow(
        VIDEO_TAKEDOWN,
        VideoTakedownOrder(video_id=video_id, reason="rights-claimed"),
        id=takedown_workflow_id(video_id),
        task_queue=ORCHESTRATION_QUEUE,
        result_type=TakedownOutcome,
    )
    return outcome


async def audited(lab: Lab, *artefact_ids: str) -> AuditOutcome:
    """What an audit of these came to."""
    return await (await audit_of(lab, *artefact_ids)).result()


async def audit_of(lab: Lab, *artefact_ids: str) -> WorkflowHandle[Any, AuditOutcome]:
    """An audit of these alone: all others of the lab are left out of the sample."""

    async def sample(*_: object) -> list[str]:
        return list(artefact_ids)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.kit.register, "sample", sample)
        handle = await lab.client.start_workflow(
            PROVENANCE_AUDIT,
            id=f"audit/{draw('job')}",
            task_queue=ORCHESTRATION_QUEUE,
            result_type=AuditOutcome,
        )
        await handle.result()
    return handle


@pytest.fixture(scope="module")
async def video_id(lab: Lab) -> str:
    """A video that every test of this page may look at and none may take down.

    It is long enough for a sound mark to be asked for.
    """
    return await released(lab, brief(seconds=3.0))


async def test_a_video_is_released_with_the_proof_of_its_bytes(lab: Lab, video_id: str) -> None:
    video = (await lab.ledger.state(VIDEO, video_id)).state
    assert isinstance(video, Released)
    assert video.proof is not None
    assert video.proof.film_sha256 == video.rendition.film.sha256
    assert await lab.kit.register.artefact_with(video.proof.film_sha256) == video_id


async def test_a_broken_layer_releases_nothing_and_says_which(lab: Lab, tmp_path: Path) -> None:
    with breaking("issuer", lab.kit, tmp_path):
        handle = await lab.start(brief(seed=6))
        outcome = await handle.result()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.stage) == ("provenance-broken", "provenance")
    assert "is signed by somebody else" in outcome.failure.explanation
    assert (await lab.types(handle))[-1] == "generation-failed.v1"
    video = sibling(generation_of(handle), "vid")
    assert await lab.log.read_stream(f"video-{video}") == []


async def test_a_revision_names_its_parent_in_the_manifest(
    lab: Lab, video_id: str, tmp_path: Path
) -> None:
    video = (await lab.ledger.state(VIDEO, video_id)).state
    assert isinstance(video, Released)
    changed = revised(brief(), video.generation_id, {1: {"prompt": "a blue boat sails at noon"}})
    child_id = await released(lab, changed)
    child = (await lab.ledger.state(VIDEO, child_id)).state
    assert isinstance(child, Released)
    assert child.proof is not None
    assert child.proof.parents == (video_id,)
    path = tmp_path / "child.mp4"
    await lab.store.get_file(child.rendition.film.key, path)
    tree = lab.kit.reader.read(path).tree
    assert tree is not None
    assert (tree.title, [each.title for each in tree.parents]) == (child_id, [video_id])


async def test_an_export_leaves_with_every_layer_and_its_video_as_parent(
    lab: Lab, video_id: str, tmp_path: Path
) -> None:
    handle = await exported(lab, video_id)
    outcome = await handle.result()
    assert (outcome.stage, outcome.failure) == ("completed", None)
    export = (await lab.ledger.state(EXPORT, outcome.export_id)).state
    assert isinstance(export, Completed)
    assert export.proof.lacks(OF_AN_EXPORT) == ()
    assert (export.proof.word, export.proof.parents) == (WORD, (video_id,))
    path = tmp_path / "export.mp4"
    await lab.store.get_file(export.film.key, path, export.film.sha256)
    tree = lab.kit.reader.read(path).tree
    assert tree is not None
    assert [each.title for each in tree.parents] == [video_id]
    assert [key async for key, _ in lab.store.list(f"staging/{outcome.export_id}/")] == []
    assert await audited(lab, video_id, outcome.export_id) == AuditOutcome(looked_at=2)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("manifest", "manifest of exp_"),
        ("graph", "ingredients is nothing"),
        ("picture-mark", "picture of exp_"),
        ("sound-mark", "sound of exp_"),
        ("visible-mark", "visible mark of exp_"),
        ("fingerprint", "fingerprints of exp_"),
    ],
)
async def test_an_export_with_a_broken_layer_stays_here_and_opens_a_case(
    lab: Lab, video_id: str, tmp_path: Path, layer: str, says: str
) -> None:
    with breaking(layer, lab.kit, tmp_path):
        outcome = await (await exported(lab, video_id)).result()
    assert (outcome.stage, outcome.film_key) == ("refused", None)
    assert outcome.failure is not None
    assert says in outcome.failure.explanation
    export = (await lab.ledger.state(EXPORT, outcome.export_id)).state
    assert isinstance(export, Refused)
    assert export.code == outcome.failure.code
    assert export.code == ("manifest-differs" if layer == "graph" else "provenance-broken")
    assert outcome.case_id is not None
    case = (await lab.ledger.state(CASE, outcome.case_id)).state
    assert isinstance(case, Open)
    assert (case.opened.artefact_id, case.opened.found_by) == (outcome.export_id, "export")


async def test_another_accounts_video_is_not_exported(lab: Lab, video_id: str) -> None:
    other = await lab.another_account()
    outcome = await (await exported(lab, video_id, other)).result()
    assert outcome.failure is not None
    assert outcome.failure.code == "video-unreleased"
    assert await lab.log.read_stream(f"export-{outcome.export_id}") == []


async def test_who_revoked_is_asked_again_before_a_copy_leaves(lab: Lab) -> None:
    anna, caster = await a_person(lab), await a_caster(lab)
    handle = await lab.start(a_brief(anna), caster)
    outcome = await handle.result()
    assert outcome.video_id is not None, outcome.failure
    video = (await lab.ledger.state(VIDEO, outcome.video_id)).state
    assert isinstance(video, Released)
    assert video.proof is not None
    assert len(video.proof.receipt_sha256s) == 1
    first = await (await exported(lab, outcome.video_id, caster)).result()
    assert first.stage == "completed"
    await anna.revokes()
    again = await (await exported(lab, outcome.video_id, caster)).result()
    assert again.failure is not None
    assert again.failure.code == "cast-not-permitted"
    last = (await casting_of(lab, handle)).decisions[-1]
    assert (last.decision.act, last.permitted) == ("publish", False)


async def test_what_was_taken_down_stays_down_and_nothing_else_does(lab: Lab) -> None:
    wanted = brief("a dog runs along the beach", seed=8)
    video_id = await released(lab, wanted)
    down = await taken_down(lab, video_id)
    assert down.prints > 0
    video = (await lab.ledger.state(VIDEO, video_id)).state
    assert isinstance(video, TakenDown)
    assert video.released.rendition.film.key not in lab.store.entries
    again = await (await lab.start(wanted)).result()
    assert again.failure is not None
    assert again.failure.code == "taken-down-before"
    assert video_id in again.failure.explanation
    leaving = await (await exported(lab, video_id)).result()
    assert leaving.failure is not None
    assert leaving.failure.code == "video-taken-down"
    await released(lab, brief("a robot dances in the city at night", seed=9))


async def test_an_audit_opens_a_case_for_what_is_no_longer_whole(lab: Lab) -> None:
    lost = await released(lab, brief("a white cat sits in the snow", seed=10))
    video = (await lab.ledger.state(VIDEO, lost)).state
    assert isinstance(video, Released)
    lab.damage(video.rendition.film.key)
    found = await audited(lab, lost)
    assert found.looked_at == 1
    [case_id] = found.cases
    case = (await lab.ledger.state(CASE, case_id)).state
    assert isinstance(case, Open)
    assert (case.opened.artefact_id, case.opened.code) == (lost, "bytes-lost")
    assert (await audited(lab, lost)).cases == (case_id,)
