"""The cases of a period as the log has them, one after the other, without holding all of them; and
what was examined last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START, EventCodec, EventLog
from domain.moderation.case import MODERATION
from domain.moderation.case_events import CaseEvent, ContentScreened
from domain.moderation.case_situations import Case, Known

BATCH_EVENTS: Final = 2000
BATCHES_MAX: Final = 50
"""So far back, in batches of events, examined contents are looked for."""
_OURS: Final = f"{MODERATION.category}-"
_SCREENED: Final = "content-screened"
_REACHED: Final = "verdict-reached"


async def cases_between(
    log: EventLog, codec: EventCodec, since: datetime, until: datetime | None = None
) -> AsyncIterator[Known]:
    """Every case that was screened in the period, as it stands now, in the order of the log.

    The log is read twice: what happened to cases after their verdicts is small and gathered first.
    """
    later = await _later(log)
    screened: dict[str, Case] = {}
    async for each in _ours(log):
        name = each.type.rpartition(".v")[0]
        if name == _SCREENED:
            event = cast(ContentScreened, codec.decode(each))
            if event.at >= since and (until is None or event.at < until):
                screened[each.stream] = MODERATION.evolve(MODERATION.initial, event)
        elif name == _REACHED and (state := screened.pop(each.stream, None)) is not None:
            for one in (each, *later.get(each.stream, ())):
                state = MODERATION.evolve(state, cast(CaseEvent, codec.decode(one)))
            assert isinstance(state, Known), "its verdict was reached"
            yield state


async def last_screened(log: EventLog, codec: EventCodec, count: int) -> list[ContentScreened]:
    """The last contents that were examined, oldest first: at most so many.

    Read backwards from the log's end, BATCHES_MAX batches at most: a longer log costs no more.
    """
    found: list[RecordedEvent] = []
    until = await log.head()
    for _ in range(BATCHES_MAX):
        if until <= START or len(found) >= count:
            break
        begin = max(START, until - BATCH_EVENTS)
        batch = await log.read_all(begin, until - begin)
        found[:0] = [each for each in batch if each.position <= until and _is_screened(each)]
        until = begin
    return [cast(ContentScreened, codec.decode(each)) for each in found[-count:]]


def _is_screened(event: RecordedEvent) -> bool:
    return event.stream.startswith(_OURS) and event.type.rpartition(".v")[0] == _SCREENED


async def _later(log: EventLog) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    async for each in _ours(log):
        if each.type.rpartition(".v")[0] not in (_SCREENED, _REACHED):
            found.setdefault(each.stream, []).append(each)
    return found


async def _ours(log: EventLog) -> AsyncIterator[RecordedEvent]:
    position = START
    while batch := await log.read_all(position, BATCH_EVENTS):
        for each in batch:
            if each.stream.startswith(_OURS):
                yield each
        position = batch[-1].position
