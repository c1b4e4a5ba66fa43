"""Stay down: what looks or sounds like a video that was taken down is not released again.

The log says what was taken down; the index knows what it looked and sounded like. A new film of
ours has been neither cropped nor recorded anew, so the prints have to lie much nearer than those of
an excerpt that is traced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from activities.ledger import Ledger
from activities.provenance.ports import PrintIndex
from activities.provenance.prints import Kind, Print
from domain.kernel.errors import Refusal
from domain.video.video import VIDEO, TakenDown

DISTANCE_MAX: Final = 32
"""Of 256 bits: the same film encoded again lies within 20, another one 80 and more away."""
SHARE_MIN: Final = 0.6
"""Of a film's moments, seen or heard, that have to lie near those of one that was taken down."""
OFFSET_MS: Final = 1000


class TakenDownBefore(Refusal):
    """This film looks or sounds like a video that was taken down."""

    code = "taken-down-before"
    stage = "provenance"
    next_step = "Ask for something else, or ask whoever runs this service to look at the takedown."


async def require_not_taken_down(
    ledger: Ledger, index: PrintIndex, prints: Sequence[Print]
) -> None:
    """Raise TakenDownBefore, naming the video that stays down."""
    for artefact_id in await resembled(index, prints):
        if not artefact_id.startswith("vid_"):
            continue
        if isinstance((await ledger.state(VIDEO, artefact_id)).state, TakenDown):
            raise TakenDownBefore(f"It is {artefact_id}.")


async def resembled(index: PrintIndex, prints: Sequence[Print]) -> list[str]:
    """Artefacts that agree in their order with most of what is seen, or of what is heard."""
    moments: dict[Kind, set[int]] = defaultdict(set)
    for each in prints:
        moments[each.kind].add(each.at_ms)
    near: dict[tuple[Kind, str, int], set[int]] = defaultdict(set)
    for match in await index.near(prints, DISTANCE_MAX):
        asked = prints[match.query]
        offset = round((match.at_ms - asked.at_ms) / OFFSET_MS)
        near[asked.kind, match.artefact_id, offset].add(asked.at_ms)
    found = {
        artefact_id
        for (kind, artefact_id, _), seen in near.items()
        if len(seen) >= SHARE_MIN * len(moments[kind])
    }
    return sorted(found)
