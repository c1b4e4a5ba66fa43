"""Policies and what they have done: revisions, rollout, one step back, figures. For staff alone."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from activities.ledger import Decision
from domain.kernel.errors import Refusal
from domain.moderation.policy import Policy
from domain.moderation.publishing import (
    HOUSE,
    PUBLISHING,
    Because,
    EnforcePolicy,
    Policies,
    PublishingCommand,
    PublishPolicy,
    RevertPolicy,
    SharePolicy,
)
from domain.moderation.trial import tried
from infra.api.auth import KeyRequired
from infra.api.deadlines import asking
from infra.api.deciding import decide
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.enrolment_views import STRICT
from infra.api.moderation_views import RuleList, RuleView
from infra.api.problems import Trouble
from infra.api.reviews import Staff

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], dependencies=[KeyRequired])
_DOOR = "door"
_CORPUS_SECONDS_MAX: Final = 15.0
"""For reading what was examined last."""

Revision = Annotated[int, Path(ge=1, le=1_000_000)]


class PolicyView(BaseModel):
    """One revision, and how far it reaches."""

    revision: int
    title: str
    sha256: str
    rules: int
    reach: Literal["in-force", "shadow", "share", "past", "never"]
    share: int | None = Field(description="In thousandths, of a revision that is being tried.")


class PolicyList(BaseModel):
    """Every revision, newest first."""

    items: list[PolicyView]


class ShareRequest(BaseModel):
    """How much of the content the candidate decides about."""

    model_config = STRICT

    share: int = Field(ge=0, le=1000, description="In thousandths.")


class RollbackRequest(BaseModel):
    """Why, in one stable word."""

    model_config = STRICT

    reason: Because


class UndoView(BaseModel):
    """One batch that undid a revision."""

    batch_id: str
    revision: int
    instead: int
    since: datetime
    until: datetime
    status: str
    cases: int
    undone: int
    restored: int


class UndoList(BaseModel):
    """Every batch, newest first."""

    items: list[UndoView]


@router.get("/policies", responses=problems(403, 503), summary="Every revision")
async def list_policies(request: Request, staff: Staff) -> PolicyList:
    """Every revision and which decides."""
    return _list(await _policies(doors_of(request)))


@router.get("/policies/{revision}", responses=problems(403, 404, 422, 503), summary="One revision")
async def read_policy(request: Request, staff: Staff, revision: Revision) -> Policy:
    """A revision as it was published."""
    try:
        return (await _policies(doors_of(request))).named(revision)
    except Refusal as refusal:
        raise Trouble.refused(refusal) from None


@router.post("/policies", responses=problems(403, 409, 422, 503, body=True), summary="Publish one")
async def publish_policy(request: Request, staff: Staff, body: Policy) -> PolicyList:
    """Put the next revision into the shadow, once it has stood its trial.

    It is tried on examples of its own and on what was found in the contents examined last. In a
    house without any policy the packaged one is the first, and decides meanwhile.
    """
    doors = doors_of(request)
    async with asking("postgres", _CORPUS_SECONDS_MAX):
        await doors.policies.in_force(doors.clock())
        seen = await doors.policies.examined()
    examples, laxer = await asyncio.to_thread(tried, body, seen)
    command = PublishPolicy(
        command_id=f"policy/{body.revision}/{body.sha256}",
        at=doors.clock(),
        policy=body,
        examples=examples,
        laxer=len(laxer),
    )
    return await _decided(doors, staff, command)


@router.post(
    "/policies/{revision}/share",
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="Let it decide for a part",
)
async def share_policy(
    request: Request, staff: Staff, revision: Revision, body: ShareRequest
) -> PolicyList:
    """The candidate decides for a part of the content, always for the same part."""
    doors = doors_of(request)
    command = SharePolicy(
        command_id=doors.draw(_DOOR), at=doors.clock(), revision=revision, share=body.share
    )
    return await _decided(doors, staff, command)


@router.post(
    "/policies/{revision}/enforce",
    responses=problems(403, 404, 409, 422, 503),
    summary="Let it decide for all",
)
async def enforce_policy(request: Request, staff: Staff, revision: Revision) -> PolicyList:
    """The candidate decides for all content."""
    doors = doors_of(request)
    command = EnforcePolicy(command_id=doors.draw(_DOOR), at=doors.clock(), revision=revision)
    return await _decided(doors, staff, command)


@router.post(
    "/policies/{revision}/rollback",
    responses=problems(403, 404, 409, 422, 503, body=True),
    summary="One step back",
)
async def roll_back_policy(
    request: Request, staff: Staff, revision: Revision, body: RollbackRequest
) -> PolicyList:
    """The revision decides no longer; the one before it does."""
    doors = doors_of(request)
    command = RevertPolicy(
        command_id=doors.draw(_DOOR), at=doors.clock(), revision=revision, because=body.reason
    )
    return await _decided(doors, staff, command)


@router.get("/rules", responses=problems(403, 503), summary="What every rule has done")
async def list_rules(request: Request, staff: Staff) -> RuleList:
    """Counts per rule: what it stopped, and how often humans or a batch took it back."""
    async with asking("postgres"):
        rows = await doors_of(request).rules.all()
    return RuleList(
        items=[
            RuleView(
                rule=row.clause,
                overturned=row.overturned,
                **{name: getattr(row, name) for name in _COUNTS},
            )
            for row in rows
        ]
    )


@router.get("/undos", responses=problems(403, 503), summary="What was undone")
async def list_undos(request: Request, staff: Staff) -> UndoList:
    """Batches that undid a revision, and whether they were taken back."""
    async with asking("postgres"):
        rows = await doors_of(request).undos.all()
    names = UndoView.model_fields
    return UndoList(
        items=[UndoView(**{name: getattr(row, name) for name in names}) for row in rows]
    )


_COUNTS = tuple(name for name in RuleView.model_fields if name not in ("rule", "overturned"))


async def _policies(doors: Doors) -> Policies:
    async with asking("postgres"):
        return await doors.policies.policies()


async def _decided(doors: Doors, staff: str, command: PublishingCommand) -> PolicyList:
    """Carry it out, and answer with what whoever judges next will read."""
    await decide(doors, staff, f"policy/{HOUSE}", [Decision(PUBLISHING, HOUSE, command)])
    return _list(await _policies(doors))


def _list(policies: Policies) -> PolicyList:
    newest_first = sorted(policies.published.values(), key=lambda each: -each.revision)
    return PolicyList(
        items=[
            PolicyView.model_validate(
                {
                    "revision": each.revision,
                    "title": each.title,
                    "sha256": each.sha256,
                    "rules": len(each.rules),
                    "reach": _reach(policies, each.revision),
                    "share": policies.share if each.revision == policies.candidate else None,
                }
            )
            for each in newest_first
        ]
    )


def _reach(policies: Policies, revision: int) -> str:
    if revision == policies.candidate:
        return "shadow" if policies.share is None else "share"
    if policies.enforced[-1:] == (revision,):
        return "in-force"
    return "past" if revision in policies.ever else "never"
