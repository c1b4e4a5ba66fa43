"""Which errors are the world's, and pass, and which are an event's, and stay with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import asyncpg

from domain.kernel.ports import LogUnavailable

UNACCEPTABLE: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""PostgreSQL will say the same of these values tomorrow. Look for these before ``PASSING``."""

PASSING: Final = (
    OSError,
    TimeoutError,
    MemoryError,
    LogUnavailable,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""A server is away, restarting, overloaded or not yet migrated: a later attempt may succeed."""

_FIRST_PAUSE_SECONDS: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 2.0


def is_poison(error: Exception) -> bool:
    """Whether an event itself is to blame, so that trying again changes nothing."""
    return isinstance(error, UNACCEPTABLE) or not isinstance(error, PASSING)


def pauses() -> Iterator[float]:
    """Seconds to wait between attempts: doubling, up to two seconds, for ever."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, _PAUSE_SECONDS_MAX)


def kind_of(error: BaseException) -> str:
    """An error's name and SQLSTATE, without its text, which may quote content."""
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {state}" if state else type(error).__name__
