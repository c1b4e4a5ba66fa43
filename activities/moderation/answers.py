"""How a reasoning model's answer is read: exactly, or not at all.

An answer is one JSON object of the form that was asked for, with the seal of the question. Anything
around it, anything missing, another seal, a clause that the policy does not have, two keys of one
name: that is nonsense, and nonsense is never permission.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activities.moderation.asking import Question
from domain.kernel.surface import FEED
from domain.moderation.categories import CATEGORIES
from domain.moderation.finding import CERTAIN, Detector, Finding, Segment
from domain.moderation.policy import Rule

ANSWER_CHARACTERS_MAX: Final = 4000
SCORING: Final = "2"
"""The version of how an answer becomes a score."""
_VIOLATED_MIN: Final = 600
"""What a model calls a violation scores at least this, or what its rule holds in the feed (blocks,
where it holds nothing): however unsure the model is, it does not pass there."""
_GRAVITY: Final = {"ordinary": 0, "grave": 1, "gravest": 2}


class Nonsense(Exception):
    """The answer is none; nothing of it is repeated."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    seal: str
    violates: bool
    clause: str | None
    confidence: Annotated[int, Field(ge=0, le=100)]
    place: str | None
    quote: Annotated[str, Field(max_length=400)] | None


def findings_in(text: str, question: Question, detector: Detector) -> tuple[Finding, ...]:
    """What an answer says: one finding, or none where nothing is violated. Raises Nonsense."""
    answer = _parsed(text)
    if answer.seal != question.seal:
        raise Nonsense("another seal")
    if not answer.violates:
        if answer.clause is not None:
            raise Nonsense("a clause that is not violated")
        return ()
    rule = question.policy.rule(answer.clause or "")
    if rule is None or question.content.stage not in rule.stages:
        raise Nonsense("a clause that does not exist")
    acting = rule.threshold(FEED, strict=question.strict)
    least = max(_VIOLATED_MIN, acting.hold or acting.block or 0)
    score = least + (CERTAIN - least) * answer.confidence // 100
    return (
        Finding(
            detector=detector,
            category=_category(question, rule),
            score=score,
            segment=_segment(answer, question),
            clause=rule.clause,
            note=f"a reasoning model relies on {rule.clause}",
        ),
    )


def _parsed(text: str) -> _Answer:
    if len(text) > ANSWER_CHARACTERS_MAX:
        raise Nonsense("too long")
    try:
        return _Answer.model_validate(json.loads(text, object_pairs_hook=_each_once))
    except (ValidationError, ValueError, RecursionError):
        raise Nonsense("another form") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _category(question: Question, rule: Rule) -> str:
    """The gravest category that the rule is about."""
    reach = question.policy.reach(rule)
    return min(reach, key=lambda each: (-_GRAVITY[CATEGORIES[each].gravity], each))


def _segment(answer: _Answer, question: Question) -> Segment:
    """The quoted words where they stand; the whole part where they cannot be found."""
    parts = question.content.parts
    part = next((each for each in parts if each.place == answer.place), parts[0])
    begin = part.text.find(answer.quote) if answer.quote else -1
    words = (0, len(part.text)) if begin < 0 else (begin, begin + len(answer.quote or ""))
    return Segment(place=part.place, words=words, milliseconds=part.milliseconds)
