"""The one place where the program asks what time it is; everybody else receives the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, with its time zone."""

    def __call__(self) -> datetime: ...


def system_clock() -> datetime:
    """The machine's wall clock, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 the clock that others receive has to be read once
