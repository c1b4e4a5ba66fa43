"""What-if over the log: recorded cases under another policy, without any effect.

Findings are taken as they were recorded; only detectors that run in another version today look
again, at what was kept sealed. Whoever is erased cannot be opened, drops out and is counted.
"""

from __future__ import annotations

from datetime import datetime

from activities.moderation.material import Screener, open_material
from activities.moderation.recorded import cases_between
from domain.kernel.ports import EventCodec, EventLog
from domain.kernel.vault import Erased, Vault
from domain.moderation.case_situations import Known
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy
from domain.moderation.what_if import Comparison, WhatIf, stale


class PolicyComparer:
    """Reads the log and the vault; writes nothing. Without a screener no detector looks again."""

    def __init__(
        self, log: EventLog, codec: EventCodec, vault: Vault, screener: Screener | None = None
    ) -> None:
        self._log, self._codec, self._vault = log, codec, vault
        self._screener = screener
        self._erased: dict[str, bool] = {}

    async def compare(
        self, policy: Policy, since: datetime, until: datetime | None = None
    ) -> WhatIf:
        """What the policy would have decided about every case of the period."""
        comparison = Comparison(policy)
        screener = self._screener.under(policy) if self._screener else None
        async for case in cases_between(self._log, self._codec, since, until):
            if await self._is_erased(case):
                comparison.erased()
                continue
            comparison.add(case, await self._again(case, screener, comparison))
        return comparison.result()

    async def _is_erased(self, case: Known) -> bool:
        """Whether the key of the case's account is gone; asked once for each account."""
        account_id = case.content.account_id
        if account_id not in self._erased:
            try:
                await open_material(self._vault, account_id, case.content.sealed)
                self._erased[account_id] = False
            except Erased:
                self._erased[account_id] = True
        return self._erased[account_id]

    async def _again(
        self, case: Known, screener: Screener | None, comparison: Comparison
    ) -> tuple[Findings, ...] | None:
        """The findings with those of changed detectors anew; None where nobody has changed."""
        if screener is None:
            return None
        names = stale(case, dict(screener.versions))
        if not names:
            return None
        if case.content.gate != "admission":
            comparison.not_rerun()
            return None
        comparison.rerun()
        content = case.content
        material = await open_material(self._vault, content.account_id, content.sealed)
        anew = await screener.words(material, only=names)
        return merged(content.findings, anew, names)


def merged(
    before: tuple[Findings, ...], anew: tuple[Findings, ...], names: frozenset[str]
) -> tuple[Findings, ...]:
    """The findings as they were, but for the looks of these detectors."""
    looks = {(each.stage, look.detector.name): look for each in anew for look in each.looks}
    return tuple(
        Findings(
            stage=each.stage,
            looks=tuple(
                looks.get((each.stage, look.detector.name), look)
                if look.detector.name in names
                else look
                for look in each.looks
            ),
        )
        for each in before
    )
