"""Consent: the owner's settings, and the dry run that says what admission would say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import ValidationError

from activities.ledger import Decision, Guard
from domain.account.relating import RELATIONS
from domain.consent.commands import (
    ApproveCaster,
    ChangeLimits,
    ChangeTier,
    ConsentCommand,
    DenyCaster,
    RemoveApproval,
    RemoveDenial,
    RestatePreferences,
    RestoreConsent,
    RevokeConsent,
)
from domain.consent.decider import CONSENT
from domain.consent.preferences import Preference
from domain.consent.refusals import ConsentMoved, ConsentUnknown
from domain.consent.situations import Consent, Held
from domain.consent.terms import Limits
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


@router.get("", responses=problems(403, 404, 422, 503), summary="Read your settings")
async def read_consent(response: Response, consent: OwnConsent) -> ConsentView:
    """The settings of the acting account's cameo. Casters are never shown them."""
    return shown(response, consent)


@router.put("/tier", responses=_WITH_BODY, summary="Say who may cast")
async def change_tier(
    request: Request,
    response: Response,
    body: TierRequest,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Only me, people I approve, mutuals, or everyone."""
    doors = doors_of(request)
    relations = await standing(doors, RELATIONS, consent.owner_id)

    def same_age(state: Any) -> None:
        if state.age_band != relations.age_band:
            raise ConsentMoved

    return await _change(
        doors,
        response,
        client,
        consent,
        if_match,
        ChangeTier(**_asked(doors, consent), tier=body.tier, age_band=relations.age_band),
        [Guard(RELATIONS, consent.owner_id, same_age)],
    )


@router.put("/limits", responses=_WITH_BODY, summary="Set limits")
async def change_limits(
    request: Request,
    response: Response,
    body: LimitsRequest,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Expiry, budget, scenes and topics that are refused, face, voice, surfaces, territories."""
    doors = doors_of(request)
    try:
        limits = Limits.model_validate(body.model_dump())
    except ValidationError as wrong:
        raise invalid(wrong.errors(include_url=False, include_input=False)) from None
    command = ChangeLimits(**_asked(doors, consent), limits=limits)
    return await _change(doors, response, client, consent, if_match, command)


@router.put("/preferences", responses=_WITH_BODY, summary="Say how you are portrayed")
async def restate_preferences(
    request: Request,
    response: Response,
    body: PreferencesRequest,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Merged on the server into every plan that casts you; no prompt shows or overrides them."""
    doors = doors_of(request)
    wishes = tuple(Preference(kind=each.kind, thing=each.thing) for each in body.wishes)
    command = RestatePreferences(**_asked(doors, consent), wishes=wishes)
    return await _change(doors, response, client, consent, if_match, command)


@router.put("/approved/{caster_id}", responses=_PROBLEMS, summary="Approve somebody")
async def approve_caster(
    request: Request,
    response: Response,
    caster_id: AccountId,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Let one account cast the cameo; a denial of it ends."""
    doors = doors_of(request)
    command = ApproveCaster(**_asked(doors, consent), caster_id=caster_id)
    return await _change(doors, response, client, consent, if_match, command)


@router.delete("/approved/{caster_id}", responses=_PROBLEMS, summary="Take an approval back")
async def remove_approval(
    request: Request,
    response: Response,
    caster_id: AccountId,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Take an approval back."""
    doors = doors_of(request)
    command = RemoveApproval(**_asked(doors, consent), caster_id=caster_id)
    return await _change(doors, response, client, consent, if_match, command)


@router.put("/denied/{caster_id}", responses=_PROBLEMS, summary="Deny somebody")
async def deny_caster(
    request: Request,
    response: Response,
    caster_id: AccountId,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Never let one account cast the cameo, whatever the tier; an approval of it ends."""
    doors = doors_of(request)
    command = DenyCaster(**_asked(doors, consent), caster_id=caster_id)
    return await _change(doors, response, client, consent, if_match, command)


@router.delete("/denied/{caster_id}", responses=_PROBLEMS, summary="Take a denial back")
async def remove_denial(
    request: Request,
    response: Response,
    caster_id: AccountId,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Take a denial back."""
    doors = doors_of(request)
    command = RemoveDenial(**_asked(doors, consent), caster_id=caster_id)
    return await _change(doors, response, client, consent, if_match, command)


@router.post("/revoke", responses=_WITH_BODY, summary="Revoke")
async def revoke_consent(
    request: Request,
    response: Response,
    body: RevocationRequest,
    client: Client,
    consent: OwnConsent,
) -> ConsentView:
    """Stop everything: what runs, and what would be admitted or published. It needs no ETag."""
    doors = doors_of(request)
    command = RevokeConsent(**_asked(doors, consent), reason=body.reason)
    return await _change(doors, response, client, consent, None, command)


@router.post("/restore", responses=_PROBLEMS, summary="Restore")
async def restore_consent(
    request: Request,
    response: Response,
    client: Client,
    consent: OwnConsent,
    if_match: IfMatch = None,
) -> ConsentView:
    """Let the settings hold again for twelve months; what was admitted before stays ended."""
    doors = doors_of(request)
    command = RestoreConsent(**_asked(doors, consent))
    return await _change(doors, response, client, consent, if_match, command)


async def _change(
    doors: Doors,
    response: Response,
    client: str,
    consent: Held,
    if_match: str | None,
    command: ConsentCommand,
    guards: list[Guard] | None = None,
) -> ConsentView:
    """One change at the revision that was read, where one was named."""
    decider = held_to(CONSENT, _at_revision(if_match))
    performed = await decide(
        doors,
        client,
        f"consent/{consent.cameo_id}",
        [Decision(decider, consent.cameo_id, command)],
        guards or [],
    )
    [state] = performed.states
    return shown(response, state)


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


def _asked(doors: Doors, consent: Held) -> dict[str, Any]:
    return {
        "command_id": doors.draw("cmd"),
        "at": doors.clock(),
        "account_id": consent.owner_id,
    }
