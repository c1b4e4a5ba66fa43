"""What a workflow hands to an activity and gets back: one model in, one model out.

Every model is a Temporal payload of its own, so that none can come back as a look-alike.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, model_validator

from domain.account.notice import Kind
from domain.consent.roles import AdmittedCast
from domain.generation.brief import Brief
from domain.generation.reference import REFERENCES_MAX, ReferenceFile
from domain.generation.take import Take
from domain.kernel.ids import AccountId, GenerationId, VideoId
from domain.kernel.model import Value
from domain.kernel.surface import FEED, Surface
from domain.provenance.proof import ArtefactId, Proof
from domain.video.media import Rendition


class Errand(Value):
    """What every order carries: whose story it is, who caused it, and the step's own id.

    ``command_id`` comes from the workflow's id and the step, so a repeated step is recognised.
    """

    generation_id: GenerationId
    account_id: AccountId
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class RequestOrder(Errand):
    """Write the request down."""

    brief: Brief


class Recorded(Value):
    """The request stands in the log at this position."""

    generation_id: GenerationId
    position: int


class SamplingOrder(Errand):
    """Sample one shot of a brief; everything that matters to the pictures is in here.

    ``shot`` counts from 1; 0 asks for all of them in one take, as orders did once. ``seed`` is the
    shot's own. ``previous`` is the take of the shot before, where this one goes on from it.
    ``cast`` is who was admitted to the whole generation.
    """

    brief: Brief
    seed: int
    shot: Annotated[int, Field(ge=0)] = 0
    previous: Take | None = None
    references: Annotated[tuple[ReferenceFile, ...], Field(max_length=REFERENCES_MAX)] = ()
    cast: AdmittedCast | None = None


class SavedState(Value):
    """Where the state after ``step`` steps was saved; hash in hex."""

    key: str
    sha256: str
    step: int


class SavedStrip(Value):
    """Where a small look at the state after ``step`` steps was saved, as JPEG."""

    key: str
    step: int


def previews_prefix(generation_id: str) -> str:
    """Where a generation's looks lie while it is sampled; they go with its takes."""
    return f"takes/{generation_id}/previews/"


class SamplingProgress(Value):
    """The details of the studio's heartbeat: steps done of steps planned (0: not planned yet).

    ``shot`` is the order's; ``restored`` of the steps were done by an attempt before.
    ``deaths`` counts workers that vanished with this order; ``left`` says that this one has not.
    ``shortages`` counts the times that memory ran out. ``seconds`` is how long this attempt has
    had the ``device`` for itself, ``checkpoint`` is where the next attempt can go on, and
    ``preview`` is the newest look at it.
    """

    shot: int = 0
    attempt: int
    step: int
    steps: int
    restored: int = 0
    deaths: int = 0
    left: bool = False
    shortages: int = 0
    checkpoint: SavedState | None = None
    device: str = ""
    seconds: float = 0.0
    preview: SavedStrip | None = None


class OfTakes(Errand):
    """An order about all takes of a generation, in the order of its shots.

    Orders of before shots were sampled apart name one ``take``; they are read as well.
    """

    takes: Annotated[tuple[Take, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_take(cls, given: Any) -> Any:
        if isinstance(given, dict) and "take" in given and "takes" not in given:
            given = dict(given)
            given["takes"] = (given.pop("take"),)
        return given


class AssemblyOrder(OfTakes):
    """Join the takes into the files that people watch, marked as this artefact.

    Orders of before films were marked name no artefact.
    """

    artefact_id: ArtefactId | None = None


class StagedFile(Value):
    """A file made but not yet in its final place; hash in hex, size in bytes."""

    key: str
    sha256: str
    size: Annotated[int, Field(gt=0)]
    content_type: str


class Assembled(Value):
    """The staged files of a rendition, and what the film holds. Units as in ``Rendition``."""

    film: StagedFile
    poster: StagedFile
    contact_sheet: StagedFile
    width: int
    height: int
    fps: int
    frames: int
    picture_seconds: float
    sound_seconds: float
    sample_rate: int


class StorageOrder(OfTakes):
    """Put staged files where they belong, read them back, and say so in the log."""

    assembled: Assembled


class Stored(Value):
    """The rendition as it stands in the store, every hash checked on the bytes read back."""

    rendition: Rendition


class ReleaseOrder(Errand):
    """Let a stored rendition be seen at a surface; everybody of the ``cast`` is asked again for it.

    Without a ``proof`` of its bytes, and without verdicts for that very surface, it is refused.
    """

    video_id: VideoId
    rendition: Rendition
    proof: Proof | None = None
    brief: Brief | None = None
    cast: AdmittedCast | None = None
    surface: Surface = FEED


class Released(Value):
    """The video can be seen."""

    video_id: VideoId
    position: int


class FailureOrder(Errand):
    """Write down why there will be no video."""

    code: str
    stage: str
    explanation: str


class CancellationOrder(Errand):
    """Write down that somebody asked to stop."""

    requested_by: str


class Settled(Value):
    """How the log says that the generation ended; another ending may have come first."""

    state: str


class NoticeOrder(Errand):
    """Tell the account how it ended."""

    kind: Kind


class Noticed(Value):
    """The account has been told."""

    position: int


class ClearanceOrder(Errand):
    """Remove what a generation left in staging."""


class Cleared(Value):
    """How many staged objects were removed."""

    objects: int


class SweepOrder(Value):
    """Remove staged objects that nobody came back for; age in hours."""

    older_than_hours: Annotated[float, Field(gt=0)] = 24.0
    now: AwareDatetime


class Swept(Value):
    """How many abandoned objects were removed."""

    objects: int
