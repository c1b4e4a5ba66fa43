"""Ready-made words for tests: ids, moments, commands and events that fit together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.account.account import AccountOpened, OpenAccount
from domain.generation import commands, events
from domain.generation.brief import Brief
from domain.generation.take import Take
from domain.kernel.ids import mint, sibling
from domain.provenance.policy import POLICY
from domain.provenance.proof import OF_A_RENDITION, Finding, Proof
from domain.video.media import MediaFile, Rendition, content_key

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def moment(seconds: float = 0) -> datetime:
    return NOON + timedelta(seconds=seconds)


def an_id(prefix: str, number: int = 1) -> str:
    return mint(prefix, NOON, number.to_bytes(10, "big"))


ACCOUNT_ID = an_id("acc")
GENERATION_ID = an_id("gen")
VIDEO_ID = sibling(GENERATION_ID, "vid")
BRIEF = Brief(prompt="a red boat sails at dawn", seed=7)


def a_file(content_type: str = "video/mp4", fill: str = "a") -> MediaFile:
    sha256 = fill * 64
    key = content_key(sha256, content_type)
    return MediaFile(key=key, sha256=sha256, size=1000, content_type=content_type)


TAKE = Take(
    key=f"takes/{GENERATION_ID}/{'b' * 64}.mkv",
    sha256="b" * 64,
    size=5000,
    plan_key="c" * 64,
    frames=72,
    fps=24,
    sample_rate=48000,
)

RENDITION = Rendition(
    film=a_file(),
    poster=a_file("image/jpeg", "d"),
    contact_sheet=a_file("image/jpeg", "e"),
    width=640,
    height=368,
    fps=24,
    frames=72,
    picture_seconds=3.0,
    sound_seconds=3.0,
    sample_rate=48000,
)


PROOF = Proof(
    artefact_id=VIDEO_ID,
    film_sha256=RENDITION.film.sha256,
    number=1,
    plan_sha256="c" * 64,
    policy_sha256=POLICY.sha256,
    findings=tuple(Finding(layer=each) for each in OF_A_RENDITION),
)


def open_account(account_id: str = ACCOUNT_ID) -> OpenAccount:
    return OpenAccount(command_id="open", at=moment(), account_id=account_id)


def account_opened(account_id: str = ACCOUNT_ID) -> AccountOpened:
    return AccountOpened(at=moment(), account_id=account_id)


def request_video(brief: Brief = BRIEF, command_id: str = "request") -> commands.RequestVideo:
    return commands.RequestVideo(
        command_id=command_id,
        at=moment(),
        generation_id=GENERATION_ID,
        account_id=ACCOUNT_ID,
        brief=brief,
    )


def video_requested(brief: Brief = BRIEF) -> events.VideoRequested:
    return events.VideoRequested(
        at=moment(), generation_id=GENERATION_ID, account_id=ACCOUNT_ID, brief=brief
    )


def begin_sampling(attempt: int = 1) -> commands.BeginSampling:
    return commands.BeginSampling(
        command_id=f"begin-{attempt}", at=moment(1), attempt=attempt, steps=10, plan_key="c" * 64
    )


def sampling_started(attempt: int = 1) -> events.SamplingStarted:
    return events.SamplingStarted(
        at=moment(1), generation_id=GENERATION_ID, attempt=attempt, steps=10, plan_key="c" * 64
    )


def advance_sampling(step: int, attempt: int = 1) -> commands.AdvanceSampling:
    return commands.AdvanceSampling(
        command_id=f"advance-{attempt}-{step}", at=moment(2), attempt=attempt, step=step
    )


def sampling_advanced(step: int, attempt: int = 1) -> events.SamplingAdvanced:
    return events.SamplingAdvanced(
        at=moment(2), generation_id=GENERATION_ID, attempt=attempt, step=step, steps=10
    )


def record_studio_time(attempt: int = 1, seconds: float = 2.5) -> commands.RecordStudioTime:
    return commands.RecordStudioTime(
        command_id=f"time-{attempt}", at=moment(3), attempt=attempt, device="cpu", seconds=seconds
    )


def studio_time_used(attempt: int = 1, seconds: float = 2.5) -> events.StudioTimeUsed:
    return events.StudioTimeUsed(
        at=moment(3),
        generation_id=GENERATION_ID,
        attempt=attempt,
        device="cpu",
        seconds=seconds,
    )


def record_take(take: Take = TAKE) -> commands.RecordTake:
    return commands.RecordTake(command_id="take", at=moment(3), take=take)


def take_sampled(take: Take = TAKE) -> events.TakeSampled:
    return events.TakeSampled(at=moment(3), generation_id=GENERATION_ID, take=take)


def record_rendition() -> commands.RecordRendition:
    return commands.RecordRendition(command_id="store", at=moment(4), rendition=RENDITION)


def rendition_stored() -> events.RenditionStored:
    return events.RenditionStored(at=moment(4), generation_id=GENERATION_ID, rendition=RENDITION)


def record_proof(proof: Proof = PROOF) -> commands.RecordProof:
    return commands.RecordProof(command_id="prove", at=moment(4), proof=proof)


def provenance_verified(proof: Proof = PROOF) -> events.ProvenanceVerified:
    return events.ProvenanceVerified(at=moment(4), generation_id=GENERATION_ID, proof=proof)


def complete_generation() -> commands.CompleteGeneration:
    return commands.CompleteGeneration(command_id="release", at=moment(5), video_id=VIDEO_ID)


def generation_completed() -> events.GenerationCompleted:
    return events.GenerationCompleted(
        at=moment(5), generation_id=GENERATION_ID, account_id=ACCOUNT_ID, video_id=VIDEO_ID
    )


def fail_generation() -> commands.FailGeneration:
    return commands.FailGeneration(
        command_id="fail", at=moment(6), code="out-of-range", stage="planning", explanation="no"
    )


def generation_failed() -> events.GenerationFailed:
    return events.GenerationFailed(
        at=moment(6),
        generation_id=GENERATION_ID,
        account_id=ACCOUNT_ID,
        code="out-of-range",
        stage="planning",
        explanation="no",
    )


def cancel_generation() -> commands.CancelGeneration:
    return commands.CancelGeneration(command_id="cancel", at=moment(7), requested_by="client/app")


def generation_cancelled() -> events.GenerationCancelled:
    return events.GenerationCancelled(
        at=moment(7), generation_id=GENERATION_ID, account_id=ACCOUNT_ID, requested_by="client/app"
    )
