"""A cameo that many want: long lists, many follows and ten thousand uses, for measuring a check."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.account.relations import AccountFollowed, AgeBandDeclared
from domain.cameo.cameo import CameoVersion, References, VersionApproved
from domain.consent.events import (
    CasterApproved,
    CasterDenied,
    ConsentOpened,
    TierChanged,
    UseReserved,
)
from domain.consent.plan import CastMember, CastPlan
from domain.consent.terms import LISTED_MAX, Limits
from domain.consent.world import Fact
from domain.kernel.ids import mint
from domain.kernel.model import Event
from infra.cli.consent_worlds import BEGIN, STILL

USES: Final = 10_000
FOLLOWS: Final = 5_000


def crowd() -> tuple[list[Fact], CastPlan]:
    """Its facts, and the plan of a mutual who wants to cast it too."""
    owner, caster, cameo = _id("acc", 1), _id("acc", 2), _id("cam", 3)
    told: list[tuple[str, Event]] = [
        (f"relations-{each}", AgeBandDeclared(at=BEGIN, account_id=each, band="adult"))
        for each in (owner, caster)
    ]
    told += [(f"relations-{owner}", _follow(owner, _id("acc", 10 + n))) for n in range(FOLLOWS)]
    told += [(f"relations-{owner}", _follow(owner, caster))]
    told += [(f"relations-{caster}", _follow(caster, owner))]
    told += [(f"cameo-{cameo}", _enrolled(owner, cameo))]
    told += [(f"consent-{cameo}", each) for each in _consented(owner, cameo)]
    facts = [Fact(stream, index, event) for index, (stream, event) in enumerate(told, 1)]
    plan = CastPlan(
        generation_id=_id("gen", 5),
        caster_id=caster,
        plan_key="p" * 64,
        cast=(CastMember(cameo_id=cameo, version=1),),
        at=BEGIN + timedelta(days=1),
    )
    return facts, plan


def _consented(owner: str, cameo: str) -> list[Event]:
    limits = Limits(expires_at=BEGIN + timedelta(days=365))
    opened = ConsentOpened(
        at=BEGIN,
        cameo_id=cameo,
        owner_id=owner,
        kind="person",
        tier="only-me",
        limits=limits,
        revision=1,
    )
    told: list[Event] = [opened, TierChanged(at=BEGIN, cameo_id=cameo, tier="mutuals", revision=2)]
    for number in range(LISTED_MAX):
        for kind, offset in ((CasterApproved, 20_000), (CasterDenied, 40_000)):
            listed, revision = _id("acc", offset + number), len(told) + 1
            told.append(kind(at=BEGIN, cameo_id=cameo, caster_id=listed, revision=revision))
    revision = len(told)
    told += [
        UseReserved(
            at=BEGIN,
            cameo_id=cameo,
            generation_id=_id("gen", 100 + number),
            caster_id=_id("acc", 10 + number % FOLLOWS),
            version=1,
            rule="mutual",
            counted=True,
            revision=revision,
            position=1,
        )
        for number in range(USES)
    ]
    return told


def _enrolled(owner: str, cameo: str) -> VersionApproved:
    version = CameoVersion(
        number=1,
        enrolment_id=_id("enr", 4),
        references=References(stills=(STILL,)),
        destroy_by=BEGIN + timedelta(days=365),
    )
    return VersionApproved(
        at=BEGIN, cameo_id=cameo, account_id=owner, kind="person", version=version
    )


def _follow(one: str, other: str) -> AccountFollowed:
    return AccountFollowed(at=BEGIN, account_id=one, other_id=other)


def _id(prefix: str, number: int) -> str:
    return mint(prefix, BEGIN, number.to_bytes(10, "big"))
