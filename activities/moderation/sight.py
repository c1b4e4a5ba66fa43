"""Sight: what is decided about a film that was released reaches everybody who could see it.

A released video is seen while every case about its generation lets it pass, and shown at another
surface while the case that judged it for there does. Whoever changes a case
asks for its videos to follow. A step that is repeated finds its own events, and one that died in
between is completed by its repetition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from activities.ledger import Contended, Context, Decision, Guard, Ledger
from domain.kernel.ids import sibling
from domain.kernel.ports import START
from domain.moderation.case import MODERATION
from domain.moderation.case_situations import Allowed, Case, Known
from domain.moderation.gates import OF_A_GENERATION, case_id
from domain.video.video import VIDEO, FollowCases, Hidden, Released, released_once

ATTEMPTS_MAX: Final = 8


class _CaseMoved(Exception):
    """A case was decided otherwise between reading and appending."""


class Sight:
    """Hides and shows videos as their cases stand."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def follow(self, generation_ids: Iterable[str], at: datetime, context: Context) -> int:
        """Let the videos of these generations be seen, or not, as their cases stand now.

        The position of the last event about them; where there is no video, nothing happens. Raises
        ``Contended`` where the cases of one kept moving.
        """
        positions = await asyncio.gather(
            *(self._follow(each, at, context) for each in dict.fromkeys(generation_ids))
        )
        return max(positions, default=START)

    async def _follow(self, generation_id: str, at: datetime, context: Context) -> int:
        video_id = sibling(generation_id, "vid")
        video = await self._ledger.state(VIDEO, video_id)
        if not isinstance(video.state, Released | Hidden):
            return START
        own = [case_id(generation_id, gate) for gate in OF_A_GENERATION]
        places = [each.case_id for each in released_once(video.state).places]
        for _ in range(ATTEMPTS_MAX):
            against, revisions, guards = [], [], []
            for identifier in (*own, *places):
                case = await self._ledger.state(MODERATION, identifier)
                place = f"{identifier}@" if identifier in places else ""
                revisions.append(f"{place}{case.revision}")
                guards.append(Guard(MODERATION, identifier, _unmoved(case.state)))
                if isinstance(case.state, Known) and not isinstance(case.state, Allowed):
                    against.append(identifier)
            follow = FollowCases(
                command_id=f"sight/{video_id}/{'.'.join(revisions)}",
                at=at,
                against=tuple(each for each in against if each in own),
                places_against=tuple(each for each in against if each in places),
            )
            try:
                performed = await self._ledger.perform(
                    [Decision(VIDEO, video_id, follow)], context, guards
                )
            except _CaseMoved:
                continue
            return performed.position
        raise Contended(f"The cases of {generation_id} moved {ATTEMPTS_MAX} times; try again.")


def _unmoved(seen: Case) -> Callable[[Case], None]:
    def require(now: Case) -> None:
        if now != seen:
            raise _CaseMoved

    return require
