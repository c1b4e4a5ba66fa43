"""Consent: the owner's settings, and the dry run that says what admission would say."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import ValidationError

from activities.ledger import Decision, Guard
from domain.account.relating import RELATIONS
from domain.consent.commands import (
    ApproveCaster,
    ChangeLimits,
    ChangeTier,
    DeclineChange,
    DenyCaster,
    OwnersCommand,
    RemoveApproval,
    RemoveDenial,
    RestatePreferences,
    RestoreConsent,
    RevokeConsent,
)
from domain.consent.decider import CONSENT
from domain.consent.preferences import Preference, PreferenceUnusable
from domain.consent.refusals import (
    CasterIsOwner,
    ConsentMoved,
    ConsentUnknown,
    ExpiryOutOfRange,
    ListFull,
    TierNotForMinors,
    TierUnknown,
)
from domain.consent.situations import Consent, Held
from domain.consent.terms import Limits, Setting, tier_named
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, CameoId
from infra.api.auth import Account, Client, KeyRequired
from infra.api.consent_views import (
    ConsentView,
    LimitsRequest,
    PreferencesRequest,
    RevocationRequest,
    TierRequest,
    shown,
)
from infra.api.deciding import decide, held_to, standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.problems import Trouble
from infra.api.validation import invalid

router = APIRouter(
    prefix="/v1/cameos/{cameo_id}/consent", tags=["consent"], dependencies=[KeyRequired]
)

_ON_RECORD: Final[Mapping[str, Setting]] = MappingProxyType(
    {
        TierUnknown.code: "tier",
        TierNotForMinors.code: "tier",
        ExpiryOutOfRange.code: "limits",
        PreferenceUnusable.code: "preferences",
        CasterIsOwner.code: "lists",
        ListFull.code: "lists",
    }
)
"""Refused changes that the log keeps, and which setting they were about."""

_ETAG: Final = re.compile(r'^"(\d{1,15})"$')

IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the settings that you have read. When they have changed since, "
        "the request is refused and nothing changes.",
        examples=['"3"'],
    ),
]


async def own_consent(request: Request, account: Account, cameo_id: CameoId) -> Held:
    """The consent of one's own cameo; another's is as unknown as one that never was."""
    state = await standing(doors_of(request), CONSENT, cameo_id)
    if not isinstance(state, Held) or state.owner_id != account:
        raise Trouble.refused(ConsentUnknown())
    return state


OwnConsent = Annotated[Held, Depends(own_consent)]
_PROBLEMS: Final = problems(403, 404, 409, 412, 422, 503)
_WITH_BODY: Final = problems(403, 404, 409, 412, 422, 503, body=True)


@dataclass(frozen=True)
class Change:
    """A change of one's own settings: who asks for it, and at which revision."""

    doors: Doors
    response: Response
    client: str
    consent: Held
    if_match: str | None

    @property
    def asked(self) -> dict[str, Any]:
        """What every command of an owner says."""
        return {
            "command_id": self.doors.draw("cmd"),
            "at": self.doors.clock(),
            "account_id": self.consent.owner_id,
        }

    async def made(self, command: OwnersCommand, *guards: Guard) -> ConsentView:
        """Carry it out at the revision that was read, where one was named.

        A change that cannot be is refused, and that it was asked for is kept without its words.
        """
        decider = held_to(CONSENT, _at_revision(self.if_match))
        try:
            state = await self._decided(decider, command, *guards)
        except Trouble as refused:
            await self._recorded(refused)
            raise
        return shown(self.response, state)

    async def refused(self, refusal: Refusal) -> Trouble:
        """The document of what the door itself refuses, once that is on record."""
        trouble = Trouble.refused(refusal)
        await self._recorded(trouble)
        return trouble

    async def _recorded(self, refused: Trouble) -> None:
        if setting := _ON_RECORD.get(refused.code):
            decline = DeclineChange(**self.asked, setting=setting, reason=refused.code)
            await self._decided(CONSENT, decline)

    async def _decided(
        self, decider: Decider[Any, Any, Any], command: OwnersCommand, *guards: Guard
    ) -> Held:
        cameo_id = self.consent.cameo_id
        decisions = [Decision(decider, cameo_id, command)]
        about = f"consent/{cameo_id}"
        performed = await decide(self.doors, self.client, about, decisions, guards)
        held: Held = performed.states[0]
        return held


async def at_once(
    request: Request, response: Response, client: Client, consent: OwnConsent
) -> Change:
    """A change that holds whatever the revision is."""
    return Change(doors_of(request), response, client, consent, None)


