"""Whether somebody may ask for an approval by name at all.

Who is refused hears only that no requests are taken from them: not that they are blocked or
denied. Under 18, on either side, only mutuals may ask for a person, so that nobody under age is
written to by strangers.
"""

from __future__ import annotations

from domain.account.relations import mutual
from domain.cameo.cameo import Castable
from domain.consent.situations import Held
from domain.consent.world import World
from domain.kernel.errors import Refusal


class AskingClosed(Refusal):
    """The owner of this cameo takes no requests from this account."""

    code = "asking-closed"
    stage = "asking"
    next_step = "Choose another cast."


class AskNotNeeded(Refusal):
    """This account is approved by name already."""

    code = "ask-not-needed"
    stage = "asking"
    next_step = "Cast the cameo; a check names what else refuses."


def require_may_ask(world: World, cameo_id: str, caster_id: str) -> Held:
    """The consent that is asked for. Raises ``AskingClosed`` or ``AskNotNeeded``."""
    consent = world.consent(cameo_id)
    if not isinstance(consent, Held) or not isinstance(world.cameo(cameo_id), Castable):
        raise AskingClosed
    caster, owner = world.relations(caster_id), world.relations(consent.owner_id)
    blocked = consent.owner_id in caster.blocks or caster_id in owner.blocks
    if blocked or caster_id in consent.denied or consent.revoked or consent.tier == "only-me":
        raise AskingClosed
    if "under_13" in (caster.age_band, owner.age_band):
        raise AskingClosed
    of_age = consent.kind != "person" or (caster.adult and owner.adult)
    if not of_age and not mutual(caster_id, caster, consent.owner_id, owner):
        raise AskingClosed
    if caster_id in consent.approved:
        raise AskNotNeeded
    return consent
