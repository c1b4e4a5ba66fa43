"""The policy: which findings block, which wait for a human, and in which words people are told.

A policy is data under a revision, and its hash names it: the same policy decides the same. Rules
are independent of each other. A rule has thresholds for every surface, and stricter ones for when
a human's cameo is cast: what it blocks anyhow it must also block then, or the policy is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from domain.kernel.canonical import canonical_json
from domain.kernel.model import Value
from domain.kernel.surface import Surface
from domain.moderation.categories import CATEGORIES, STAGES, UNEXAMINED, CategoryName, Stage
from domain.moderation.finding import CERTAIN, DetectorName, Permille

RULES_MAX: Final = 200
SURFACES_MAX: Final = 20
PROTECTED_MAX: Final = 5000

Clause = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=40)]
"""A rule's name in the terms, such as ``SEX-1``."""
Words = Annotated[str, StringConstraints(min_length=10, max_length=600)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=80)]


class Threshold(Value):
    """From which score on content waits for a human, and from which it is blocked; None: never."""

    hold: Permille | None = None
    block: Permille | None = None

    @model_validator(mode="after")
    def _hold_comes_first(self) -> Self:
        if self.hold is not None and self.block is not None and self.hold > self.block:
            raise ValueError(f"hold {self.hold} lies above block {self.block}; it never holds")
        return self

    def covers(self, other: Threshold) -> bool:
        """Whether this blocks all that ``other`` blocks, and lets nothing go on that it holds."""
        return _no_later(self.block, other.block) and _no_later(self._acts, other._acts)

    @property
    def _acts(self) -> int | None:
        given = [each for each in (self.hold, self.block) if each is not None]
        return min(given) if given else None


def _no_later(mine: int | None, theirs: int | None) -> bool:
    return theirs is None or (mine is not None and mine <= theirs)


class AtSurface(Value):
    """Thresholds of one surface in place of the rule's own."""

    surface: Surface
    threshold: Threshold


class Group(Value):
    """One name for several categories or groups."""

    name: CategoryName
    includes: Annotated[tuple[CategoryName, ...], Field(min_length=1, max_length=40)]


class Protected(Value):
    """Somebody or something that the policy protects by name; aliases are other spellings."""

    name: Name
    kind: Literal["person", "character"]
    aliases: Annotated[tuple[Name, ...], Field(max_length=20)] = ()


class Rule(Value):
    """One clause: what it is about, from which score on it acts, and how it is told.

    ``says`` is the clause for reviewers and reasoning models; ``tells`` is for the person. Without
    ``detectors`` everybody's findings count. ``ground`` is what the DSA asks: the terms, or a law
    that ``reference`` names.
    """

    clause: Clause
    categories: Annotated[tuple[CategoryName, ...], Field(min_length=1, max_length=40)]
    says: Words
    tells: Words
    default: Threshold
    strict: Threshold | None = None
    surfaces: Annotated[tuple[AtSurface, ...], Field(max_length=SURFACES_MAX)] = ()
    stages: tuple[Stage, ...] = STAGES
    detectors: Annotated[tuple[DetectorName, ...], Field(max_length=40)] = ()
    ground: Literal["terms", "law"] = "terms"
    reference: Annotated[str, StringConstraints(max_length=200)] = ""
    second_reader: bool = False
    """Whether one human's decision needs another's, whatever the category's gravity."""

    @model_validator(mode="after")
    def _strict_covers_default(self) -> Self:
        names = [each.surface for each in self.surfaces]
        if len(set(names)) < len(names):
            raise ValueError(f"rule {self.clause} names a surface twice")
        lax = [self.default, *(each.threshold for each in self.surfaces)]
        if self.strict is not None and not all(self.strict.covers(each) for each in lax):
            raise ValueError(
                f"rule {self.clause} is laxer when a human is cast than it is otherwise; "
                "lower its strict thresholds"
            )
        if self.ground == "law" and not self.reference:
            raise ValueError(f"rule {self.clause} rests on a law and names none")
        return self

    def threshold(self, surface: str, *, strict: bool) -> Threshold:
        """What holds at a surface; strict where a human's cameo is cast."""
        if strict and self.strict is not None:
            return self.strict
        for each in self.surfaces:
            if each.surface == surface:
                return each.threshold
        return self.default


