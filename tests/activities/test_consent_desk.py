"""The consent desk admits a cast exactly, writes down why, and never on facts that have moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from activities.consent.desk import ConsentDesk, FactsMoved
from activities.consent.office import CastingOffice
from activities.ledger import Context, Decision, Ledger
from activities.orders import Errand, ReleaseOrder
from domain.account.handle import HANDLE, HandleClaimed
from domain.account.handles import handle_key
from domain.account.relating import RELATIONS, BlockAccount, FollowAccount
from domain.cameo.keeping import CAMEO as CAMEO_DECIDER
from domain.cameo.keeping import SuspendCameo
from domain.catalog import EVENTS
from domain.consent.appearance import APPEARANCE, Appearing, appearance_id
from domain.consent.casting import CASTING
from domain.consent.commands import ChangeLimits, ReleaseUse, RevokeConsent
from domain.consent.decider import CONSENT
from domain.consent.events import PreferencesRestated
from domain.consent.plan import CastMember
from domain.consent.preferences import Preferences
from domain.consent.refusals import CalledUnknown, CastNotPermitted
from domain.consent.roles import AdmittedCast, Role, brief_key, plan_key
from domain.consent.situations import Held
from domain.generation.brief import Brief
from domain.generation.decider import GENERATION
from domain.kernel.envelope import RecordedEvent
from domain.kernel.model import Command
from domain.kernel.ports import Appended, StreamAppend, StreamCheck
from infra import receipts
from infra.cli.consent_proofs import dry_run_equals_admission, race_for_budget, tell
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.domain.consent_words import (
    ANOTHER_CAMEO,
    CAMEO,
    CASTER,
    LIMITS,
    OTHER,
    OWNER,
    Telling,
    consent_opened,
    of_two_adults,
    plan,
    tier_changed,
    version_approved,
)
from tests.domain.consent_words import (
    GENERATION as GENERATION_ID,
)

CODEC = CatalogCodec(EVENTS)
CONTEXT = Context(f"account/{CASTER}", f"generation/{GENERATION_ID}")
everyone = of_two_adults().consent(tier_changed("everyone"))
owners: dict[str, Any] = {"command_id": "owner", "at": words.moment(), "account_id": OWNER}


class Interrupted(MemoryEventLog):
    """A log in which others do something just before the next append."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Decision] = []
        self.asked: dict[str, int] = {}

    async def append(
        self, appends: Sequence[StreamAppend], checks: Sequence[StreamCheck] = ()
    ) -> Appended:
        waiting, self.meanwhile = self.meanwhile, []
        if waiting:
            await Ledger(self, CODEC).perform(waiting, CONTEXT)
        return await super().append(appends, checks)

    async def read_stream(
        self, stream: str, after: int = -1, limit: int | None = None
    ) -> list[RecordedEvent]:
        self.asked[stream] = after
        return await super().read_stream(stream, after, limit)


@pytest.fixture
def log() -> Interrupted:
    return Interrupted()


@pytest.fixture
def desk(log: Interrupted) -> ConsentDesk:
    return ConsentDesk(log, CODEC)


async def given(log: Interrupted, told: Telling) -> None:
    await tell(log, [(fact.stream, fact.event) for fact in told.facts])


async def perform(log: Interrupted, decider: Any, identifier: str, command: Command) -> None:
    await Ledger(log, CODEC).perform([Decision(decider, identifier, command)], CONTEXT)


async def events_of(log: Interrupted, stream: str) -> list[str]:
    return [each.type for each in await log.read_stream(stream)]


async def used(log: Interrupted) -> int:
    state = (await Ledger(log, CODEC).state(CONSENT, CAMEO)).state
    return int(getattr(state, "used", 0))


async def test_an_admission_reserves_the_use_and_records_the_decision_in_one_append(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    before = await log.head()
    answer = await desk.admit(plan(), "admit", CONTEXT)
    assert answer.decision.permitted
    assert answer.decision.position == before
    written = await log.read_all(before)
    assert [each.type for each in written] == ["consent-use-reserved.v1", "casting-decided.v1"]
    assert (await desk.look(plan(), "gpu-start")).decision.permitted


async def test_a_refused_admission_is_recorded_and_reserves_nothing(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, of_two_adults())
    answer = await desk.admit(plan(), "admit", CONTEXT)
    assert answer.decision.verdicts[0].reasons == ("not-the-owner",)
    assert await used(log) == 0
    assert await events_of(log, f"casting-{GENERATION_ID}") == ["casting-decided.v1"]


async def test_admitting_twice_gives_the_first_answer(log: Interrupted, desk: ConsentDesk) -> None:
    await given(log, everyone)
    first = await desk.admit(plan(), "admit", CONTEXT)
    await perform(log, CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))
    head = await log.head()
    later = plan(at=words.NOON + timedelta(minutes=5))
    again = await desk.admit(later, "admit", CONTEXT)
    assert again.decision == first.decision
    assert again.receipts() == first.receipts()
    assert await log.head() == head
    assert not (await desk.look(later, "gpu-start")).decision.permitted


