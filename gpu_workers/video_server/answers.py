"""A job as a video server tells of it, reduced to what we act on; prompts in it are not kept."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gpu_workers.video_server.engines import Marker
from gpu_workers.video_server.refusals import VideoAnswerUnreadable

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
MARK: Final = "callsheet"


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    GONE = "deleted"

    @property
    def ended(self) -> bool:
        """Whether the server will do nothing more for it."""
        return self in (Status.COMPLETED, Status.FAILED)


_ALSO_CALLED: Final = {
    "processing": Status.IN_PROGRESS,
    "running": Status.IN_PROGRESS,
    "cancelling": Status.GONE,
    "cancelled": Status.GONE,
}


@dataclass(frozen=True)
class Job:
    """One job; ``percent`` is 0 to 100, and ``faulted`` says that the request was at fault."""

    id: str
    status: Status
    percent: int
    faulted: bool
    mark: str | None


def read_job(said: Any, marker: Marker | None = None) -> Job:
    """The job in a server's JSON. Raises VideoAnswerUnreadable."""
    if not isinstance(said, dict):
        raise VideoAnswerUnreadable("A job is a JSON object; the server sent something else.")
    job_id, word = said.get("id"), said.get("status")
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
        raise VideoAnswerUnreadable("A job has an id of letters and digits; this one has not.")
    try:
        status = _ALSO_CALLED.get(str(word)) or Status(str(word))
    except ValueError:
        raise VideoAnswerUnreadable("The job's status is none of the agreed words.") from None
    return Job(job_id, status, _percent(said, status), _faulted(said), _mark(said, marker))


def model_with_mark(model: str, mark: str) -> str:
    """The name to ask for where a server writes down whatever model was asked for."""
    return f"{model}#{mark}"


def _percent(said: dict[str, Any], status: Status) -> int:
    if status is Status.COMPLETED:
        return 100
    told = said.get("progress")
    if not isinstance(told, int | float) or math.isnan(told):
        return 0
    return int(max(0, min(99, told)))


def _faulted(said: dict[str, Any]) -> bool:
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return isinstance(code, int) and 400 <= code < 500 and code not in (408, 429)


def _mark(said: dict[str, Any], marker: Marker | None) -> str | None:
    match marker:
        case Marker.MODEL:
            _, _, mark = str(said.get("model")).rpartition("#")
            return mark
        case Marker.USER:
            return str(said.get("user"))
        case Marker.METADATA:
            metadata = said.get("metadata")
            return str(metadata.get(MARK)) if isinstance(metadata, dict) else None
        case None:
            return None
