"""Reads the facts of a check, and keeps what it has folded, so that only news is read again.

A popular cameo has tens of thousands of uses in its consent's stream. What was folded up to some
revision stays true, so the next check reads only what came after. A long stream is read page by
page and each is kept, so that whoever gave up waiting has not waited for nothing. The least
recently asked streams are forgotten; nothing is written anywhere.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.account.relating import RELATIONS
from domain.cameo.keeping import CAMEO
from domain.consent.decider import CONSENT
from domain.consent.situations import Held
from domain.consent.world import World
from domain.kernel.decider import Decider
from domain.kernel.ports import START, EventCodec, EventLog, Expected

STREAMS_KEPT: Final = 2048
PAGE: Final = 1000


@dataclass(frozen=True)
class Folded:
    """How an aggregate stood after its event at ``revision``, which lies at ``position``."""

    state: Any
    revision: int = int(Expected.NO_STREAM)
    position: int = START


@dataclass(frozen=True)
class Sight:
    """A world, and the revision of each stream that it was folded from."""

    world: World
    revisions: Mapping[str, int]


class FactsReader:
    """Gives the world of a check at one position of the log."""

    def __init__(self, log: EventLog, codec: EventCodec, streams_kept: int = STREAMS_KEPT) -> None:
        self._log, self._codec, self._most = log, codec, streams_kept
        self._kept: OrderedDict[str, Folded] = OrderedDict()

    async def sight(
        self, cameo_ids: Iterable[str], caster_id: str, position: int | None = None
    ) -> Sight:
        """What is true about these cameos and this caster now, or was at an earlier position."""
        at = await self._log.head() if position is None else position
        cast = list(dict.fromkeys(cameo_ids))
        caster, *found = await asyncio.gather(
            self._folded(RELATIONS, caster_id, at),
            *(self._folded(CAMEO, each, at) for each in cast),
            *(self._folded(CONSENT, each, at) for each in cast),
        )
        cameos = dict(zip(cast, found[: len(cast)], strict=True))
        consents = dict(zip(cast, found[len(cast) :], strict=True))
        states = [each.state for each in consents.values()]
        owners = sorted({each.owner_id for each in states if isinstance(each, Held)} - {caster_id})
        theirs = await asyncio.gather(*(self._folded(RELATIONS, each, at) for each in owners))
        accounts = {caster_id: caster, **dict(zip(owners, theirs, strict=True))}
        revisions = {
            decider.stream(identifier): folded.revision
            for decider, group in ((CAMEO, cameos), (CONSENT, consents), (RELATIONS, accounts))
            for identifier, folded in group.items()
        }
        return Sight(World(at, _states(cameos), _states(consents), _states(accounts)), revisions)

    async def _folded(
        self, decider: Decider[Any, Any, Any], identifier: str, position: int
    ) -> Folded:
        """An aggregate at a position, from what is kept where that is not too new."""
        stream, newest = decider.stream(identifier), Folded(decider.initial)
        kept = self._kept.get(stream, newest)
        found = kept if kept.position <= position else newest
        whole = False
        while not whole:
            page = await self._log.read_stream(stream, after=found.revision, limit=PAGE)
            wanted = [each for each in page if each.position <= position]
            for each in wanted:
                state = decider.evolve(found.state, self._codec.decode(each))
                found = Folded(state, each.revision, each.position)
            whole = len(wanted) < PAGE
            self._keep(stream, found)
        return found

    def _keep(self, stream: str, folded: Folded) -> None:
        """Keep what is newer than what is kept."""
        known = self._kept.get(stream)
        if known is None or known.revision <= folded.revision:
            self._kept[stream] = folded
        self._kept.move_to_end(stream)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _states(group: Mapping[str, Folded]) -> dict[str, Any]:
    return {identifier: folded.state for identifier, folded in group.items()}
