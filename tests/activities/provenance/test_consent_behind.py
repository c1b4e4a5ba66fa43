"""Whether the consent behind a film is in force now, and nothing of whose it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from activities.consent.office import CastingOffice
from activities.ledger import Context, Decision, Ledger
from activities.orders import Errand
from activities.provenance.consent import ConsentBehind
from domain.account.handle import HANDLE, HandleClaimed
from domain.account.handles import handle_key
from domain.catalog import EVENTS
from domain.consent.commands import ChangeLimits, RevokeConsent
from domain.consent.decider import CONSENT
from domain.generation.brief import Brief, Shot
from domain.generation.events import VideoRequested
from domain.kernel.ids import sibling
from domain.kernel.model import Event
from domain.video.export import ExportRequested
from domain.video.video import VideoReleased, VideoRemoved
from infra.cli.consent_proofs import tell
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    EXPIRY,
    GENERATION,
    LIMITS,
    OWNER,
    of_two_adults,
    tier_changed,
)

CODEC = CatalogCodec(EVENTS)
CONTEXT = Context(f"account/{CASTER}", f"generation/{GENERATION}")
EXPORT = words.an_id("exp", 41)
VIDEO = sibling(GENERATION, "vid")
ALONE = words.an_id("gen", 99)
BRIEF = Brief(
    prompt="@pilot waves",
    shots=(Shot(prompt="@pilot waves", seconds=1.0, cast=("@pilot",)),),
    seed=7,
)


class Watch:
    """The clock of the one who asks."""

    now = words.moment(60)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def log() -> MemoryEventLog:
    """A film with one person in it, and one with nobody."""
    log = MemoryEventLog()
    told = of_two_adults().consent(tier_changed("everyone"))
    facts: list[tuple[str, Event]] = [(fact.stream, fact.event) for fact in told.facts]
    claimed = HandleClaimed(at=words.moment(), handle="pilot", account_id=OWNER, cameo_id=CAMEO)
    facts.append((HANDLE.stream(handle_key("pilot")), claimed))
    for generation_id, brief in ((GENERATION, BRIEF), (ALONE, words.BRIEF)):
        requested = VideoRequested(
            at=words.moment(), generation_id=generation_id, account_id=CASTER, brief=brief
        )
        facts.append((f"generation-{generation_id}", requested))
    released = VideoReleased(
        at=words.moment(9),
        video_id=VIDEO,
        generation_id=GENERATION,
        account_id=CASTER,
        rendition=words.RENDITION,
    )
    await tell(log, [*facts, (f"video-{VIDEO}", released)])
    errand = Errand(
        generation_id=GENERATION,
        account_id=CASTER,
        command_id="admit",
        at=words.moment(1),
        actor="test",
    )
    await CastingOffice(log, CODEC).admit(errand, BRIEF, CONTEXT)
    return log


@pytest.fixture
def behind(log: MemoryEventLog) -> ConsentBehind:
    return ConsentBehind(Ledger(log, CODEC), CastingOffice(log, CODEC), Watch())


async def test_a_consent_that_nobody_touched_is_in_force(behind: ConsentBehind) -> None:
    assert await behind.now(GENERATION) == await behind.now(VIDEO) == "in-force"


async def test_a_consent_that_was_revoked_is_not(
    log: MemoryEventLog, behind: ConsentBehind
) -> None:
    revoke = RevokeConsent(
        command_id="revoke", at=words.moment(30), account_id=OWNER, reason="mine"
    )
    await Ledger(log, CODEC).perform([Decision(CONSENT, CAMEO, revoke)], CONTEXT)
    assert await behind.now(VIDEO) == "withdrawn"


async def test_a_consent_that_ran_out_is_not(log: MemoryEventLog) -> None:
    watch = Watch()
    watch.now = EXPIRY + timedelta(seconds=1)
    behind = ConsentBehind(Ledger(log, CODEC), CastingOffice(log, CODEC), watch)
    assert await behind.now(VIDEO) == "withdrawn"


async def test_an_export_is_asked_about_as_one(log: MemoryEventLog, behind: ConsentBehind) -> None:
    asked = ExportRequested(
        at=words.moment(10), export_id=EXPORT, video_id=VIDEO, account_id=CASTER
    )
    await tell(log, [(f"export-{EXPORT}", asked)], "export")
    assert await behind.now(EXPORT) == "in-force"
    at_home = LIMITS.model_copy(update={"surfaces": ("feed",)})
    limits = ChangeLimits(
        command_id="limits", at=words.moment(20), account_id=OWNER, limits=at_home
    )
    await Ledger(log, CODEC).perform([Decision(CONSENT, CAMEO, limits)], CONTEXT)
    assert await behind.now(EXPORT) == "withdrawn"
    assert await behind.now(VIDEO) == "in-force"


async def test_a_video_that_was_taken_down_is_called_that(
    log: MemoryEventLog, behind: ConsentBehind
) -> None:
    gone = VideoRemoved(
        at=words.moment(20),
        video_id=VIDEO,
        generation_id=GENERATION,
        account_id=CASTER,
        reason="owner-asked",
    )
    await tell(log, [(f"video-{VIDEO}", gone)], "gone")
    assert await behind.now(VIDEO) == "taken-down"


async def test_where_nobody_was_cast_no_consent_was_needed(behind: ConsentBehind) -> None:
    assert await behind.now(ALONE) == "nobody-cast"


async def test_what_the_log_does_not_know_is_unknown(behind: ConsentBehind) -> None:
    for artefact_id in (words.an_id("vid", 5), words.an_id("gen", 5), "art_1", ""):
        assert await behind.now(artefact_id) == "unknown"
