"""What may happen to a consent: only its owner changes it, and each admission reserves a use."""

from __future__ import annotations

from typing import Final

from domain.consent.commands import (
    ApproveCaster,
    ChangeLimits,
    ChangeTier,
    ConsentCommand,
    DeclineChange,
    DenyCaster,
    OpenConsent,
    OwnersCommand,
    ReleaseUse,
    RemoveApproval,
    RemoveDenial,
    ReserveUse,
    RestatePreferences,
    RestoreConsent,
    RevokeConsent,
)
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
from domain.consent.preferences import Preferences, plain
from domain.consent.refusals import (
    BudgetExhausted,
    CasterIsOwner,
    ConsentIsRevoked,
    ConsentMoved,
    ConsentOfAnother,
    ConsentUnknown,
    ExpiryOutOfRange,
    ListFull,
    TierNotForMinors,
    UseOfAnother,
)
from domain.consent.situations import Consent, Held, Unopened, Use, evolve
from domain.consent.terms import (
    DEFAULT_TIER,
    LISTED_MAX,
    YEARS_MAX,
    Limits,
    a_year_after,
    years_after,
)
from domain.kernel.decider import Decider

DECLINED_MAX: Final = 20
"""So many refused changes are written down between two that are made."""


def decide(command: ConsentCommand, state: Consent) -> list[ConsentEvent]:
    """The events that follow from a command, none when it is so already, or a refusal."""
    match command, state:
        case OpenConsent(), Unopened():
            return [_open(command)]
        case OpenConsent(), Held():
            if command.owner_id != state.owner_id:
                raise ConsentOfAnother
            return []
        case _, Unopened():
            raise ConsentUnknown
        case ReserveUse(), Held():
            return _reserve(command, state)
        case ReleaseUse(), Held():
            return _release(command, state)
        case OwnersCommand(), Held():
            if command.account_id != state.owner_id:
                raise ConsentOfAnother
            return _change(command, state)
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _open(command: OpenConsent) -> ConsentOpened:
    return ConsentOpened(
        at=command.at,
        cameo_id=command.cameo_id,
        owner_id=command.owner_id,
        kind=command.kind,
        tier=DEFAULT_TIER,
        limits=Limits(expires_at=a_year_after(command.at)),
        revision=1,
    )


def _change(command: OwnersCommand, state: Held) -> list[ConsentEvent]:
    at, cameo, revision = command.at, state.cameo_id, state.revision + 1
    match command:
        case ApproveCaster() | RemoveApproval() | DenyCaster() | RemoveDenial():
            return _list(command, state)
        case ChangeTier():
            return _change_tier(command, state)
        case ChangeLimits():
            return _change_limits(command, state)
        case RestatePreferences():
            return _restate(command, state)
        case DeclineChange():
            return _decline(command, state)
        case RevokeConsent() if not state.revoked:
            return [ConsentRevoked(at=at, cameo_id=cameo, reason=command.reason, revision=revision)]
        case RestoreConsent() if state.revoked:
            expires_at = max(a_year_after(at), state.limits.expires_at)
            return [
                ConsentRestored(at=at, cameo_id=cameo, expires_at=expires_at, revision=revision)
            ]
    return []


def _change_tier(command: ChangeTier, state: Held) -> list[ConsentEvent]:
    wide = command.tier in ("mutuals", "everyone")
    if wide and state.kind == "person" and command.age_band != "adult":
        raise TierNotForMinors
    if command.tier == state.tier:
        return []
    return [
        TierChanged(
            at=command.at,
            cameo_id=state.cameo_id,
            tier=command.tier,
            revision=state.revision + 1,
        )
    ]


def _list(
    command: ApproveCaster | RemoveApproval | DenyCaster | RemoveDenial, state: Held
) -> list[ConsentEvent]:
    at, cameo, caster = command.at, state.cameo_id, command.caster_id
    revision, approved = state.revision + 1, caster in state.approved
    denied = caster in state.denied
    if caster == state.owner_id:
        raise CasterIsOwner
    match command:
        case ApproveCaster() if not approved:
            _room_in(state.approved)
            return [CasterApproved(at=at, cameo_id=cameo, caster_id=caster, revision=revision)]
        case RemoveApproval() if approved:
            return [ApprovalRemoved(at=at, cameo_id=cameo, caster_id=caster, revision=revision)]
        case DenyCaster() if not denied:
            _room_in(state.denied)
            return [CasterDenied(at=at, cameo_id=cameo, caster_id=caster, revision=revision)]
        case RemoveDenial() if denied:
            return [DenialRemoved(at=at, cameo_id=cameo, caster_id=caster, revision=revision)]
    return []


def _room_in(listed: frozenset[str]) -> None:
    if len(listed) >= LISTED_MAX:
        raise ListFull(f"It holds {LISTED_MAX}.")


def _change_limits(command: ChangeLimits, state: Held) -> list[ConsentEvent]:
    if command.limits == state.limits:
        return []
    if not command.at < command.limits.expires_at <= years_after(command.at, YEARS_MAX):
        raise ExpiryOutOfRange
    return [
        LimitsChanged(
            at=command.at,
            cameo_id=state.cameo_id,
            limits=command.limits,
            revision=state.revision + 1,
        )
    ]


def _restate(command: RestatePreferences, state: Held) -> list[ConsentEvent]:
    wishes = plain(command.wishes)
    if wishes == state.preferences.wishes:
        return []
    version = state.preferences.version + 1
    preferences = Preferences(version=version, wishes=wishes, salt=command.salt)
    return [
        PreferencesRestated(
            at=command.at,
            cameo_id=state.cameo_id,
            preferences=preferences,
            sha256=preferences.sha256,
            revision=state.revision + 1,
        )
    ]


def _decline(command: DeclineChange, state: Held) -> list[ConsentEvent]:
    """Kept as evidence; after twenty, more of the same tells nothing new."""
    if state.declined >= DECLINED_MAX:
        return []
    return [
        ChangeDeclined(
            at=command.at,
            cameo_id=state.cameo_id,
            setting=command.setting,
            reason=command.reason,
        )
    ]


def _reserve(command: ReserveUse, state: Held) -> list[ConsentEvent]:
    """The budget is counted here, in the stream itself: races are decided by its revision."""
    use = Use(command.caster_id, command.version, command.rule, command.rule != "self", state.epoch)
    held = state.uses.get(command.generation_id)
    if held and (held.caster_id, held.version) != (use.caster_id, use.version):
        raise UseOfAnother
    if state.revoked or (held and state.ended(held)):
        raise ConsentIsRevoked
    if held:
        return []
    if command.revision != state.revision:
        raise ConsentMoved
    if use.counted and not state.has_room:
        raise BudgetExhausted(f"{state.limits.uses_max} were allowed.")
    return [
        UseReserved(
            at=command.at,
            cameo_id=state.cameo_id,
            generation_id=command.generation_id,
            caster_id=use.caster_id,
            version=use.version,
            rule=use.rule,
            counted=use.counted,
            revision=command.revision,
            position=command.position,
        )
    ]


def _release(command: ReleaseUse, state: Held) -> list[ConsentEvent]:
    if command.generation_id not in state.uses:
        return []
    return [
        UseReleased(
            at=command.at,
            cameo_id=state.cameo_id,
            generation_id=command.generation_id,
            reason=command.reason,
        )
    ]


CONSENT: Final = Decider[ConsentCommand, Consent, ConsentEvent](
    "consent", Unopened(), decide, evolve
)
