"""A copy for outside: it leaves proven or not at all; what was taken down stays where it is."""

from __future__ import annotations

from typing import Any

import pytest

from domain.provenance.proof import OF_AN_EXPORT, Finding, Layer, Unproven
from domain.video.export import (
    EXPORT,
    CompleteExport,
    ExportCompleted,
    ExportRefused,
    ExportRequested,
    ExportSettled,
    ExportUnknown,
    RefuseExport,
    RequestExport,
)
from domain.video.video import (
    VIDEO,
    ReleaseVideo,
    TakeDownVideo,
    VideoIsTakenDown,
    VideoReleased,
    VideoRemoved,
    VideoUnknown,
)
from tests import words
from tests.domain.given import Story

EXPORT_ID = words.an_id("exp")
ASKED: dict[str, Any] = {
    "export_id": EXPORT_ID,
    "video_id": words.VIDEO_ID,
    "account_id": words.ACCOUNT_ID,
}
FILM = words.a_file(fill="f")
PROOF = words.PROOF.model_copy(
    update={
        "artefact_id": EXPORT_ID,
        "film_sha256": FILM.sha256,
        "parents": (words.VIDEO_ID,),
        "word": "AI MADE",
        "findings": tuple(Finding(layer=each) for each in OF_AN_EXPORT),
    }
)
ask = RequestExport(command_id="ask", at=words.moment(), **ASKED)
complete = CompleteExport(command_id="end", at=words.moment(9), film=FILM, proof=PROOF)
refuse = RefuseExport(
    command_id="end",
    at=words.moment(9),
    code="provenance-broken",
    stage="provenance",
    explanation="no",
)
requested = ExportRequested(at=words.moment(), **ASKED)
completed = ExportCompleted(at=words.moment(9), film=FILM, proof=PROOF, **ASKED)
refused = ExportRefused(
    at=words.moment(9),
    code="provenance-broken",
    stage="provenance",
    explanation="no",
    **ASKED,
)
nobody_asked = Story(EXPORT)
asked = nobody_asked.given(requested)


def test_an_export_is_asked_for_once_and_ends_once() -> None:
    nobody_asked.when(ask).then(requested)
    asked.when(ask).then_nothing()
    asked.when(complete).then(completed)
    asked.when(refuse).then(refused)
    asked.given(completed).when(complete).then_nothing()
    asked.given(refused).when(refuse).then_nothing()


def test_another_ending_is_refused() -> None:
    asked.given(completed).when(refuse).then_refused(ExportSettled)
    asked.given(refused).when(complete).then_refused(ExportSettled)
    nobody_asked.when(complete).then_refused(ExportUnknown)


@pytest.mark.parametrize("layer", OF_AN_EXPORT)
def test_a_copy_that_lacks_a_layer_does_not_leave(layer: Layer) -> None:
    held = tuple(each for each in PROOF.findings if each.layer != layer)
    lacking = PROOF.model_copy(update={"findings": held})
    asked.when(complete.model_copy(update={"proof": lacking})).then_refused(Unproven)


def test_the_proof_of_the_video_is_none_of_its_copy() -> None:
    asked.when(complete.model_copy(update={"proof": words.PROOF})).then_refused(Unproven)


def test_a_copy_of_another_video_does_not_leave_as_one_of_this() -> None:
    for parents in ((), (words.an_id("vid", 9),), (words.VIDEO_ID, words.an_id("vid", 9))):
        other = PROOF.model_copy(update={"parents": parents})
        asked.when(complete.model_copy(update={"proof": other})).then_refused(Unproven)


def test_a_video_is_taken_down_once_and_never_released_again() -> None:
    release = ReleaseVideo(
        command_id="release",
        at=words.moment(5),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
        proof=words.PROOF,
    )
    released = VideoReleased(**release.model_dump(exclude={"command_id"}))
    take_down = TakeDownVideo(
        command_id="down", at=words.moment(9), video_id=words.VIDEO_ID, reason="owner-asked"
    )
    removed = VideoRemoved(
        at=words.moment(9),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        reason="owner-asked",
    )
    Story(VIDEO).when(take_down).then_refused(VideoUnknown)
    Story(VIDEO).given(released).when(take_down).then(removed)
    down = Story(VIDEO).given(released, removed)
    down.when(take_down).then_nothing()
    down.when(release).then_refused(VideoIsTakenDown)
