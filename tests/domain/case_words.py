"""Ready-made words about moderation: policies, findings, and a case's commands and events."""

from __future__ import annotations

import hashlib
from typing import Any

from domain.moderation.case_commands import JudgeContent, LodgeAppeal, ReadCase
from domain.moderation.case_events import ContentScreened, VerdictReached
from domain.moderation.categories import Stage
from domain.moderation.finding import Detector, Finding, Findings, Look, Segment
from domain.moderation.gates import Gate, case_id, judged, priority_of
from domain.moderation.policy import Policy, Rule, Threshold
from domain.moderation.verdict import Context, Verdict
from tests import words

GENERATION = words.GENERATION_ID
ACCOUNT = words.ACCOUNT_ID
CASE = case_id(GENERATION, "admission")
ANNE, BERT, CARA = "staff-desk/anne", "staff-desk/bert", "staff-desk/cara"
LISTS = Detector(name="lists", version="1")
MINUTE, DAY = 60.0, 86_400.0


def a_rule(clause: str, category: str, hold: int | None, block: int | None) -> Rule:
    return Rule(
        clause=clause,
        categories=(category,),
        says=f"What the clause {clause} says, for reviewers.",
        tells=f"This is not made because of {clause}.",
        default=Threshold(hold=hold, block=block),
    )


def a_policy(revision: int = 1, *rules: Rule, **more: Any) -> Policy:
    """Violence from 500 on is held and from 800 on blocked; hate is blocked; the rest passes."""
    given = rules or (
        a_rule("VIO-1", "violence", 500, 800),
        a_rule("HATE-1", "hate", None, 700),
        a_rule("MIN-1", "minors", 300, 900),
    )
    unexamined = a_rule("SEEN-1", "unexamined", 1, None)
    return Policy(revision=revision, title="Of tests", rules=(*given, unexamined), **more)


def look(*found: tuple[str, int]) -> Look:
    at = Segment(place="line-1.1", milliseconds=(1500, 3000))
    findings = [
        Finding(detector=LISTS, category=category, score=score, segment=at)
        for category, score in found
    ]
    return Look(detector=LISTS, findings=tuple(findings))


def findings(*found: tuple[str, int], stages: tuple[Stage, ...] = ("prompt", "plan")) -> Any:
    """The first stage holds what was found, the others nothing."""
    first, *others = stages
    return (
        Findings(stage=first, looks=(look(*found),)),
        *(Findings(stage=each, looks=(look(),)) for each in others),
    )


def content(text: str = "a battle") -> Context:
    return Context(content_sha256=hashlib.sha256(text.encode()).hexdigest())


def judge(
    *found: tuple[str, int], policy: Policy | None = None, text: str = "a battle", **more: Any
) -> JudgeContent:
    noted, context = findings(*found), content(text)
    return JudgeContent(
        command_id=more.pop("command_id", "judge"),
        at=words.moment(),
        case_id=more.pop("case", CASE),
        generation_id=GENERATION,
        account_id=ACCOUNT,
        gate=more.pop("gate", "admission"),
        context=context,
        findings=noted,
        verdict=judged(noted, policy or a_policy(), context),
        **more,
    )


def screened(command: JudgeContent) -> ContentScreened:
    said = command.model_dump(exclude={"command_id", "verdict", "watched", "cleared_by"})
    return ContentScreened.model_validate(said)


def reached(command: JudgeContent) -> VerdictReached:
    verdict: Verdict = command.verdict
    return VerdictReached(
        at=command.at,
        case_id=command.case_id,
        clause=verdict.clause or "none",
        verdict=verdict,
        priority=priority_of(verdict),
        watched=command.watched,
        cleared_by=command.cleared_by,
    )


def read(reading: str, reviewer: str = ANNE, seconds: float = 5 * MINUTE, **more: Any) -> ReadCase:
    fields = {"reviewer": reviewer, "reading": reading, "because": "harmless", **more}
    return ReadCase.model_validate(
        {"command_id": f"read/{reviewer}", "at": words.moment(seconds), **fields}
    )


def appeal(seconds: float = DAY, account_id: str = ACCOUNT) -> LodgeAppeal:
    return LodgeAppeal(
        command_id="appeal",
        at=words.moment(seconds),
        account_id=account_id,
        words="It is a chess battle.",
    )


GATE: Gate = "admission"
