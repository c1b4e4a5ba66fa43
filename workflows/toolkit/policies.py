"""Our patience, named once: which machine does a step, how long we wait, and how often we retry.

The same figures stand in ``temporal.yaml`` for those who run the system; a test holds both equal.
They are constants here because a workflow must not read files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from temporalio.common import RetryPolicy


@dataclass(frozen=True)
class Patience:
    """How long one activity may take, and what happens when it does not succeed.

    ``queue`` is None for a local activity: a short decision in the workflow worker itself.
    ``whole`` bounds all attempts together: an outage shorter than that costs time and no video.
    """

    queue: str | None
    attempt: timedelta
    whole: timedelta
    heartbeat: timedelta | None = None
    first_wait: timedelta = timedelta(milliseconds=200)
    backoff: float = 2.0
    longest_wait: timedelta = timedelta(seconds=10)

    @property
    def retry_policy(self) -> RetryPolicy:
        """Without a limit of attempts: ``whole`` is the limit."""
        return RetryPolicy(
            initial_interval=self.first_wait,
            backoff_coefficient=self.backoff,
            maximum_interval=self.longest_wait,
        )


_OUTAGE: Final = timedelta(hours=24)
_DECISION: Final = Patience(
    queue=None,
    attempt=timedelta(seconds=10),
    whole=_OUTAGE,
    longest_wait=timedelta(seconds=5),
)

_FETCHING: Final = Patience(
    queue="io",
    attempt=timedelta(minutes=2),
    whole=_OUTAGE,
    heartbeat=timedelta(seconds=10),
)

_SEALING: Final = Patience(
    queue="media",
    attempt=timedelta(minutes=10),
    whole=_OUTAGE,
    heartbeat=timedelta(seconds=10),
)

PATIENCE: Final[Mapping[str, Patience]] = MappingProxyType(
    {
        "record_request": _DECISION,
        "release_video": _DECISION,
        "record_failure": _DECISION,
        "record_cancellation": _DECISION,
        "post_notice": _DECISION,
        "tell_account": _DECISION,
        "admit_cast": _DECISION,
        "record_ask": _DECISION,
        "answer_ask": _DECISION,
        "check_sides": _DECISION,
        "lapse_ask": _DECISION,
        "withdraw_ask": _DECISION,
        "look_into_case": _DECISION,
        "claim_case": _DECISION,
        "return_case": _DECISION,
        "read_case": _DECISION,
        "lapse_hold": _DECISION,
        "lodge_appeal": _DECISION,
        "withdraw_content": _DECISION,
        "record_enrolment": _DECISION,
        "draw_challenge": _DECISION,
        "conclude_checks": _DECISION,
        "record_review": _DECISION,
        "close_enrolment": _DECISION,
        "freeze_cameos": _DECISION,
        "delete_cameo": _DECISION,
        "record_export": _DECISION,
        "complete_export": _DECISION,
        "refuse_export": _DECISION,
        "open_case": _DECISION,
        "take_down_video": _DECISION,
        "sample_take": Patience(
            queue="gpu",
            attempt=timedelta(hours=2),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=5),
        ),
        "assemble_rendition": Patience(
            queue="media",
            attempt=timedelta(minutes=15),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=10),
        ),
        "store_rendition": Patience(
            queue="media",
            attempt=timedelta(minutes=10),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=10),
        ),
        "sign_film": _SEALING,
        "prove_rendition": _SEALING,
        "brand_video": _SEALING,
        "prove_export": _SEALING,
        "keep_video_down": _SEALING,
        "audit_artefact": _SEALING,
        "examine_clip": Patience(
            queue="media",
            attempt=timedelta(minutes=5),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=10),
        ),
        "screen_words": Patience(queue="io", attempt=timedelta(minutes=2), whole=_OUTAGE),
        "screen_film": Patience(
            queue="media",
            attempt=timedelta(minutes=15),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=60),
        ),
        "rescore_cameo": Patience(
            queue="media",
            attempt=timedelta(minutes=10),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=10),
        ),
        "list_cameos": Patience(queue="io", attempt=timedelta(minutes=2), whole=_OUTAGE),
        "receive_clip": _FETCHING,
        "tidy_enrolment": _FETCHING,
        "destroy_likeness": Patience(queue="io", attempt=timedelta(minutes=2), whole=_OUTAGE),
        "sample_artefacts": Patience(queue="io", attempt=timedelta(minutes=2), whole=_OUTAGE),
        "clear_staging": Patience(queue="io", attempt=timedelta(minutes=2), whole=_OUTAGE),
        "sweep_staging": Patience(
            queue="io",
            attempt=timedelta(minutes=30),
            whole=_OUTAGE,
            heartbeat=timedelta(seconds=30),
        ),
    }
)

LOCAL_RETRY_THRESHOLD: Final = timedelta(seconds=4)
"""Longer waits between the attempts of a decision become timers, which survive the worker."""
