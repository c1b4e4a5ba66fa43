"""The situations that a consent can be in, and how each event moves it on.

Its stream is ``consent-cam_...``. Whether it has expired depends on when one asks, so that is no
situation of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.cameo.release import Kind
from domain.consent.events import (
    ApprovalRemoved,
    CasterApproved,
    CasterDenied,
    ChangeDeclined,
    ConsentEvent,
    ConsentOpened,
    ConsentRestored,
    ConsentRevoked,
    DenialRemoved,
    LimitsChanged,
    PreferencesRestated,
    TierChanged,
    UseReleased,
    UseReserved,
)
from domain.consent.preferences import NO_PREFERENCES, Preferences
from domain.consent.terms import Limits, Rule, Tier
from domain.kernel.persistent import PersistentMap


@dataclass(frozen=True)
class Unopened:
    """Nobody holds this consent."""


@dataclass(frozen=True)
class Use:
    """A generation that was admitted: for whom, of which version, and whether it counts.

    ``epoch`` is how often the consent had been revoked by then; one more, and the use is over.
    ``preferences_version`` and ``preferences_sha256`` name the wishes that held then: these are
    merged into what is sampled, whatever is wished later.
    """

    caster_id: str
    version: int
    rule: Rule
    counted: bool
    epoch: int
    preferences_version: int = 0
    preferences_sha256: str | None = None


NO_USES: PersistentMap[Use] = PersistentMap()


@dataclass(frozen=True)
class Held:
    """The owner holds the consent. ``used`` is how many uses count against the budget.

    ``declined`` is how many changes were refused since the last that was made.
    """

    cameo_id: str
    owner_id: str
    kind: Kind
    tier: Tier
    limits: Limits
    revision: int
    preferences: Preferences = NO_PREFERENCES
    preferences_sha256: str | None = None
    approved: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    revoked: bool = False
    epoch: int = 0
    uses: PersistentMap[Use] = NO_USES
    used: int = 0
    declined: int = 0

    @property
    def has_room(self) -> bool:
        """Whether one more use fits the budget."""
        return self.limits.uses_max is None or self.used < self.limits.uses_max

    def ended(self, use: Use) -> bool:
        """Whether the consent was revoked after the use was admitted."""
        return use.epoch != self.epoch


Consent = Unopened | Held


def evolve(state: Consent, event: ConsentEvent) -> Consent:
    """The situation after one more event. It never refuses: what happened, happened."""
    if isinstance(event, ConsentOpened):
        return Held(
            event.cameo_id, event.owner_id, event.kind, event.tier, event.limits, event.revision
        )
    if isinstance(state, Unopened):
        raise ValueError(f"{type(event).__name__} cannot be the first event of a consent")
    if isinstance(event, UseReserved | UseReleased):
        return _counted(state, event)
    if isinstance(event, ChangeDeclined):
        return replace(state, declined=state.declined + 1)
    return replace(_changed(state, event), revision=event.revision, declined=0)


def _counted(state: Held, event: UseReserved | UseReleased) -> Held:
    match event:
        case UseReserved():
            use = Use(
                event.caster_id,
                event.version,
                event.rule,
                event.counted,
                state.epoch,
                state.preferences.version,
                state.preferences_sha256,
            )
            uses = state.uses.having(event.generation_id, use)
            return replace(state, uses=uses, used=state.used + event.counted)
        case UseReleased():
            released = state.uses.get(event.generation_id)
            if released is None:
                return state
            uses = state.uses.without(event.generation_id)
            return replace(state, uses=uses, used=state.used - released.counted)


_Changing = (
    TierChanged
    | CasterApproved
    | ApprovalRemoved
    | CasterDenied
    | DenialRemoved
    | LimitsChanged
    | PreferencesRestated
    | ConsentRevoked
    | ConsentRestored
)


def _changed(state: Held, event: _Changing) -> Held:
    match event:
        case TierChanged():
            return replace(state, tier=event.tier)
        case CasterApproved(caster_id=caster):
            return replace(
                state, approved=state.approved | {caster}, denied=state.denied - {caster}
            )
        case ApprovalRemoved(caster_id=caster):
            return replace(state, approved=state.approved - {caster})
        case CasterDenied(caster_id=caster):
            return replace(
                state, approved=state.approved - {caster}, denied=state.denied | {caster}
            )
        case DenialRemoved(caster_id=caster):
            return replace(state, denied=state.denied - {caster})
        case LimitsChanged():
            return replace(state, limits=event.limits)
        case PreferencesRestated():
            named = event.sha256 if event.preferences.wishes else None
            return replace(state, preferences=event.preferences, preferences_sha256=named)
        case ConsentRevoked():
            # what was admitted before may not go on, even when the consent is restored
            return replace(state, revoked=True, epoch=state.epoch + 1)
        case ConsentRestored():
            limits = state.limits.model_copy(update={"expires_at": event.expires_at})
            return replace(state, revoked=False, limits=limits)
