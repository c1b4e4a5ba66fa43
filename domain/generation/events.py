"""What happens to a generation, in complete sentences, with the names that the log keeps."""

from __future__ import annotations

from typing import Final

from domain.generation.brief import Brief
from domain.generation.take import Take
from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Event
from domain.provenance.proof import Proof
from domain.video.media import Rendition


class VideoRequested(Event):
    """Somebody asked for a video, and it was accepted."""

    generation_id: GenerationId
    account_id: AccountId
    brief: Brief


class SamplingStarted(Event):
    """A worker began to sample a shot; after a worker's death another attempt begins.

    Here and below, ``shot`` counts from 1, and 0 means all of the brief's shots in one take.
    ``restored`` of the steps were done by an attempt before.
    """

    generation_id: GenerationId
    shot: int = 0
    attempt: int
    steps: int
    restored: int = 0
    plan_key: str


class SamplingAdvanced(Event):
    """Some more of the steps are done."""

    generation_id: GenerationId
    shot: int = 0
    attempt: int
    step: int
    steps: int


class StudioTimeUsed(Event):
    """An attempt had a device for itself for so many seconds, whatever came of it."""

    generation_id: GenerationId
    shot: int = 0
    attempt: int
    device: str
    seconds: float


class TakeSampled(Event):
    """All steps of a shot are done and its take is kept."""

    generation_id: GenerationId
    shot: int = 0
    take: Take


class TakeFound(Event):
    """A take of the very same plan was kept, so that nothing had to be sampled for this shot."""

    generation_id: GenerationId
    shot: int
    take: Take


class RenditionStored(Event):
    """The rendition is in the store and was read back with the promised hashes."""

    generation_id: GenerationId
    rendition: Rendition


class ProvenanceVerified(Event):
    """Every layer of provenance was verified on the bytes that are stored."""

    generation_id: GenerationId
    proof: Proof


class GenerationCompleted(Event):
    """The generation became a video."""

    generation_id: GenerationId
    account_id: AccountId
    video_id: VideoId


class GenerationFailed(Event):
    """There is no video, and this is why."""

    generation_id: GenerationId
    account_id: AccountId
    code: str
    stage: str
    explanation: str


class GenerationCancelled(Event):
    """There is no video, because somebody asked to stop."""

    generation_id: GenerationId
    account_id: AccountId
    requested_by: str


GenerationEvent = (
    VideoRequested
    | SamplingStarted
    | SamplingAdvanced
    | StudioTimeUsed
    | TakeSampled
    | TakeFound
    | RenditionStored
    | ProvenanceVerified
    | GenerationCompleted
    | GenerationFailed
    | GenerationCancelled
)

CATALOG: Final = Catalog()
CATALOG.register(VideoRequested, "video-requested.v1")
CATALOG.register(SamplingStarted, "sampling-started.v1")
CATALOG.register(SamplingAdvanced, "sampling-advanced.v1")
CATALOG.register(StudioTimeUsed, "studio-time-used.v1")
CATALOG.register(TakeSampled, "take-sampled.v1")
CATALOG.register(TakeFound, "take-found.v1")
CATALOG.register(RenditionStored, "rendition-stored.v1")
CATALOG.register(ProvenanceVerified, "provenance-verified.v1")
CATALOG.register(GenerationCompleted, "generation-completed.v1")
CATALOG.register(GenerationFailed, "generation-failed.v1")
CATALOG.register(GenerationCancelled, "generation-cancelled.v1")
