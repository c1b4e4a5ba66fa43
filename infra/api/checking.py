"""The dry run: what the consent check would say to a cast right now, without writing anything."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from domain.cameo.cameo import Castable
from domain.consent.check import Reason, check
from domain.consent.plan import CAST_MAX, CastMember, CastPlan
from domain.consent.terms import Act, Rule
from domain.kernel.ids import CameoId
from infra.api.auth import Account, KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.enrolment_views import STRICT

router = APIRouter(prefix="/v1/consents:check", tags=["consent"], dependencies=[KeyRequired])

_LABEL = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class CastRequest(BaseModel):
    """One cameo of the cast; the newest version where none is named."""

    model_config = STRICT

    cameo_id: CameoId
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    face: bool = True
    voice: bool = True


class CheckRequest(BaseModel):
    """Who would be cast, in what, and where it would be shown."""

    model_config = STRICT

    cast: list[CastRequest] = Field(min_length=1, max_length=CAST_MAX)
    act: Literal["admission", "publish"] = "admission"
    destination: Literal["draft", "post"] = "draft"
    scenes: list[str] = Field(default=[], max_length=100)
    topics: list[str] = Field(default=[], max_length=100)
    surface: str = Field(default="feed", pattern=_LABEL, max_length=40)
    territory: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")


class VerdictView(BaseModel):
    """What was decided about one cameo, and every reason that refuses."""

    cameo_id: str
    version: int
    permitted: bool
    rule: Rule | None
    reasons: list[Reason]
    may_ask: bool = Field(description="Whether asking the owner could help.")


class CheckView(BaseModel):
    """All or nothing: one cameo that refuses refuses for all."""

    permitted: bool
    act: Act
    position: int = Field(description="The position of the log that was looked at.")
    verdicts: list[VerdictView]


_ASKABLE = frozenset({"not-approved", "not-mutual"})


@router.post(
    "", responses=problems(403, 422, 503, body=True), summary="Ask whether a cast is permitted"
)
async def check_consent(request: Request, body: CheckRequest, account: Account) -> CheckView:
    """What admission would answer at this position of the log; nothing is recorded."""
    doors = doors_of(request)
    async with asking("postgres"):
        cameos = [each.cameo_id for each in body.cast]
        world = await doors.desk.world(cameos, account)
        plan = CastPlan(
            generation_id=doors.draw("gen"),
            caster_id=account,
            plan_key="dry-run",
            cast=tuple(
                CastMember(
                    cameo_id=each.cameo_id,
                    version=each.version or _newest(world.cameo(each.cameo_id)),
                    face=each.face,
                    voice=each.voice,
                )
                for each in body.cast
            ),
            at=doors.clock(),
            destination=body.destination,
            scenes=tuple(body.scenes),
            topics=tuple(body.topics),
            surface=body.surface,
            territory=body.territory,
        )
        decision = check(world, plan, body.act)
    return CheckView(
        permitted=decision.permitted,
        act=decision.act,
        position=decision.position,
        verdicts=[
            VerdictView(
                cameo_id=each.cameo_id,
                version=each.version,
                permitted=each.permitted,
                rule=each.rule,
                reasons=list(each.reasons),
                may_ask=bool(each.reasons) and set(each.reasons) <= _ASKABLE,
            )
            for each in decision.verdicts
        ],
    )


def _newest(cameo: object) -> int:
    return cameo.newest if isinstance(cameo, Castable) else 1
