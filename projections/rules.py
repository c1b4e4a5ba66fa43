"""What has every rule done, and how often did humans or a batch take it back?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from projections.projection import Fact, Fold, OnPoison, Projection, by


@dataclass(slots=True)
class RuleRow:
    """Counts of one clause; ``none`` stands for content that no rule acted on."""

    clause: str
    last_at: datetime
    allowed: int = 0
    blocked: int = 0
    held: int = 0
    cleared: int = 0
    """Stopped once before, let pass by humans then, and therefore not stopped again."""
    let_pass: int = 0
    refused: int = 0
    """By humans, of what was held."""
    lapsed: int = 0
    """Refused because nobody decided in time."""
    appeals: int = 0
    reinstated: int = 0
    upheld: int = 0
    undone: int = 0
    restored: int = 0
    last_position: int = 0

    @property
    def overturned(self) -> float | None:
        """The share of human decisions that went against the rule; None while there are none."""
        against = self.let_pass + self.reinstated
        decided = against + self.refused + self.upheld
        return against / decided if decided else None


def _counting(which: Callable[[Fact], str]) -> Fold[RuleRow]:
    def fold(row: RuleRow | None, fact: Fact) -> RuleRow:
        row = row or RuleRow(clause=fact.fields["clause"], last_at=fact.at)
        name = which(fact)
        setattr(row, name, getattr(row, name) + 1)
        row.last_at = fact.at
        return row

    return fold


def _reached(fact: Fact) -> str:
    outcome = fact.fields["verdict"]["outcome"]
    if outcome != "allow" and fact.fields["cleared_by"] is not None:
        return "cleared"
    return {"allow": "allowed", "hold": "held", "block": "blocked"}[outcome]


def _decided(fact: Fact) -> str:
    if not fact.fields["readers"]:
        return "lapsed"
    return "let_pass" if fact.fields["outcome"] == "allow" else "refused"


RULES: Final = Projection[RuleRow](
    name="rules",
    version=1,
    table="rules",
    row=RuleRow,
    key=by("clause"),
    folds={
        "verdict-reached": _counting(_reached),
        "moderation-hold-decided": _counting(_decided),
        "moderation-appeal-lodged": _counting(lambda fact: "appeals"),
        "moderation-appeal-decided": _counting(lambda fact: str(fact.fields["outcome"])),
        "verdict-replaced": _counting(lambda fact: "undone"),
        "verdict-restored": _counting(lambda fact: "restored"),
    },
    on_poison=OnPoison.SKIP,
)


class RulesReader:
    """Answers about rules, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self) -> list[RuleRow]:
        """Every rule that has ever acted, by its clause."""
        return [RuleRow(*row) for row in await self._pool.fetch(RULES.sql["all"])]
