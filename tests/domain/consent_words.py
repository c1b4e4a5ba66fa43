"""Ready-made people, cameos and consents for tests, told as facts of a log."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.account.relations import (
    AccountBlocked,
    AccountFollowed,
    AgeBand,
    AgeBandDeclared,
)
from domain.cameo.cameo import CameoVersion, References, SealedTemplate, VersionApproved
from domain.cameo.release import Kind
from domain.consent import events as consent
from domain.consent.plan import CastMember, CastPlan
from domain.consent.terms import Limits, Rule, Tier, a_year_after
from domain.consent.world import Fact, World, world_at
from domain.kernel.model import Event
from tests import words

OWNER, CASTER, OTHER = (words.an_id("acc", number) for number in (11, 12, 13))
CAMEO = words.an_id("cam", 21)
ANOTHER_CAMEO = words.an_id("cam", 22)
GENERATION = words.an_id("gen", 31)
EXPIRY = a_year_after(words.NOON)
LIMITS = Limits(expires_at=EXPIRY)


def a_version(number: int = 1) -> CameoVersion:
    return CameoVersion(
        number=number,
        enrolment_id=words.an_id("enr", 40 + number),
        references=References(stills=(words.a_file("image/jpeg", "f"),)),
        templates=(SealedTemplate(kind="face", key="templates/1", model="sface", version="1"),),
        destroy_by=EXPIRY,
    )


def version_approved(
    number: int = 1, cameo_id: str = CAMEO, owner_id: str = OWNER, kind: Kind = "person"
) -> VersionApproved:
    return VersionApproved(
        at=words.moment(),
        cameo_id=cameo_id,
        account_id=owner_id,
        kind=kind,
        version=a_version(number),
    )


def consent_opened(
    cameo_id: str = CAMEO, owner_id: str = OWNER, kind: Kind = "person"
) -> consent.ConsentOpened:
    return consent.ConsentOpened(
        at=words.moment(),
        cameo_id=cameo_id,
        owner_id=owner_id,
        kind=kind,
        tier="only-me",
        limits=LIMITS,
        revision=1,
    )


def tier_changed(tier: Tier, revision: int = 2) -> consent.TierChanged:
    return consent.TierChanged(at=words.moment(), cameo_id=CAMEO, tier=tier, revision=revision)


def use_reserved(
    generation_id: str = GENERATION,
    caster_id: str = CASTER,
    rule: Rule = "everyone",
    revision: int = 2,
) -> consent.UseReserved:
    return consent.UseReserved(
        at=words.moment(),
        cameo_id=CAMEO,
        generation_id=generation_id,
        caster_id=caster_id,
        version=1,
        rule=rule,
        counted=rule != "self",
        revision=revision,
        position=1,
    )


def follows(one: str, other: str) -> AccountFollowed:
    return AccountFollowed(at=words.moment(), account_id=one, other_id=other)


def blocks(one: str, other: str) -> AccountBlocked:
    return AccountBlocked(at=words.moment(), account_id=one, other_id=other)


def is_aged(account_id: str, band: AgeBand) -> AgeBandDeclared:
    return AgeBandDeclared(at=words.moment(), account_id=account_id, band=band)


@dataclass(frozen=True)
class Telling:
    """A log in the making: each event at the next position of its stream."""

    facts: tuple[Fact, ...] = field(default=())

    def then(self, stream: str, *events: Event) -> Telling:
        start = len(self.facts) + 1
        added = [Fact(stream, start + index, event) for index, event in enumerate(events)]
        return replace(self, facts=(*self.facts, *added))

    def consent(self, *events: Event) -> Telling:
        return self.then(f"consent-{CAMEO}", *events)

    def cameo(self, *events: Event) -> Telling:
        return self.then(f"cameo-{CAMEO}", *events)

    def relation(self, *events: AccountFollowed | AccountBlocked | AgeBandDeclared) -> Telling:
        told = self
        for event in events:
            told = told.then(f"relations-{event.account_id}", event)
        return told

    def world(self, position: int | None = None) -> World:
        return world_at(self.facts, len(self.facts) if position is None else position)


def of_two_adults() -> Telling:
    """An enrolled owner whose consent nobody has touched, and a caster."""
    return (
        Telling()
        .relation(is_aged(OWNER, "adult"), is_aged(CASTER, "adult"))
        .cameo(version_approved())
        .consent(consent_opened())
    )


def plan(
    caster_id: str = CASTER,
    at: datetime = words.NOON,
    generation_id: str = GENERATION,
    **more: object,
) -> CastPlan:
    asked = {"cast": (CastMember(cameo_id=CAMEO, version=1),), "plan_key": "p" * 64, **more}
    return CastPlan.model_validate(
        {"generation_id": generation_id, "caster_id": caster_id, "at": at, **asked}
    )
