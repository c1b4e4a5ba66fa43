"""What a policy that only watches is judged by, beside what the one that decides is.

Whom a policy protects is looked for by name, and a reasoning model reads the policy's own clauses:
so these look twice where two policies differ in it, and nobody else does. What is found for the
policy that watches never reaches the one that decides.
"""

from __future__ import annotations

import asyncio

from activities.moderation.anew import merged
from activities.moderation.material import Material, Screener, Seen
from domain.moderation.policy import Policy


async def words_seen(
    screener: Screener, deciding: Policy, watching: Policy | None, material: Material
) -> Seen:
    """What is found in words, for both policies; ``watching`` is None where none watches."""
    decides = screener.under(deciding)
    watches = screener.under(watching) if watching else decides
    others = _otherwise(decides, watches)
    if not others:
        findings = await decides.words(material)
        return Seen(findings, findings)
    findings, anew = await asyncio.gather(
        decides.words(material), watches.words(material, only=others)
    )
    return Seen(findings, merged(findings, anew, others))


def _otherwise(decides: Screener, watches: Screener) -> frozenset[str]:
    """The names of those who look otherwise for the second than for the first."""
    known = decides.versions
    return frozenset(
        name for name, version in watches.versions.items() if known.get(name) != version
    )
