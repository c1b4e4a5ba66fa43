"""What-if over the log: recorded cases under another policy, without any effect.

Whoever is erased cannot be opened, drops out and is counted.
"""

from __future__ import annotations

from datetime import datetime

from activities.moderation.anew import FindingsAnew
from activities.moderation.material import Screener
from activities.moderation.recorded import cases_between
from domain.kernel.ports import EventCodec, EventLog
from domain.kernel.vault import Vault
from domain.moderation.policy import Policy
from domain.moderation.what_if import Comparison, WhatIf


class PolicyComparer:
    """Reads the log and the vault; writes nothing. Without a screener no detector looks again."""

    def __init__(
        self, log: EventLog, codec: EventCodec, vault: Vault, screener: Screener | None = None
    ) -> None:
        self._log, self._codec, self._vault = log, codec, vault
        self._screener = screener

    async def compare(
        self, policy: Policy, since: datetime, until: datetime | None = None
    ) -> WhatIf:
        """What the policy would have decided about every case of the period."""
        comparison = Comparison(policy)
        anew = FindingsAnew(self._vault, self._screener, policy)
        async for case in cases_between(self._log, self._codec, since, until):
            found = await anew.of(case)
            match found.how:
                case "erased":
                    comparison.erased()
                    continue
                case "looked-again":
                    comparison.rerun()
                case "film-as-recorded":
                    comparison.not_rerun()
            comparison.add(case, found.findings)
        return comparison.result()
