"""What the stories of exports, takedowns and audits hand over and get back."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from activities.moderation.orders import CaseStanding as Judged
from activities.provenance.orders import Claims
from domain.kernel.ids import AccountId, CaseId, ExportId, ModerationId, VideoId
from domain.kernel.model import Value
from domain.provenance.case import FoundBy
from domain.provenance.proof import ArtefactId, Proof
from domain.video.media import MediaFile, Sha256
from domain.video.video import TakedownReason


class VideoErrand(Value):
    """What every order about a released video carries, and the step's own id."""

    video_id: VideoId
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class ExportErrand(VideoErrand):
    """An order about one export, and whose it is."""

    export_id: ExportId
    account_id: AccountId


class ExportOrder(ExportErrand):
    """Write the request down, if everybody in the video consents to its leaving."""


class ExportBegun(Value):
    """The request stands in the log; ``judged`` is how the film's case for outside stands."""

    position: int
    judged: Judged | None = None


class BrandingOrder(ExportErrand):
    """Make the copy: with the visible mark, signed, in its place in the store."""


class Branded(Value):
    """The copy as it is stored, and what its manifest claims; nobody has verified it yet."""

    film: MediaFile
    claims: Claims


class ExportProvingOrder(ExportErrand):
    """Verify every layer of the copy on the bytes that would be served."""

    film: MediaFile
    claims: Claims


class ExportProven(Value):
    """Every layer was verified on these bytes, the visible mark among them."""

    proof: Proof


class ExportCompletion(ExportErrand):
    """Let the copy leave, if everybody still consents, and the case lets the film pass outside."""

    film: MediaFile
    proof: Proof
    case_id: ModerationId | None = None


class ExportRefusal(ExportErrand):
    """Write down why there is no copy."""

    code: str
    stage: str
    explanation: str


class ExportStanding(Value):
    """How the log says that the export stands."""

    state: str
    position: int


class CaseOrder(Value):
    """Open a case about bytes on which a layer does not verify."""

    artefact_id: ArtefactId
    film_sha256: Sha256
    found_by: FoundBy
    code: str
    explanation: str
    command_id: str
    at: AwareDatetime
    actor: str


class CaseStanding(Value):
    """The case stands in the log."""

    case_id: CaseId


class TakedownOrder(VideoErrand):
    """Take a video out of everybody's sight."""

    reason: TakedownReason


class TakenDownNow(Value):
    """Nobody can see it any more; whose it was."""

    account_id: AccountId
    position: int


class KeepDownOrder(VideoErrand):
    """See to it that its bytes are withheld and its fingerprints known, so that it stays down."""


class KeptDown(Value):
    """How many of its fingerprints are known; none where there is nothing to print."""

    prints: int


class SampleOrder(Value):
    """Choose artefacts to audit; ``day`` is what chance follows from."""

    day: str
    count: Annotated[int, Field(ge=1, le=1000)] = 25


class AuditSample(Value):
    """The artefacts that are to be looked at."""

    artefact_ids: tuple[ArtefactId, ...]


class AuditOrder(Value):
    """Verify every layer of one artefact on its stored bytes."""

    artefact_id: ArtefactId


class Audited(Value):
    """What was found: nothing amiss, or the layer that does not verify.

    ``film_sha256`` is None where the artefact is no longer served.
    """

    film_sha256: Sha256 | None
    code: str | None = None
    explanation: str = ""