async def as_read(
    request: Request,
    response: Response,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> Change:
    """A change of what was read."""
    return Change(doors_of(request), response, client, consent, if_match)


AtOnce = Annotated[Change, Depends(at_once)]
AsRead = Annotated[Change, Depends(as_read)]


@router.get("", responses=problems(403, 404, 422, 503), summary="Read your settings")
async def read_consent(response: Response, consent: OwnConsent) -> ConsentView:
    """The settings of the acting account's cameo. Casters are never shown them."""
    return shown(response, consent)


@router.put("/tier", responses=_WITH_BODY, summary="Say who may cast")
async def change_tier(body: TierRequest, change: AsRead) -> ConsentView:
    """Only me, people I approve, mutuals, or everyone."""
    try:
        tier = tier_named(body.tier)
    except TierUnknown as unknown:
        raise await change.refused(unknown) from None
    owner_id = change.consent.owner_id
    age_band = (await standing(change.doors, RELATIONS, owner_id)).age_band

    def same_age(state: Any) -> None:
        if state.age_band != age_band:
            raise ConsentMoved

    command = ChangeTier(**change.asked, tier=tier, age_band=age_band)
    return await change.made(command, Guard(RELATIONS, owner_id, same_age))


@router.put("/limits", responses=_WITH_BODY, summary="Set limits")
async def change_limits(body: LimitsRequest, change: AsRead) -> ConsentView:
    """Expiry, budget, scenes and topics that are refused, face, voice, surfaces, territories."""
    try:
        limits = Limits.model_validate(body.model_dump())
    except ValidationError as wrong:
        raise invalid(wrong.errors(include_url=False, include_input=False)) from None
    return await change.made(ChangeLimits(**change.asked, limits=limits))


@router.put("/preferences", responses=_WITH_BODY, summary="Say how you are portrayed")
async def restate_preferences(body: PreferencesRequest, change: AsRead) -> ConsentView:
    """Merged on the server into every plan that casts you; no prompt shows or overrides them."""
    wishes = tuple(Preference(kind=each.kind, thing=each.thing) for each in body.wishes)
    salt = secrets.token_hex(32)
    return await change.made(RestatePreferences(**change.asked, wishes=wishes, salt=salt))


@router.put("/approved/{caster_id}", responses=_PROBLEMS, summary="Approve somebody")
async def approve_caster(caster_id: AccountId, change: AsRead) -> ConsentView:
    """Let one account cast the cameo; a denial of it ends."""
    return await change.made(ApproveCaster(**change.asked, caster_id=caster_id))


@router.delete("/approved/{caster_id}", responses=_PROBLEMS, summary="Take an approval back")
async def remove_approval(caster_id: AccountId, change: AsRead) -> ConsentView:
    """Take an approval back."""
    return await change.made(RemoveApproval(**change.asked, caster_id=caster_id))


@router.put("/denied/{caster_id}", responses=_PROBLEMS, summary="Deny somebody")
async def deny_caster(caster_id: AccountId, change: AsRead) -> ConsentView:
    """Never let one account cast the cameo, whatever the tier; an approval of it ends."""
    return await change.made(DenyCaster(**change.asked, caster_id=caster_id))


@router.delete("/denied/{caster_id}", responses=_PROBLEMS, summary="Take a denial back")
async def remove_denial(caster_id: AccountId, change: AsRead) -> ConsentView:
    """Take a denial back."""
    return await change.made(RemoveDenial(**change.asked, caster_id=caster_id))


@router.post("/revoke", responses=_WITH_BODY, summary="Revoke")
async def revoke_consent(body: RevocationRequest, change: AtOnce) -> ConsentView:
    """Stop everything: what runs, and what would be admitted or published. It needs no ETag."""
    return await change.made(RevokeConsent(**change.asked, reason=body.reason))


@router.post("/restore", responses=_PROBLEMS, summary="Restore")
async def restore_consent(change: AsRead) -> ConsentView:
    """Let the settings hold again for twelve months; what was admitted before stays ended."""
    return await change.made(RestoreConsent(**change.asked))


def _at_revision(if_match: str | None) -> Callable[[Consent], None]:
    if if_match is None:
        return lambda _: None
    found = _ETAG.match(if_match)
    if found is None:
        raise Trouble("precondition-malformed")
    revision = int(found.group(1))

    def require(state: Consent) -> None:
        if not isinstance(state, Held) or state.revision != revision:
            raise ConsentMoved

    return require
