"""The verdict about one content, and what it is made for. ``deciding.decide`` makes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from domain.kernel.canonical import canonical_json
from domain.kernel.model import Value
from domain.kernel.surface import FEED, Surface
from domain.moderation.categories import CategoryName, Gravity, Stage
from domain.moderation.finding import Detector, Permille, Segment
from domain.moderation.policy import Clause, Policy

Outcome = Literal["allow", "hold", "block"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

GROUNDS_MAX: Final = 50


class Context(Value):
    """What is judged, beside the findings: which content, for where, and with whom.

    ``content_sha256`` is of everything that detectors were given, in whatever spelling the caller
    keeps to. ``strict`` says that a human's cameo is cast.
    """

    content_sha256: Sha256
    surface: Surface = FEED
    strict: bool = False


class Ground(Value):
    """One rule that acts, the finding on which it does, and what it asks for."""

    clause: Clause
    outcome: Literal["hold", "block"]
    category: CategoryName
    gravity: Gravity
    score: Permille
    threshold: Permille
    detector: Detector
    segment: Segment
    subject: str | None = None


class Verdict(Value):
    """What is decided, by which rule, on what, and in which words; never changed afterwards.

    ``confidence`` is the score of the finding that decided, or the distance from the nearest
    threshold where nothing did. ``rationale`` is for reviewers, ``words`` for the person; neither
    quotes the content. ``grounds`` are all rules that act, the decisive one first.
    """

    outcome: Outcome
    stage: Stage
    clause: Clause | None = None
    category: CategoryName | None = None
    gravity: Gravity = "ordinary"
    segment: Segment | None = None
    subject: str | None = None
    confidence: Permille
    detectors: Annotated[tuple[Detector, ...], Field(max_length=100)] = ()
    rationale: str
    words: str
    grounds: Annotated[tuple[Ground, ...], Field(max_length=GROUNDS_MAX)] = ()
    surface: Surface
    strict: bool
    second_reader: bool = False
    appealable: bool = False
    content_sha256: Sha256
    policy_revision: int
    policy_sha256: Sha256
    key: Sha256

    @property
    def releases(self) -> bool:
        """Whether nothing stands against the content. Only this lets it go on."""
        return self.outcome == "allow"


def verdict_key(context: Context, policy: Policy, stage: Stage, who: Iterable[Detector]) -> str:
    """Under what a verdict may be kept: content, policy, context, and who looked, in one hash."""
    return hashlib.sha256(
        canonical_json(
            {
                "content": context.content_sha256,
                "policy": policy.sha256,
                "stage": stage,
                "surface": context.surface,
                "strict": context.strict,
                "detectors": sorted(f"{each.name} {each.version}" for each in who),
            }
        )
    ).hexdigest()


def where(segment: Segment) -> str:
    """A segment in words, which quote nothing."""
    parts = [segment.place]
    if segment.words is not None:
        parts.append(f"characters {segment.words[0]} to {segment.words[1]}")
    if segment.milliseconds is not None:
        begin, end = (each / 1000 for each in segment.milliseconds)
        parts.append(f"seconds {begin:g} to {end:g}")
    if segment.frames is not None:
        parts.append(f"frames {segment.frames[0]} to {segment.frames[1]}")
    return ", ".join(parts)
