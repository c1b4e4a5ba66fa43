"""How each person of a cast is to be portrayed: their own wishes, merged on the server.

The wishes travel beside the caster's prompt and never inside it: a sampler takes them as
conditions, what is wanted and what is not. The caster neither sees them nor can take them out,
because they come from the log and the plan carries their hash.
"""

from __future__ import annotations

from typing import Annotated

from domain.consent.plan import CastPlan
from domain.consent.situations import Held
from domain.consent.world import World
from domain.kernel.ids import CameoId
from domain.kernel.model import Personal, Value

Things = Annotated[tuple[str, ...], Personal()]


class Portrayal(Value):
    """One person's wishes, and the version and hash under which plan and receipt name them."""

    cameo_id: CameoId
    version: int
    preferences_version: int
    preferences_sha256: str | None
    always: Things = ()
    never: Things = ()


def portrayals(world: World, plan: CastPlan) -> tuple[Portrayal, ...]:
    """The wishes of everybody in the cast, in its order; of somebody unknown there are none."""
    found = []
    for member in plan.cast:
        consent = world.consent(member.cameo_id)
        if isinstance(consent, Held):
            wishes = consent.preferences.wishes
            portrayal = Portrayal(
                cameo_id=member.cameo_id,
                version=member.version,
                preferences_version=consent.preferences.version,
                preferences_sha256=consent.preferences_sha256,
                always=tuple(each.thing for each in wishes if each.kind == "always"),
                never=tuple(each.thing for each in wishes if each.kind == "never"),
            )
            found.append(portrayal)
    return tuple(found)
