"""Trying again while a server is busy or away, for a while, and never deaf to a stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from gpu_workers.video_server.client import VideoServerBusy
from gpu_workers.video_server.refusals import SubmissionUncertain, VideoServerUnavailable

_FIRST_SECONDS: Final = 0.25
_LONGEST_SECONDS: Final = 10.0

Answer = TypeVar("Answer")


def pause(seconds: float, slice_seconds: float, still_wanted: Callable[[], None]) -> None:
    """Sleep in slices; what ``still_wanted`` raises between them ends it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, slice_seconds))
        still_wanted()


def patiently(
    ask: Callable[[], Answer],
    seconds_max: float,
    slice_seconds: float,
    still_wanted: Callable[[], None],
) -> Answer:
    """Ask until there is an answer; an outage that lasts ``seconds_max`` is raised.

    Raises what ``ask`` raises, and SubmissionUncertain at once: asking again might begin twice.
    """
    until, wait = time.monotonic() + seconds_max, _FIRST_SECONDS
    while True:
        try:
            return ask()
        except SubmissionUncertain:
            raise
        except VideoServerUnavailable as error:
            told = error.seconds if isinstance(error, VideoServerBusy) else 0.0
            pausing = max(told, wait)
            if time.monotonic() + pausing > until:
                raise
        pause(pausing, slice_seconds, still_wanted)
        wait = min(2 * wait, _LONGEST_SECONDS)
