"""What-if over the log: recorded cases under another policy, without any effect.

Whoever is erased cannot be opened, drops out and is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from activities.moderation.anew import FindingsAnew, How, SecondLook
from activities.moderation.recorded import cases_between
from domain.kernel.ports import EventCodec, EventLog
from domain.kernel.vault import Vault
from domain.moderation.policy import Policy
from domain.moderation.what_if import Comparison, WhatIf

TOLD_EVERY: Final = 1000
"""So many cases pass between two tellings, but for films."""


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: cases, films that were watched, and films whose looks were kept."""

    cases: int
    films: int
    kept: int


def _unheard(_: Progress) -> None:
    """Nobody listens."""


class PolicyComparer:
    """Reads log, vault and store; writes nothing but what it has seen in films, for the next run.

    Without a second look no detector looks again.
    """

    def __init__(
        self, log: EventLog, codec: EventCodec, vault: Vault, second: SecondLook | None = None
    ) -> None:
        self._log, self._codec, self._vault = log, codec, vault
        self._second = second

    async def compare(
        self,
        policy: Policy,
        since: datetime,
        until: datetime | None = None,
        tell: Callable[[Progress], None] = _unheard,
    ) -> WhatIf:
        """What the policy would have decided about every case of the period.

        Raises StoreUnavailable; a repetition goes on where it was.
        """
        comparison = Comparison(policy)
        anew = FindingsAnew(self._vault, self._second, policy)
        count = 0
        async for case in cases_between(self._log, self._codec, since, until):
            found = await anew.of(case)
            count += 1
            if count % TOLD_EVERY == 0 or found.how == "film-again":
                tell(self._progress(count))
            _counted(comparison, found.how)
            if found.how != "erased":
                comparison.add(case, found.findings)
        return comparison.result()

    def _progress(self, cases: int) -> Progress:
        films = self._second.films if self._second else None
        return Progress(cases, films.looked if films else 0, films.found if films else 0)


def _counted(comparison: Comparison, how: How) -> None:
    match how:
        case "as-recorded":
            return
        case "erased":
            comparison.erased()
        case "words-again":
            comparison.rerun()
        case "film-again":
            comparison.rerun(film=True)
        case why:
            comparison.not_rerun(why)
