"""Taking a job back, and saying truly what that did: some servers forget a job and go on with it.

A withdrawal never raises for the server's sake: the caller is on its way out, and why it stops
matters more than that the server did not answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from gpu_workers.video_server.answers import Job, Status
from gpu_workers.video_server.client import VideoServerClient
from gpu_workers.video_server.engines import Deletion
from gpu_workers.video_server.patience import patiently
from gpu_workers.video_server.refusals import (
    VideoAnswerUnreadable,
    VideoRequestRejected,
    VideoServerKeyRefused,
    VideoServerUnavailable,
)
from gpu_workers.video_server.settings import OnStop, VideoServerSettings


class Outcome(StrEnum):
    """What is known of the GPU after a job was taken back."""

    ENDED = "ended"
    """Nothing is done for this job any more."""
    GPU_GOES_ON = "gpu-goes-on"
    """The record is gone or will not go; the GPU does the work to its end, for nobody."""
    UNKNOWN = "unknown"
    """The server does not answer, or no longer knows the job."""


@dataclass(frozen=True)
class Withdrawal:
    """What became of one job; ``film_may_remain`` when its file may still lie on the server."""

    job_id: str
    outcome: Outcome
    film_may_remain: bool


def withdraw(client: VideoServerClient, settings: VideoServerSettings, job_id: str) -> Withdrawal:
    """Take a job back, by the way that the settings name where the engine cannot stop."""
    try:
        return patiently(
            lambda: _withdrawn(client, settings, job_id),
            settings.withdrawal_seconds_max,
            settings.poll_seconds,
            still_wanted=lambda: None,
        )
    except (
        VideoServerUnavailable,
        VideoAnswerUnreadable,
        VideoRequestRejected,
        VideoServerKeyRefused,
    ):
        return Withdrawal(job_id, Outcome.UNKNOWN, film_may_remain=True)


def _withdrawn(client: VideoServerClient, settings: VideoServerSettings, job_id: str) -> Withdrawal:
    job = client.look(job_id)
    if job is None:
        return Withdrawal(job_id, Outcome.UNKNOWN, film_may_remain=True)
    if settings.on_stop is OnStop.WAIT and not _stoppable(settings.engine.deletion, job):
        job = _ended(client, settings, job) or job
    stops = job.status.ended or _stoppable(settings.engine.deletion, job)
    removed = client.delete(job_id)
    return Withdrawal(
        job_id,
        Outcome.ENDED if stops and removed else Outcome.GPU_GOES_ON,
        film_may_remain=not (removed and settings.engine.deletion_removes_film),
    )


def _stoppable(deletion: Deletion, job: Job) -> bool:
    waiting = job.status is Status.QUEUED
    return deletion is Deletion.ABORTS or (deletion is Deletion.DROPS_WAITING and waiting)


def _ended(client: VideoServerClient, settings: VideoServerSettings, job: Job) -> Job | None:
    """The job when it has ended; None when it vanished. It may be unended after the patience."""
    until = time.monotonic() + settings.drain_seconds_max
    found: Job | None = job
    while found is not None and not found.status.ended and time.monotonic() < until:
        time.sleep(settings.poll_seconds)
        found = client.look(job.id)
    return found
