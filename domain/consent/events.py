"""What happens to a consent, with the names that the log keeps.

Every change of the terms carries the ``revision`` that it made, counted from 1. Uses change no
terms: they carry the revision under which they were decided. Nor does a change that was refused.
"""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime

from domain.cameo.release import Kind
from domain.consent.preferences import Preferences
from domain.consent.terms import Limits, Rule, Setting, Tier
from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId, CameoId, GenerationId
from domain.kernel.model import Event


class ConsentOpened(Event):
    """The owner of a cameo holds its consent: only me, for twelve months, until changed."""

    cameo_id: CameoId
    owner_id: AccountId
    kind: Kind
    tier: Tier
    limits: Limits
    revision: int


class TierChanged(Event):
    """Another circle of people may cast the cameo."""

    cameo_id: CameoId
    tier: Tier
    revision: int


class CasterApproved(Event):
    """One account may cast the cameo by name; a denial of it ends."""

    cameo_id: CameoId
    caster_id: AccountId
    revision: int


class ApprovalRemoved(Event):
    """One account is no longer approved by name."""

    cameo_id: CameoId
    caster_id: AccountId
    revision: int


class CasterDenied(Event):
    """One account may not cast the cameo, whatever the tier; an approval of it ends."""

    cameo_id: CameoId
    caster_id: AccountId
    revision: int


class DenialRemoved(Event):
    """One account is no longer denied by name."""

    cameo_id: CameoId
    caster_id: AccountId
    revision: int


class LimitsChanged(Event):
    """Other limits hold from now on."""

    cameo_id: CameoId
    limits: Limits
    revision: int


class PreferencesRestated(Event):
    """Other preferences are merged into plans from now on; ``sha256`` names them in plans."""

    cameo_id: CameoId
    preferences: Preferences
    sha256: str
    revision: int


class ConsentRevoked(Event):
    """Nobody may cast the cameo; every use that was admitted before ends here."""

    cameo_id: CameoId
    reason: str
    revision: int


class ConsentRestored(Event):
    """The terms hold again, for what is admitted from now on."""

    cameo_id: CameoId
    expires_at: AwareDatetime
    revision: int


class ChangeDeclined(Event):
    """The owner asked for a change that cannot be; the terms are as they were."""

    cameo_id: CameoId
    setting: Setting
    reason: str


class UseReserved(Event):
    """A generation was admitted; unless its caster is the owner, it counts against the budget."""

    cameo_id: CameoId
    generation_id: GenerationId
    caster_id: AccountId
    version: int
    rule: Rule
    counted: bool
    revision: int
    position: int


class UseReleased(Event):
    """A generation that was admitted failed or was cancelled; it no longer counts."""

    cameo_id: CameoId
    generation_id: GenerationId
    reason: str


ConsentEvent = (
    ConsentOpened
    | TierChanged
    | CasterApproved
    | ApprovalRemoved
    | CasterDenied
    | DenialRemoved
    | LimitsChanged
    | PreferencesRestated
    | ConsentRevoked
    | ConsentRestored
    | ChangeDeclined
    | UseReserved
    | UseReleased
)

CATALOG: Final = Catalog()
CATALOG.register(ConsentOpened, "consent-opened.v1")
CATALOG.register(TierChanged, "consent-tier-changed.v1")
CATALOG.register(CasterApproved, "consent-caster-approved.v1")
CATALOG.register(ApprovalRemoved, "consent-approval-removed.v1")
CATALOG.register(CasterDenied, "consent-caster-denied.v1")
CATALOG.register(DenialRemoved, "consent-denial-removed.v1")
CATALOG.register(LimitsChanged, "consent-limits-changed.v1")
CATALOG.register(PreferencesRestated, "consent-preferences-restated.v1")
CATALOG.register(ConsentRevoked, "consent-revoked.v1")
CATALOG.register(ConsentRestored, "consent-restored.v1")
CATALOG.register(ChangeDeclined, "consent-change-declined.v1")
CATALOG.register(UseReserved, "consent-use-reserved.v1")
CATALOG.register(UseReleased, "consent-use-released.v1")
