"""No release without a verified mark, signature and fingerprint: the rule and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from domain.generation.decider import GENERATION
from domain.provenance.policy import POLICY, ReleasePolicy
from domain.provenance.proof import (
    OF_A_RENDITION,
    OF_AN_EXPORT,
    Finding,
    Layer,
    Proof,
    Unproven,
    require_proof,
)
from domain.video.video import VIDEO, ReleaseVideo, VideoReleased
from tests import words
from tests.domain.given import Story

stored = Story(GENERATION).given(
    words.video_requested(),
    words.sampling_started(),
    words.take_sampled(),
    words.rendition_stored(),
)
release = ReleaseVideo(
    command_id="release",
    at=words.moment(5),
    video_id=words.VIDEO_ID,
    generation_id=words.GENERATION_ID,
    account_id=words.ACCOUNT_ID,
    rendition=words.RENDITION,
    proof=words.PROOF,
)


def without(layer: Layer) -> Proof:
    kept = tuple(each for each in words.PROOF.findings if each.layer != layer)
    return words.PROOF.model_copy(update={"findings": kept})


def uncarried(layer: Layer) -> Proof:
    nothing = Finding(layer=layer, standing="nothing-to-carry-it")
    proof = without(layer)
    return proof.model_copy(update={"findings": (*proof.findings, nothing)})


def test_a_proven_video_is_released_with_what_was_verified() -> None:
    released = VideoReleased(**release.model_dump(exclude={"command_id"}))
    Story(VIDEO).when(release).then(released)
    assert released.proof == words.PROOF


@pytest.mark.parametrize("layer", OF_A_RENDITION)
def test_each_layer_that_nobody_verified_refuses_proof_and_release(layer: Layer) -> None:
    stored.when(words.record_proof(without(layer))).then_refused(Unproven)
    broken = release.model_copy(update={"proof": without(layer)})
    Story(VIDEO).when(broken).then_refused(Unproven)


def test_without_any_proof_there_is_no_release() -> None:
    Story(VIDEO).when(release.model_copy(update={"proof": None})).then_refused(Unproven)


@pytest.mark.parametrize(
    "other",
    [{"film_sha256": "9" * 64}, {"artefact_id": words.an_id("vid", 9)}],
    ids=["other bytes", "another artefact"],
)
def test_a_proof_of_something_else_proves_nothing(other: dict[str, Any]) -> None:
    proof = words.PROOF.model_copy(update=other)
    stored.when(words.record_proof(proof)).then_refused(Unproven)
    Story(VIDEO).when(release.model_copy(update={"proof": proof})).then_refused(Unproven)


def test_silence_and_blankness_are_said_and_hold_nothing_up() -> None:
    for layer in ("sound-mark", "picture-fingerprint", "sound-fingerprint"):
        assert uncarried(layer).lacks(OF_A_RENDITION) == ()
    assert uncarried("picture-mark").lacks(OF_A_RENDITION) == ("picture-mark",)
    assert uncarried("manifest").lacks(OF_A_RENDITION) == ("manifest",)


def test_an_export_lacks_the_visible_mark_until_it_was_seen() -> None:
    film = words.PROOF.film_sha256
    with pytest.raises(Unproven, match="lacks: visible-mark"):
        require_proof(words.PROOF, words.VIDEO_ID, film, OF_AN_EXPORT)
    seen = Finding(layer="visible-mark", measure=1.0)
    shown = words.PROOF.model_copy(update={"findings": (*words.PROOF.findings, seen)})
    require_proof(shown, words.VIDEO_ID, film, OF_AN_EXPORT)


def test_videos_of_before_proofs_were_asked_for_stay_released() -> None:
    fields = release.model_dump(exclude={"command_id", "proof"})
    old = VideoReleased.model_validate(fields)
    Story(VIDEO).given(old).when(release).then_nothing()


def test_another_policy_has_another_hash() -> None:
    assert POLICY.sha256 == ReleasePolicy().sha256
    assert ReleasePolicy(version=POLICY.version + 1).sha256 != POLICY.sha256
