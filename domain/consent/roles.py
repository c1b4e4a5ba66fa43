"""Roles: who was admitted to play in a generation, under which handle and in which version.

A generation keeps the versions that it was admitted with, whatever is retaken later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.consent.check import CameoVerdict
from domain.consent.plan import CastMember, CastPlan
from domain.consent.scenes import spoken_of
from domain.consent.situations import Held
from domain.consent.wording import goes_against
from domain.consent.world import World
from domain.generation.brief import Brief, Handle
from domain.kernel.canonical import canonical_json
from domain.kernel.ids import AccountId, CameoId
from domain.kernel.model import Value


class Role(Value):
    """One member of the cast. ``speaks`` says whether lines are spoken in its voice.

    ``owner_id`` is whose cameo it is, where somebody holds its consent.
    """

    handle: Annotated[Handle, Field(repr=False)]
    cameo_id: CameoId
    version: Annotated[int, Field(ge=1)]
    owner_id: AccountId | None = None
    speaks: bool = False


class AdmittedCast(Value):
    """A cast that was admitted as a whole, for the plan of this key, at a position of the log."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    plan_key: str
    position: Annotated[int, Field(ge=0)]

    @property
    def cameo_ids(self) -> tuple[str, ...]:
        """The cameos, each once."""
        return tuple(dict.fromkeys(each.cameo_id for each in self.roles))

    def of_shot(self, handles: tuple[str, ...]) -> tuple[Role, ...]:
        """The roles of those whom a shot casts, in its order."""
        by_handle = {each.handle: each for each in self.roles}
        return tuple(by_handle[each] for each in handles if each in by_handle)


def plan_key(brief: Brief, verdicts: Iterable[CameoVerdict]) -> str:
    """What a plan's admission is recorded under, in hex: the SHA-256 of its brief and its cast.

    The cast are the cameos with their versions and the hashes of the wishes that are merged. What
    was admitted before casts were in it keeps the brief's own key (``brief_key``).
    """
    cast = [[each.cameo_id, each.version, each.preferences_sha256] for each in verdicts]
    content = {"brief": brief_key(brief), "cast": cast}
    return hashlib.sha256(canonical_json(content)).hexdigest()


def brief_key(brief: Brief) -> str:
    """The SHA-256 of a brief's canonical JSON, in hex."""
    content = brief.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def speakers(brief: Brief) -> frozenset[str]:
    """Whose voice is heard somewhere in the story."""
    return frozenset(
        line.speaker for shot in brief.shots for line in shot.lines if line.speaker is not None
    )


def cast_plan(
    cast: AdmittedCast,
    brief: Brief,
    generation_id: str,
    caster_id: str,
    at: datetime,
    world: World,
) -> CastPlan:
    """The generation as the consent check sees it. It is posted at the surface of its brief.

    Of scenes and topics, those that an owner in this world refuses are looked for in its words.
    """
    members: dict[str, CastMember] = {}
    for role in cast.roles:
        before = members.get(role.cameo_id)
        members[role.cameo_id] = CastMember(
            cameo_id=role.cameo_id,
            version=role.version,
            voice=role.speaks or (before is not None and before.voice),
            against_wishes=_against_wishes(role, brief, world)
            or (before is not None and before.against_wishes),
        )
    limits = [each.limits for each in world.consents.values() if isinstance(each, Held)]
    text = words_of(brief)
    return CastPlan(
        generation_id=generation_id,
        caster_id=caster_id,
        plan_key=cast.plan_key,
        cast=tuple(members.values()),
        at=at,
        destination=brief.destination,
        scenes=spoken_of(text, {label for each in limits for label in each.refused_scenes}),
        topics=spoken_of(text, {label for each in limits for label in each.refused_topics}),
        surface=brief.surface,
    )


def _against_wishes(role: Role, brief: Brief, world: World) -> bool:
    """Whether the words of the shots that cast somebody go against their owner's wishes."""
    consent = world.consent(role.cameo_id)
    if not isinstance(consent, Held):
        return False
    shots = [
        shot
        for shot, called in zip(brief.shots, brief.called, strict=True)
        if role.handle in called
    ]
    spoken = (line.text for shot in shots for line in shot.lines)
    return goes_against(consent.preferences, (shot.prompt for shot in shots), spoken)


def words_of(brief: Brief) -> str:
    """Everything that a brief says, as one text."""
    said = (line.text for shot in brief.shots for line in shot.lines)
    return "\n".join((brief.prompt, *(shot.prompt for shot in brief.shots), *said))
