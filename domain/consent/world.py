"""The facts that a consent check looks at, folded from the log at one position.

For a caster and n cameos these are 1 + 3n streams: the caster's ``relations-acc_...`` and, for
each cameo, ``cameo-cam_...``, ``consent-cam_...`` and its owner's ``relations-acc_...``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.account import relations
from domain.account.relations import NOBODY_YET, Relations
from domain.cameo import cameo
from domain.cameo.cameo import Cameo, NoCameo
from domain.consent import situations
from domain.consent.situations import Consent, Unopened
from domain.kernel.ports import START


@dataclass(frozen=True)
class Fact:
    """One event as it stands in the log."""

    stream: str
    position: int
    event: Any


@dataclass(frozen=True)
class World:
    """What was true at a position, about everybody whom a check concerns."""

    position: int = START
    cameos: Mapping[str, Cameo] = field(default_factory=dict)
    consents: Mapping[str, Consent] = field(default_factory=dict)
    accounts: Mapping[str, Relations] = field(default_factory=dict)

    def cameo(self, cameo_id: str) -> Cameo:
        return self.cameos.get(cameo_id, NoCameo())

    def consent(self, cameo_id: str) -> Consent:
        return self.consents.get(cameo_id, Unopened())

    def relations(self, account_id: str) -> Relations:
        return self.accounts.get(account_id, NOBODY_YET)


def world_at(facts: Iterable[Fact], position: int) -> World:
    """The world after all facts up to and including a position; later ones are not looked at.

    Facts of one stream come in their order; streams of other categories are passed over.
    """
    cameos: dict[str, Cameo] = {}
    consents: dict[str, Consent] = {}
    accounts: dict[str, Relations] = {}
    for fact in facts:
        if fact.position > position:
            continue
        category, _, identifier = fact.stream.partition("-")
        if category == "cameo":
            before = cameos.get(identifier, NoCameo())
            cameos[identifier] = cameo.evolve(before, fact.event)
        elif category == "consent":
            consent = consents.get(identifier, Unopened())
            consents[identifier] = situations.evolve(consent, fact.event)
        elif category == "relations":
            known = accounts.get(identifier, NOBODY_YET)
            accounts[identifier] = relations.evolve(known, fact.event)
    return World(position, cameos, consents, accounts)
