"""The dry run: what the consent check would say right now, without writing anything.

It is asked in one of three ways: with the ``brief`` of a video, which is judged as its admission
would be; with the ``generation_id`` of a video on its way, which is judged as its release would be;
or, by services that have destinations of their own, with a ``cast`` whose use they describe.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from activities.consent.calling import newest
from activities.consent.rehearsal import Rehearsal
from domain.consent.check import ConsentDecision, Reason, check
from domain.consent.plan import CAST_MAX, CastMember, CastPlan
from domain.consent.refusals import CalledUnknown
from domain.consent.scenes import spoken_of
from domain.consent.situations import Held
from domain.consent.terms import LABELS_MAX, Act, Labels, Rule
from domain.consent.wording import goes_against
from domain.consent.world import World
from domain.kernel.errors import Refusal
from domain.kernel.ids import CameoId, GenerationId
from domain.kernel.surface import FEED, Surface
from infra.api.auth import Account, KeyRequired
from infra.api.briefs import GenerationRequest
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.problems import FieldProblem, Trouble

router = APIRouter(prefix="/v1/consents:check", tags=["consent"], dependencies=[KeyRequired])

_OF_A_CAST: Final = frozenset(
    {"cast", "destination", "prompt", "scenes", "topics", "surface", "territory"}
)
_ONLY: Final = "Only beside `cast`, for services that show videos in places of their own."


class CastRequest(BaseModel):
    """One of the cast, by its cameo or its handle; the newest version where none is named."""

    model_config = STRICT

    cameo_id: CameoId | None = None
    handle: str | None = Field(default=None, max_length=31, description="Such as `@ada`.")
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    face: bool = Field(
        default=True,
        description="Whether the face is shown. Every brief shows it; false is for services that "
        "use a voice alone.",
    )
    voice: bool = Field(
        default=False,
        description="Whether the voice is heard. A brief uses the voices of those who speak one "
        "of its lines.",
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cameo_id is None) == (self.handle is None):
            raise ValueError("name either a cameo_id or a handle")
        return self


class CheckRequest(BaseModel):
    """A `brief`, a `generation_id` to publish, or a `cast`: one of the three."""

    model_config = STRICT | {
        "json_schema_extra": {
            "examples": [
                {"brief": {"prompt": "@ada dances in the rain"}},
                {"act": "publish", "generation_id": "gen_01J00000000000000000000000"},
                {"cast": [{"handle": "@ada", "voice": True}], "surface": "cinema"},
            ]
        }
    }

    act: Literal["admission", "publish"] = Field(
        default="admission",
        description="`publish` asks for the `generation_id` of a video that was admitted.",
    )
    brief: GenerationRequest | None = Field(
        default=None,
        description="The very body that would be sent to `POST /v1/generations`. Who is cast, who "
        "speaks, and what is spoken of are taken from it as at admission.",
    )
    generation_id: GenerationId | None = Field(
        default=None, description="Your own generation; its brief and its cast are on record."
    )
    cast: list[CastRequest] = Field(
        default=[],
        max_length=CAST_MAX,
        description="Who would be cast, each cameo once, where there is no brief.",
    )
    destination: Literal["draft", "post"] = Field(
        default="post", description=f"Where it would go; a brief says it itself. {_ONLY}"
    )
    prompt: str | None = Field(
        default=None,
        max_length=4000,
        description="Looked through for scenes and topics that owners refuse. Not recorded. "
        "Only beside `cast`; a brief has its own.",
    )
    scenes: list[str] = Field(
        default=[], max_length=100, description=f"Beside what the words tell. {_ONLY}"
    )
    topics: list[str] = Field(
        default=[], max_length=100, description=f"Beside what the words tell. {_ONLY}"
    )
    surface: Surface = Field(
        default=FEED, description=f"Where it would be shown; a brief says it itself. {_ONLY}"
    )
    territory: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2}$",
        description=f"A country (ISO 3166-1); videos are released to all. {_ONLY}",
    )

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        ways = [self.brief is not None, self.generation_id is not None, "cast" in self.named]
        if self.act == "publish" and self.generation_id is None:
            raise ValueError(
                "publishing asks for the use that an admission reserved; "
                "name the generation_id of a video that was admitted"
            )
        if sum(ways) != 1 or (self.act == "admission") == (self.generation_id is not None):
            raise ValueError(
                "ask one thing: a brief or a cast with act admission, "
                "or a generation_id with act publish"
            )
        if not self.cast and ways[2]:
            raise ValueError("the cast is empty; name somebody, or send the brief")
        if not ways[2] and (odd := sorted(_OF_A_CAST & self.named)):
            raise ValueError(f"leave out {', '.join(odd)}: only a cast is described by it")
        return self

    @property
    def named(self) -> set[str]:
        """The fields that the caller sent."""
        return self.model_fields_set


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
    "",
    responses=problems(403, 404, 422, 503, body=True),
    summary="Ask whether a cast is permitted",
)
async def check_consent(request: Request, body: CheckRequest, account: Account) -> CheckView:
    """What admission, or the release, would answer at this position; nothing is recorded."""
    try:
        async with asking("postgres"):
            decision = await decided(doors_of(request), body, account)
    except Refusal as refusal:
        raise Trouble.refused(refusal, body.generation_id) from None
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


async def decided(doors: Doors, body: CheckRequest, account: str) -> ConsentDecision:
    """The decision about what the body asks."""
    rehearsal, at = Rehearsal(doors.ledger, doors.office), doors.clock()
    if body.generation_id is not None:
        return await rehearsal.publication(body.generation_id, account, at)
    if body.brief is not None:
        return await rehearsal.admission(body.brief.brief(), account, doors.draw("gen"), at)
    cameos = [await _cameo_of(doors, place, each) for place, each in enumerate(body.cast, 1)]
    if len(set(cameos)) < len(cameos):
        twice = FieldProblem(field="cast", message="names a cameo twice", limit="1 time each")
        raise Trouble("request-invalid", "cast: names a cameo twice.", errors=[twice])
    world = await doors.desk.world(cameos, account)
    return check(world, _plan(doors, world, body, cameos, account), body.act)


def _plan(
    doors: Doors, world: World, body: CheckRequest, cameos: list[str], account: str
) -> CastPlan:
    """A cast as its service describes it."""
    scenes, topics = _told(world, body)
    return CastPlan(
        generation_id=doors.draw("gen"),
        caster_id=account,
        plan_key="dry-run",
        cast=tuple(
            CastMember(
                cameo_id=cameo_id,
                version=each.version or newest(world, cameo_id),
                face=each.face,
                voice=each.voice,
                against_wishes=_against_wishes(world, cameo_id, body.prompt),
            )
            for cameo_id, each in zip(cameos, body.cast, strict=True)
        ),
        at=doors.clock(),
        destination=body.destination,
        scenes=scenes,
        topics=topics,
        surface=body.surface,
        territory=body.territory,
    )


def _against_wishes(world: World, cameo_id: str, prompt: str | None) -> bool:
    """Whether the prompt goes against what the owner wishes."""
    consent = world.consent(cameo_id)
    if not isinstance(consent, Held) or prompt is None:
        return False
    return goes_against(consent.preferences, (prompt,), ())


async def _cameo_of(doors: Doors, place: int, asked: CastRequest) -> str:
    """The cameo that is meant. A handle that calls nobody is refused as admission refuses it."""
    if asked.cameo_id is not None:
        return asked.cameo_id
    found = await doors.office.behind(asked.handle or "")
    if found is None:
        raise Trouble.refused(CalledUnknown(f"It is number {place} of the cast."))
    return found


def _told(world: World, body: CheckRequest) -> tuple[Labels, Labels]:
    """Of what the caller names and the words tell, the scenes and topics that an owner refuses."""
    limits = [each.limits for each in world.consents.values() if isinstance(each, Held)]
    return (
        _refused(body, body.scenes, {label for each in limits for label in each.refused_scenes}),
        _refused(body, body.topics, {label for each in limits for label in each.refused_topics}),
    )


def _refused(body: CheckRequest, named: list[str], refused: set[str]) -> Labels:
    spoken = spoken_of(body.prompt or "", refused)
    both = dict.fromkeys((*(each for each in named if each in refused), *spoken))
    return tuple(both)[:LABELS_MAX]