class Rollout(Value):
    """How far a policy reaches: it only watches, it decides for a share of content, or for all."""

    stage: Literal["shadow", "share", "full"] = "full"
    share: Permille = CERTAIN
    """Thousandths of the content; of ``share`` alone."""

    def decides_for(self, content_key: str) -> bool:
        """Whether the policy decides for this content: the same content, the same answer."""
        if self.stage != "share":
            return self.stage == "full"
        digest = hashlib.sha256(b"callsheet-rollout:" + content_key.encode()).digest()
        return int.from_bytes(digest[:8], "big") % CERTAIN < self.share


class Policy(Value):
    """All rules together, under a revision that rises with each publication.

    ``required`` are detectors that must have looked, by stage, before anything is allowed.
    """

    revision: Annotated[int, Field(ge=1)]
    title: Annotated[str, StringConstraints(min_length=3, max_length=120)]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=RULES_MAX)]
    groups: Annotated[tuple[Group, ...], Field(max_length=40)] = ()
    required: tuple[tuple[Stage, DetectorName], ...] = ()
    protected: Annotated[tuple[Protected, ...], Field(max_length=PROTECTED_MAX)] = ()
    rollout: Rollout = Rollout()

    @field_validator("rules")
    @classmethod
    def _each_clause_once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        clauses = [each.clause for each in rules]
        twice = sorted({each for each in clauses if clauses.count(each) > 1})
        if twice:
            raise ValueError(f"the clauses {', '.join(twice)} stand in the policy twice")
        return rules

    @model_validator(mode="after")
    def _groups_are_sound(self) -> Self:
        names = [each.name for each in self.groups]
        if len(set(names)) < len(names) or set(names) & set(CATEGORIES):
            raise ValueError("a group's name is taken by another group or by a category")
        for group in self.groups:
            self._expanded(group.name)
        for rule in self.rules:
            self.reach(rule)
        return self

    @model_validator(mode="after")
    def _holds_what_nobody_saw(self) -> Self:
        for rule in self.rules:
            if UNEXAMINED in self.reach(rule) and set(rule.stages) == set(STAGES):
                all_of_it = [rule.default, *(each.threshold for each in rule.surfaces)]
                if all(each.covers(Threshold(hold=CERTAIN)) for each in all_of_it):
                    return self
        raise ValueError(
            f"no rule holds what is {UNEXAMINED} at every stage; without one, content that no "
            "detector could look at would be allowed"
        )

    @property
    def sha256(self) -> str:
        """The hash of all that decides: neither revision, title nor rollout change it."""
        return _sha256(self)

    def reach(self, rule: Rule) -> frozenset[str]:
        """The categories that a rule is about. Raises ValueError for an unknown one or a cycle."""
        return frozenset(each for name in rule.categories for each in self._expanded(name))

    def rule(self, clause: str) -> Rule | None:
        """The rule of a clause."""
        return next((each for each in self.rules if each.clause == clause), None)

    def _expanded(self, name: str) -> frozenset[str]:
        return _expanded(name, {each.name: each.includes for each in self.groups}, (), {})


def _sha256(policy: Policy) -> str:
    """Remembered for this very object: hashing thousands of names for each verdict takes long."""
    known = _HASHES.get(id(policy))
    if known is not None and known[0] is policy:
        return known[1]
    decisive = policy.model_dump(mode="json", exclude={"revision", "title", "rollout"})
    hashed = hashlib.sha256(canonical_json(decisive)).hexdigest()
    if len(_HASHES) >= _HASHES_MAX:
        _HASHES.clear()
    _HASHES[id(policy)] = (policy, hashed)
    return hashed


_HASHES: Final[dict[int, tuple[Policy, str]]] = {}
_HASHES_MAX: Final = 32


def _expanded(
    name: str,
    groups: Mapping[str, tuple[str, ...]],
    above: tuple[str, ...],
    known: dict[str, frozenset[str]],
) -> frozenset[str]:
    """The categories behind a name, each group opened once. Raises ValueError."""
    if name in CATEGORIES:
        return frozenset({name})
    if name in above:
        raise ValueError(f"the groups {' → '.join((*above, name))} include each other")
    if name not in groups:
        raise ValueError(f"{name} is neither a category nor a group of this policy")
    if name not in known:
        parts = (_expanded(each, groups, (*above, name), known) for each in groups[name])
        known[name] = frozenset().union(*parts)
    return known[name]
