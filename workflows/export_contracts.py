"""What callers of exports, takedowns and audits send and receive, and how each id is made."""

from __future__ import annotations

from typing import Final, Literal

from domain.kernel.ids import AccountId, ExportId, VideoId
from domain.kernel.model import Value
from domain.video.video import TakedownReason
from workflows.contracts import Failure

VIDEO_EXPORT: Final = "VideoExport"
VIDEO_TAKEDOWN: Final = "VideoTakedown"
PROVENANCE_AUDIT: Final = "ProvenanceAudit"

ExportStage = Literal["requested", "branding", "proving", "completed", "refused"]


def export_workflow_id(export_id: str) -> str:
    """The id of the workflow that makes this copy."""
    return f"export/{export_id}"


def takedown_workflow_id(video_id: str) -> str:
    """The id of the workflow that takes this video down."""
    return f"takedown/{video_id}"


class VideoExportOrder(Value):
    """Make a copy of a video for outside. Any Temporal client may send this by name."""

    export_id: ExportId
    video_id: VideoId
    account_id: AccountId
    requested_by: str = "client/temporal"
    traceparent: str | None = None


class ExportReceipt(Value):
    """The request stands in the log: the answer to the ``recorded`` update."""

    export_id: ExportId
    position: int


class ExportOutcome(Value):
    """How the export ended: with a copy that may leave, or with the reason why there is none."""

    export_id: ExportId
    stage: Literal["completed", "refused"]
    film_key: str | None = None
    failure: Failure | None = None
    case_id: str | None = None


class VideoTakedownOrder(Value):
    """Take a video down. Any Temporal client may send this by name."""

    video_id: VideoId
    reason: TakedownReason
    requested_by: str = "client/temporal"
    traceparent: str | None = None


class TakedownReceipt(Value):
    """Nobody can see the video any more: the answer to the ``recorded`` update."""

    video_id: VideoId
    position: int


class TakedownOutcome(Value):
    """The video is down, and so many of its fingerprints are known."""

    video_id: VideoId
    prints: int


class AuditOutcome(Value):
    """What an audit looked at, and the cases that it opened."""

    looked_at: int
    cases: tuple[str, ...] = ()
