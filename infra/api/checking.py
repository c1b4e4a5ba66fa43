"""The dry run: what the consent check would say to a cast right now, without writing anything."""

from __future__ import annotations

from typing import Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from activities.consent.office import newest
from domain.consent.check import Reason, check
from domain.consent.plan import CAST_MAX, CastMember, CastPlan
from domain.consent.refusals import CalledUnknown
from domain.consent.scenes import spoken_of
from domain.consent.situations import Held
from domain.consent.terms import Act, Labels, Rule
from domain.consent.world import World
from domain.kernel.ids import CameoId
from infra.api.auth import Account, KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.problems import Trouble

router = APIRouter(prefix="/v1/consents:check", tags=["consent"], dependencies=[KeyRequired])

_LABEL = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class CastRequest(BaseModel):
    """One of the cast, by its cameo or its handle; the newest version where none is named."""

    model_config = STRICT

    cameo_id: CameoId | None = None
    handle: str | None = Field(default=None, max_length=31, description="Such as `@ada`.")
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    face: bool = True
    voice: bool = True

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cameo_id is None) == (self.handle is None):
            raise ValueError("name either a cameo_id or a handle")
        return self


class CheckRequest(BaseModel):
    """Who would be cast, in what, and where it would be shown."""

    model_config = STRICT

    cast: list[CastRequest] = Field(min_length=1, max_length=CAST_MAX)
    act: Literal["admission", "publish"] = "admission"
    destination: Literal["draft", "post"] = Field(
        default="post", description="Every video is posted when it is released."
    )
    prompt: str | None = Field(
        default=None,
        max_length=4000,
        description="Looked through for scenes and topics that owners refuse. Not recorded.",
    )
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
        cameos = [await _cameo_of(doors, place, each) for place, each in enumerate(body.cast, 1)]
        world = await doors.desk.world(cameos, account)
        scenes, topics = _spoken_of(world, body.prompt or "")
        plan = CastPlan(
            generation_id=doors.draw("gen"),
            caster_id=account,
            plan_key="dry-run",
            cast=tuple(
                CastMember(
                    cameo_id=cameo_id,
                    version=each.version or newest(world, cameo_id),
                    face=each.face,
                    voice=each.voice,
                )
                for cameo_id, each in zip(cameos, body.cast, strict=True)
            ),
            at=doors.clock(),
            destination=body.destination,
            scenes=(*body.scenes, *scenes),
            topics=(*body.topics, *topics),
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


async def _cameo_of(doors: Doors, place: int, asked: CastRequest) -> str:
    """The cameo that is meant. A handle that calls nobody is refused as admission refuses it."""
    if asked.cameo_id is not None:
        return asked.cameo_id
    found = await doors.office.behind(asked.handle or "")
    if found is None:
        raise Trouble.refused(CalledUnknown(f"It is number {place} of the cast."))
    return found


def _spoken_of(world: World, text: str) -> tuple[Labels, Labels]:
    """The scenes and topics in a text that an owner in this world refuses."""
    limits = [each.limits for each in world.consents.values() if isinstance(each, Held)]
    return (
        spoken_of(text, {label for each in limits for label in each.refused_scenes}),
        spoken_of(text, {label for each in limits for label in each.refused_topics}),
    )
