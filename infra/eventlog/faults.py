"""What PostgreSQL's errors mean for a caller: wait and try again, or change the request.

Messages name the kind of error and never quote PostgreSQL, whose own message may hold content.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import asyncpg

TRANSIENT: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""The server is away, restarting, overloaded or not yet migrated: a later attempt may succeed."""

UNACCEPTABLE: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""PostgreSQL will say the same to this request tomorrow. Look for these before ``TRANSIENT``."""

_FIRST_PAUSE_SECONDS: Final = 0.02
_PAUSE_SECONDS_MAX: Final = 1.0


def pauses() -> Iterator[float]:
    """Seconds to wait between attempts: doubling, up to a second, for ever."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, _PAUSE_SECONDS_MAX)


def kind_of(error: BaseException | None) -> str:
    """An error's name and SQLSTATE, without its text."""
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {state}" if state else type(error).__name__
