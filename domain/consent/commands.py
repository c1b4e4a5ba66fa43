"""What can be asked of a consent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.account.relations import AgeBand
from domain.cameo.release import Kind
from domain.consent.preferences import PREFERENCES_MAX, Preference, Salt
from domain.consent.terms import Limits, Rule, Setting, Tier
from domain.kernel.ids import AccountId, CameoId, GenerationId
from domain.kernel.model import Command

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,59}$")]


class OpenConsent(Command):
    """Give the owner of a cameo its consent to hold: only me, for twelve months."""

    cameo_id: CameoId
    owner_id: AccountId
    kind: Kind


class OwnersCommand(Command):
    """Something that only the owner may ask; ``account_id`` is who asks."""

    account_id: AccountId


class ChangeTier(OwnersCommand):
    """Let another circle of people cast the cameo.

    ``age_band`` is what the owner's relations say; the caller guards that stream.
    """

    tier: Tier
    age_band: AgeBand | None


class ApproveCaster(OwnersCommand):
    """Let one account cast the cameo."""

    caster_id: AccountId


class RemoveApproval(OwnersCommand):
    """Take an approval back."""

    caster_id: AccountId


class DenyCaster(OwnersCommand):
    """Never let one account cast the cameo."""

    caster_id: AccountId


class RemoveDenial(OwnersCommand):
    """Take a denial back."""

    caster_id: AccountId


class ChangeLimits(OwnersCommand):
    """Hold the consent to these limits."""

    limits: Limits


class RestatePreferences(OwnersCommand):
    """Say anew how I am to be portrayed; replaces what was said before.

    ``salt`` is random: with it the words cannot be guessed from their hash.
    """

    salt: Salt
    wishes: Annotated[tuple[Preference, ...], Field(max_length=PREFERENCES_MAX)]


class RevokeConsent(OwnersCommand):
    """Stop everything: what runs, and what would be admitted or published."""

    reason: Code


class RestoreConsent(OwnersCommand):
    """Let the terms hold again, for another twelve months."""


class DeclineChange(OwnersCommand):
    """Write down that a change was refused, and why: the refusal's code, never what was asked."""

    setting: Setting
    reason: Code


class ReserveUse(Command):
    """Admit a generation as ``check`` decided: under which rule, and what it had seen.

    ``revision`` is the consent's revision that was judged; it must still be the newest.
    """

    generation_id: GenerationId
    caster_id: AccountId
    version: Annotated[int, Field(ge=1)]
    rule: Rule
    revision: Annotated[int, Field(ge=1)]
    position: Annotated[int, Field(ge=0)]


class ReleaseUse(Command):
    """Give a use back, because its generation failed or was cancelled."""

    generation_id: GenerationId
    reason: Code


ConsentCommand = (
    OpenConsent
    | ChangeTier
    | ApproveCaster
    | RemoveApproval
    | DenyCaster
    | RemoveDenial
    | ChangeLimits
    | RestatePreferences
    | RevokeConsent
    | RestoreConsent
    | DeclineChange
    | ReserveUse
    | ReleaseUse
)