async def test_two_cameos_are_reserved_together_or_not_at_all(
    log: Interrupted, desk: ConsentDesk
) -> None:
    other = everyone.then(f"cameo-{ANOTHER_CAMEO}", version_approved(cameo_id=ANOTHER_CAMEO))
    await given(log, other.then(f"consent-{ANOTHER_CAMEO}", consent_opened(ANOTHER_CAMEO)))
    cast = (CastMember(cameo_id=CAMEO, version=1), CastMember(cameo_id=ANOTHER_CAMEO, version=1))
    answer = await desk.admit(plan(cast=cast), "admit", CONTEXT)
    assert not answer.decision.permitted
    assert await used(log) == 0
    owner = plan(OWNER, cast=cast, generation_id=words.an_id("gen", 2))
    assert (await desk.admit(owner, "own", CONTEXT)).decision.permitted


@pytest.mark.parametrize(
    ("decider", "identifier", "command", "reason"),
    [
        (
            RELATIONS,
            OWNER,
            BlockAccount(**owners, other_id=CASTER),
            "caster-blocked",
        ),
        (CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"), "consent-revoked"),
        (
            CONSENT,
            CAMEO,
            ChangeLimits(**owners, limits=LIMITS.model_copy(update={"uses_max": 0})),
            "budget-exhausted",
        ),
        (
            CAMEO_DECIDER,
            CAMEO,
            SuspendCameo(command_id="s", at=words.moment(), reason="rescored", alarm="rescore"),
            "cameo-suspended",
        ),
    ],
)
async def test_what_changes_between_the_check_and_the_append_counts(
    log: Interrupted,
    desk: ConsentDesk,
    decider: Any,
    identifier: str,
    command: Command,
    reason: str,
) -> None:
    await given(log, everyone)
    log.meanwhile = [Decision(decider, identifier, command)]
    answer = await desk.admit(plan(), "admit", CONTEXT)
    assert reason in answer.decision.verdicts[0].reasons
    assert await used(log) == 0


async def test_a_check_reads_four_streams_and_the_second_time_only_news(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    assert (await desk.look(plan(), "admission")).decision.permitted
    streams = {f"relations-{CASTER}", f"relations-{OWNER}", f"cameo-{CAMEO}", f"consent-{CAMEO}"}
    assert set(log.asked) == streams
    log.asked.clear()
    await desk.look(plan(), "admission")
    assert {stream: log.asked[stream] for stream in streams} == {
        f"relations-{CASTER}": 0,
        f"relations-{OWNER}": 0,
        f"cameo-{CAMEO}": 0,
        f"consent-{CAMEO}": 1,
    }, "revisions after which the streams were read"


async def test_what_is_kept_answers_no_question_about_an_earlier_position(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    before = await log.head()
    await perform(log, CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))
    assert not (await desk.look(plan(), "admission")).decision.permitted
    assert (await desk.look(plan(), "admission", before)).decision.permitted
    assert not (await desk.look(plan(), "admission")).decision.permitted
    fresh = ConsentDesk(log, CODEC)
    assert (await fresh.look(plan(), "admission", before)).decision.permitted
    assert not (await fresh.look(plan(), "admission")).decision.permitted


async def test_a_change_that_does_not_matter_delays_nothing_but_is_seen(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    follow = FollowAccount(**{**owners, "account_id": CASTER}, other_id=OTHER)
    log.meanwhile = [Decision(RELATIONS, CASTER, follow)]
    assert (await desk.admit(plan(), "admit", CONTEXT)).decision.permitted
    assert await used(log) == 1


async def test_an_append_that_rests_on_an_answer_fails_when_it_no_longer_holds(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    await desk.admit(plan(), "admit", CONTEXT)
    answer = await desk.look(plan(), "publish")
    assert answer.decision.permitted
    request = Decision(GENERATION, words.GENERATION_ID, words.request_video())
    another = plan(generation_id=words.an_id("gen", 77))
    await desk.admit(another, "other", CONTEXT)  # uses of others do not matter
    await perform(log, CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))
    with pytest.raises(FactsMoved):
        await Ledger(log, CODEC).perform([request], CONTEXT, answer.guards())
    assert await events_of(log, f"generation-{words.GENERATION_ID}") == []


async def test_uses_of_others_do_not_stop_an_append_that_rests_on_an_answer(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    await desk.admit(plan(), "admit", CONTEXT)
    answer = await desk.look(plan(), "publish")
    await desk.admit(plan(generation_id=words.an_id("gen", 77)), "other", CONTEXT)
    request = Decision(GENERATION, words.GENERATION_ID, words.request_video())
    await Ledger(log, CODEC).perform([request], CONTEXT, answer.guards())
    assert await events_of(log, f"generation-{words.GENERATION_ID}") == ["video-requested.v1"]


async def test_a_use_that_is_given_back_makes_room(log: Interrupted, desk: ConsentDesk) -> None:
    await given(log, everyone)
    one = LIMITS.model_copy(update={"uses_max": 1})
    await perform(log, CONSENT, CAMEO, ChangeLimits(**owners, limits=one))
    assert (await desk.admit(plan(), "first", CONTEXT)).decision.permitted
    second, third = (plan(generation_id=words.an_id("gen", each)) for each in (72, 73))
    assert not (await desk.admit(second, "second", CONTEXT)).decision.permitted
    release = ReleaseUse(
        command_id="r", at=words.moment(), generation_id=GENERATION_ID, reason="failed"
    )
    await perform(log, CONSENT, CAMEO, release)
    assert (await desk.admit(third, "third", CONTEXT)).decision.permitted


async def test_receipts_are_signed_and_kept_one_for_each_person(
    log: Interrupted, desk: ConsentDesk, office: CastingOffice, tmp_path: Any
) -> None:
    await given(log, everyone)
    keys = receipts.ensure(tmp_path)
    await desk.admit(plan(), "admit", CONTEXT)
    for _ in range(2):
        await office.release(a_release(), CAST, [REQUEST], CONTEXT)
    casting = (await Ledger(log, CODEC).state(CASTING, GENERATION_ID)).state
    [kept] = casting.receipts
    assert receipts.verify(kept, keys.public_keys)
    assert kept.receipt.cameo_id == CAMEO
    stored = b"".join(each.data for each in await log.read_stream(f"casting-{GENERATION_ID}"))
    assert kept.receipt.receipt_id.encode() in stored


async def test_a_decision_at_a_later_door_is_recorded_too(
    log: Interrupted, desk: ConsentDesk
) -> None:
    await given(log, everyone)
    await desk.admit(plan(), "admit", CONTEXT)
    await perform(log, CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))
    answer = await desk.look(plan(), "gpu-start")
    await desk.record(answer, "start", CONTEXT)
    casting = (await Ledger(log, CODEC).state(CASTING, GENERATION_ID)).state
    assert [each.permitted for each in casting.decisions] == [True, False]


ROLE = Role(handle="@ada", cameo_id=CAMEO, version=1, owner_id=OWNER, speaks=False)
CAST = AdmittedCast(roles=(ROLE,), plan_key="p" * 64, position=1)
REQUEST = Decision(GENERATION, GENERATION_ID, words.request_video())


@pytest.fixture
def office(log: Interrupted, tmp_path: Any) -> CastingOffice:
    return CastingOffice(log, CODEC, receipts.ensure(tmp_path))


def a_release(command_id: str = "publish") -> ReleaseOrder:
    return ReleaseOrder(
        generation_id=GENERATION_ID,
        account_id=CASTER,
        command_id=command_id,
        at=words.moment(),
        actor=f"account/{CASTER}",
        video_id=words.VIDEO_ID,
        rendition=words.RENDITION,
        brief=words.BRIEF,
        cast=CAST,
    )


async def test_what_rests_on_consent_is_done_in_the_append_that_says_why_it_may(
    log: Interrupted, desk: ConsentDesk, office: CastingOffice
) -> None:
    await given(log, everyone)
    await desk.admit(plan(), "admit", CONTEXT)
    before = await log.head()
    await office.release(a_release(), CAST, [REQUEST], CONTEXT)
    written = [each.type for each in await log.read_all(before)]
    assert written[:2] == ["video-requested.v1", "casting-decided.v1"]
    assert "consent-receipt-issued.v1" in written
    await perform(log, CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))
    with pytest.raises(CastNotPermitted, match="consent-revoked"):
        await office.release(a_release("publish anew"), CAST, [REQUEST], CONTEXT)


async def test_an_admission_is_recorded_under_its_brief_its_cast_and_their_wishes(
    log: Interrupted, office: CastingOffice
) -> None:
    stated = Preferences(version=1, wishes=(), salt="5a" * 32)
    restated = PreferencesRestated(
        at=words.moment(), cameo_id=CAMEO, preferences=stated, sha256=stated.sha256, revision=3
    )
    await given(log, everyone.consent(restated))
    brief, errand = await _called_ada(log)
    first = await office.admit(errand, brief, CONTEXT)
    [decided] = (await Ledger(log, CODEC).state(CASTING, GENERATION_ID)).state.decisions
    assert decided.plan_key == first.plan_key == plan_key(brief, decided.decision.verdicts)
    assert await office.admit(errand, brief, CONTEXT) == first
    assert (await office.called(brief, CASTER, decided)).plan_key == first.plan_key


async def test_what_was_admitted_under_the_key_of_its_brief_keeps_it(
    log: Interrupted, desk: ConsentDesk, office: CastingOffice
) -> None:
    await given(log, everyone)
    brief, errand = await _called_ada(log)
    await desk.admit(plan(plan_key=brief_key(brief)), "admit", CONTEXT)
    again = await office.admit(errand, brief, CONTEXT)
    assert again.plan_key == brief_key(brief)
    assert len((await Ledger(log, CODEC).state(CASTING, GENERATION_ID)).state.decisions) == 1


async def _called_ada(log: Interrupted) -> tuple[Brief, Errand]:
    """A brief that calls the cameo by its handle, and the errand of its admission."""
    claimed = HandleClaimed(at=words.moment(), handle="ada.x", account_id=OWNER, cameo_id=CAMEO)
    await tell(log, [(HANDLE.stream(handle_key("@ada.x")), claimed)], "claims")
    errand = Errand(**a_release("admit").model_dump(include=set(Errand.model_fields)))
    return Brief(prompt="@ada.x dances"), errand


async def test_whoever_is_called_beside_somebody_unknown_hears_of_the_attempt(
    log: Interrupted, office: CastingOffice
) -> None:
    await given(log, everyone)
    _, errand = await _called_ada(log)
    brief = Brief(prompt="@ada.x and @nobody.x dance")
    for _ in range(2):
        with pytest.raises(CalledUnknown, match="number 2"):
            await office.admit(errand, brief, CONTEXT)
    ledger = Ledger(log, CODEC)
    [decided] = (await ledger.state(CASTING, GENERATION_ID)).state.decisions
    assert (decided.permitted, decided.decision.unknown) == (False, 1)
    assert [each.permitted for each in decided.decision.verdicts] == [True]
    consent = (await ledger.state(CONSENT, CAMEO)).state
    assert isinstance(consent, Held)
    assert GENERATION_ID not in consent.uses
    seen = (await ledger.state(APPEARANCE, appearance_id(GENERATION_ID, CAMEO))).state
    assert isinstance(seen, Appearing)
    assert (seen.noted.owner_id, seen.noted.turn) == (OWNER, "blocked")


async def test_a_revocation_in_the_last_moment_stops_the_append(
    log: Interrupted, desk: ConsentDesk, office: CastingOffice
) -> None:
    await given(log, everyone)
    await desk.admit(plan(), "admit", CONTEXT)
    log.meanwhile = [Decision(CONSENT, CAMEO, RevokeConsent(**owners, reason="mine"))]
    with pytest.raises(CastNotPermitted, match="consent-revoked"):
        await office.release(a_release(), CAST, [REQUEST], CONTEXT)
    assert await events_of(log, f"generation-{GENERATION_ID}") == []
    decided = await events_of(log, f"casting-{GENERATION_ID}")
    assert decided == ["casting-decided.v1", "casting-decided.v1"]


async def test_dry_run_equals_admission_in_random_worlds() -> None:
    found = await dry_run_equals_admission(worlds=300, seed=17)
    assert found.differences == 0
    assert found.permitted >= 20, "worlds in which nothing is permitted would prove little"


async def test_a_budget_of_seven_admits_seven_of_a_hundred() -> None:
    log = MemoryEventLog()
    race = await race_for_budget([log] * 3, requests=100, budget=7)
    assert (race.admitted, race.reserved, race.refused) == (7, 7, 93)
