"""Who may, at which tier and door: a table that was written by hand, and what the code answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from domain.account.relations import AgeBand
from domain.cameo.release import Kind
from domain.consent.check import ConsentDecision, check
from domain.consent.events import CasterApproved, CasterDenied
from domain.consent.terms import Act, Rule, Tier
from tests import words
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    OWNER,
    Telling,
    blocks,
    consent_opened,
    follows,
    is_aged,
    plan,
    tier_changed,
    use_reserved,
    version_approved,
)

ACTS: Final[tuple[Act, ...]] = ("admission", "gpu-start", "publish")
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)

Tale = Callable[[Telling], Telling]
_approved = CasterApproved(at=words.moment(), cameo_id=CAMEO, caster_id=CASTER, revision=3)
_denied = CasterDenied(at=words.moment(), cameo_id=CAMEO, caster_id=CASTER, revision=4)
_mutual = (follows(OWNER, CASTER), follows(CASTER, OWNER))
TALES: Final[dict[str, Tale]] = {
    "self": lambda told: told,
    "approved": lambda told: told.consent(_approved),
    "mutual": lambda told: told.relation(*_mutual),
    "follower": lambda told: told.relation(follows(CASTER, OWNER)),
    "followed": lambda told: told.relation(follows(OWNER, CASTER)),
    "stranger": lambda told: told,
    "blocked": lambda told: told.relation(*_mutual, blocks(OWNER, CASTER)),
    "blocked, approved": lambda told: told.consent(_approved).relation(
        *_mutual, blocks(OWNER, CASTER)
    ),
    "blocks the owner": lambda told: told.relation(*_mutual, blocks(CASTER, OWNER)),
    "denied": lambda told: told.consent(_denied),
    "denied, mutual": lambda told: told.relation(*_mutual).consent(_denied),
}
GROUPS: Final[dict[str, tuple[AgeBand | None, AgeBand | None, Kind]]] = {
    # the owner's age, the caster's, and what the cameo is of
    "adults": ("adult", "adult", "person"),
    "caster under 18": ("adult", "under_18", "person"),
    "caster of unknown age": ("adult", None, "person"),
    "caster under 13": ("adult", "under_13", "person"),
    "owner under 18": ("under_18", "adult", "person"),
    "owner of unknown age": (None, "adult", "person"),
    "owner under 13": ("under_13", "adult", "person"),
    "a pet among minors": ("under_18", "under_18", "pet"),
}
ROWS: Final = [
    [cell.strip() for cell in line.split("|")]
    for line in Path(__file__).with_name("consent_table.txt").read_text("utf-8").splitlines()
    if line.count("|") == 1 + len(TIERS)
]


@dataclass(frozen=True)
class Case:
    """One cell of the table at one door; ``expected`` is ``y``, or the reasons that refuse."""

    group: str
    who: str
    tier: Tier
    act: Act
    expected: str

    def answer(self) -> ConsentDecision:
        """What the check says."""
        owner_age, caster_age, kind = GROUPS[self.group]
        caster_id = OWNER if self.who == "self" else CASTER
        told = Telling().cameo(version_approved(kind=kind))
        told = told.consent(consent_opened(kind=kind), tier_changed(self.tier))
        if owner_age:
            told = told.relation(is_aged(OWNER, owner_age))
        if caster_age and caster_id != OWNER:
            told = told.relation(is_aged(CASTER, caster_age))
        told = TALES[self.who](told)
        if self.act != "admission":  # what the admission would have reserved
            rule: Rule = "self" if self.who == "self" else "everyone"
            told = told.consent(use_reserved(caster_id=caster_id, rule=rule))
        return check(told.world(), plan(caster_id), self.act)

    def holds(self) -> bool:
        """Whether the answer is the table's, reason by reason."""
        decision = self.answer()
        [verdict] = decision.verdicts
        return (
            set(verdict.reasons) == {*self.expected.split()} - {"y"}
            and decision.permitted == (self.expected == "y")
            and (verdict.rule is not None) == decision.permitted
        )


def cases() -> Iterator[Case]:
    """Every cell at every door."""
    for group, who, *row in ROWS[1:]:
        for tier, expected in zip(TIERS, row, strict=True):
            for act in ACTS:
                yield Case(group, who, tier, act, expected)
