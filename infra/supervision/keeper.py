"""Keeps one program alive: waits for its death, says so, pauses, starts it again."""

from __future__ import annotations

import asyncio
from typing import Protocol

from infra.errors import UserError
from infra.supervision.backoff import Backoff
from infra.supervision.events import Listener, ProcessEvent


class Kept(Protocol):
    """What a keeper needs of a program."""

    @property
    def name(self) -> str:
        """The word used in reports."""
        ...

    @property
    def lived_seconds(self) -> float:
        """Since its last start."""
        ...

    async def died(self) -> int:
        """Return the exit code once it ended unasked."""
        ...

    async def start(self) -> None:
        """Start it and return when it may be used."""
        ...

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        ...


async def keep_alive(kept: Kept, backoff: Backoff, tell: Listener) -> None:
    """Run until cancelled."""
    while True:
        exit_code = await kept.died()
        lived = kept.lived_seconds
        tell(ProcessEvent("died", kept.name, exit_code=exit_code, log_tail=kept.tail()))
        while True:
            delay = backoff.next_seconds(lived)
            tell(ProcessEvent("restarting", kept.name, delay_seconds=delay))
            await asyncio.sleep(delay)
            try:
                await kept.start()
            except (UserError, OSError):
                tell(ProcessEvent("failed", kept.name, log_tail=kept.tail()))
                lived = 0.0
            else:
                tell(ProcessEvent("restarted", kept.name))
                break
