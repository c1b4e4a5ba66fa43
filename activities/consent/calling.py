"""Calling: which cameos stand behind the handles of a brief, and which versions are cast."""

from __future__ import annotations

from typing import cast as of_type

from activities.consent.desk import ConsentDesk
from domain.account.handle import HANDLE, HandleEvent, HandleUnknown, require_borne
from domain.account.handles import HandleUnusable, handle_key
from domain.cameo.cameo import Castable
from domain.consent.casting import CastingDecided
from domain.consent.plan import CAST_MAX
from domain.consent.refusals import CalledUnknown, CastTooLarge
from domain.consent.roles import AdmittedCast, Role, brief_key, speakers
from domain.consent.situations import Held
from domain.consent.world import World
from domain.generation.brief import Brief
from domain.kernel.ports import EventCodec, EventLog


class Calling:
    """Looks handles up, now or as they were when something was decided before."""

    def __init__(self, log: EventLog, codec: EventCodec, desk: ConsentDesk) -> None:
        self._log, self._codec, self._desk = log, codec, desk

    async def found(
        self, brief: Brief, position: int | None
    ) -> tuple[dict[str, str], list[CalledUnknown]]:
        """The cameos behind the handles, and those behind which there is none, by their places."""
        found: dict[str, str] = {}
        missing: dict[str, CalledUnknown] = {}
        for shot, handles in enumerate(brief.called, 1):
            for place, handle in enumerate(handles, 1):
                if handle in found or handle in missing:
                    continue
                cameo_id = await self.behind(handle, position)
                if cameo_id is None:
                    where = f"It is number {place} of those in shot {shot}."
                    missing[handle] = CalledUnknown(where)
                else:
                    found[handle] = cameo_id
        return found, list(missing.values())

    async def cast(
        self, brief: Brief, found: dict[str, str], caster_id: str, before: CastingDecided | None
    ) -> AdmittedCast:
        """The cast of those who were found: their newest versions, or those decided before.

        Raises CastTooLarge.
        """
        if len(set(found.values())) > CAST_MAX:
            raise CastTooLarge(f"{CAST_MAX} is the most.")
        world = await self._desk.world(found.values(), caster_id, position_of(before))
        decided = before.decision.verdicts if before else ()
        versions = {each.cameo_id: each.version for each in decided}
        heard = speakers(brief)
        roles = tuple(
            Role(
                handle=handle,
                cameo_id=cameo_id,
                version=versions.get(cameo_id) or newest(world, cameo_id),
                owner_id=owner_of(world, cameo_id),
                speaks=handle in heard,
            )
            for handle, cameo_id in found.items()
        )
        key = before.plan_key if before else brief_key(brief)
        return AdmittedCast(roles=roles, plan_key=key, position=world.position)

    async def behind(self, handle: str, position: int | None = None) -> str | None:
        """The cameo that a handle calls, now or at an earlier position."""
        try:
            stream = HANDLE.stream(handle_key(handle))
            recorded = await self._log.read_stream(stream)
            told = (each for each in recorded if position is None or each.position <= position)
            state = HANDLE.fold(of_type(HandleEvent, self._codec.decode(each)) for each in told)
            return require_borne(state, handle).cameo_id
        except (HandleUnknown, HandleUnusable):
            return None


def position_of(before: CastingDecided | None) -> int | None:
    """Where in the log a decision was made; None for now."""
    return before.decision.position if before else None


def newest(world: World, cameo_id: str) -> int:
    """The version that new work casts; 1 where there is none, which the check then refuses."""
    cameo = world.cameo(cameo_id)
    return cameo.newest if isinstance(cameo, Castable) else 1


def owner_of(world: World, cameo_id: str) -> str | None:
    """Who holds a cameo's consent, if anybody does."""
    consent = world.consent(cameo_id)
    return consent.owner_id if isinstance(consent, Held) else None
