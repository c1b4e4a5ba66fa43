"""A film is judged for the surface that it is meant for, and again before it is shown elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.consent.office import CastingOffice
from activities.consent.rehearsal import Rehearsal
from activities.export.orders import ExportCompletion, ExportOrder
from activities.ledger import Decision, Ledger
from activities.moderation.orders import CaseStanding
from activities.orders import Errand
from domain.account.handle import HANDLE, HandleClaimed
from domain.account.handles import handle_key
from domain.catalog import EVENTS
from domain.consent.commands import ChangeLimits
from domain.consent.decider import CONSENT
from domain.consent.refusals import CastNotPermitted
from domain.generation.brief import Brief
from domain.kernel.model import Event
from domain.kernel.surface import EXPORT as OUTSIDE
from domain.moderation.case import MODERATION
from domain.moderation.case_refusals import ContentBlocked, StillHeld, VerdictMissing
from domain.moderation.case_situations import Known
from domain.moderation.policy import AtSurface, Policy, Threshold
from domain.video.export import EXPORT, Asked, Completed
from infra.cli.consent_proofs import tell
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from tests import words
from tests.activities.house import TEST, House, a_house, a_video_id, an_errand
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    LIMITS,
    OWNER,
    of_two_adults,
    tier_changed,
)
from tests.domain.test_export import FILM, PROOF
from tests.workflows.screener import told_policy

SCUFFLE = "a scuffle [violence 300]"
FILMED = "a scuffle [film violence 300]"


def stricter(surface: str, revision: int = 2, **threshold: int) -> Policy:
    """The policy of the tests, which stops what it is told of sooner at one surface."""
    policy = told_policy(revision)
    own = AtSurface(surface=surface, threshold=Threshold(**threshold))
    first, *others = policy.rules
    rules = (first.model_copy(update={"surfaces": (own,)}), *others)
    return policy.model_copy(update={"rules": rules})


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A house whose policy in force is not so strict anywhere."""
    built = a_house(tmp_path)
    await built.judge("first", number=999)
    return built


async def judged_for(house: House, surface: str) -> CaseStanding:
    return await house.elsewhere.judge(await house.video(), surface, words.moment(200), TEST)


def an_order(name: str, **more: Any) -> dict[str, Any]:
    return {
        "export_id": words.an_id("exp"),
        "video_id": a_video_id(),
        "account_id": words.an_id("acc", 1),
        "command_id": f"export/{name}",
        "at": words.moment(300),
        "actor": "client/test",
        **more,
    }


def a_completion(case_id: str | None) -> ExportCompletion:
    proof = PROOF.model_copy(update={"parents": (a_video_id(),)})
    return ExportCompletion(**an_order("complete", film=FILM, proof=proof, case_id=case_id))


async def test_words_and_film_are_judged_at_the_surface_of_their_brief(house: House) -> None:
    await house.enforce(stricter("kids", hold=100, block=250))
    for number, prompt in enumerate((SCUFFLE, FILMED), 1):
        here = await house.film(prompt, number)
        assert (here.situation, here.surface) == ("allowed", "feed")
    words_there = await house.judge(SCUFFLE, 3, surface="kids")
    film_there = await house.film(FILMED, 4, surface="kids")
    for there in (words_there, film_there):
        assert (there.situation, there.surface, there.clause) == ("blocked", "kids", "VIOLENCE-1")


async def test_nothing_is_released_to_a_surface_that_it_was_not_judged_for(house: House) -> None:
    await house.film("a boat", surface="kids")
    with pytest.raises(VerdictMissing, match="surface kids, not for feed"):
        await house.release()
    await house.release(surface="kids")
    assert (await house.video()).surface == "kids"


async def test_what_humans_let_pass_for_one_surface_waits_for_another(house: House) -> None:
    held = await house.judge("a duel [violence 600]")
    await house.read(held, "allow")
    assert (await house.judge("a duel [violence 600]", 2)).situation == "allowed"
    assert (await house.judge("a duel [violence 600]", 3, surface="kids")).situation == "held"


async def test_a_stricter_surface_blocks_or_holds_and_nobody_looks_again(house: House) -> None:
    await house.film(FILMED)
    await house.release()
    asked = house.screener.asked
    await house.enforce(stricter("kids", block=250))
    blocked = await judged_for(house, "kids")
    assert (blocked.gate, blocked.situation, blocked.surface) == ("elsewhere", "blocked", "kids")
    assert await house.told(blocked.case_id) == ["content-blocked"]
    assert (await judged_for(house, "feed")).situation == "allowed"
    await house.enforce(stricter("kids", 3, hold=250))
    held = await judged_for(house, "kids")
    assert (held.situation, held.case_id != blocked.case_id) == ("held", True)
    assert house.screener.asked == asked
    assert await house.is_seen()  # where it is seen, it stays


async def test_a_refusal_elsewhere_can_be_appealed_and_then_stands_no_more(house: House) -> None:
    await house.film(FILMED)
    await house.release()
    await house.enforce(stricter("kids", block=250))
    await house.appeal(await judged_for(house, "kids"))
    refused = await judged_for(house, "kids")
    assert (await house.read(refused, "allow")).situation == "allowed"
    await house.enforce(stricter("kids", 3, block=200))
    assert (await judged_for(house, "kids")).situation == "allowed"


async def test_what_humans_let_pass_leaves_where_outside_is_not_stricter(house: House) -> None:
    held = await house.film("a duel [film violence 600]")
    await house.read(held, "allow")
    await house.release()
    case = await judged_for(house, OUTSIDE)
    state = (await house.ledger.state(MODERATION, case.case_id)).state
    assert isinstance(state, Known)
    assert (case.situation, state.verdict.outcome) == ("allowed", "hold")


async def test_an_export_is_recorded_with_what_stands_against_it_outside(house: House) -> None:
    await house.film(FILMED)
    await house.release()
    await house.enforce(stricter(OUTSIDE, block=250))
    begun = await house.exports.record_export(ExportOrder(**an_order("record")))
    assert begun.judged is not None
    assert (begun.judged.situation, begun.judged.surface) == ("blocked", "export")
    for case_id in (begun.judged.case_id, None):
        with pytest.raises(ContentBlocked, match="VIOLENCE-1, for the surface export"):
            await house.exports.complete_export(a_completion(case_id))
    state = (await house.ledger.state(EXPORT, words.an_id("exp"))).state
    assert type(state) is Asked


async def test_a_copy_leaves_once_humans_let_its_film_pass_outside(house: House) -> None:
    await house.film(FILMED)
    await house.release()
    await house.enforce(stricter(OUTSIDE, hold=250))
    begun = await house.exports.record_export(ExportOrder(**an_order("record")))
    assert begun.judged is not None
    with pytest.raises(StillHeld, match="for the surface export"):
        await house.exports.complete_export(a_completion(begun.judged.case_id))
    await house.read(begun.judged, "allow")
    await house.exports.complete_export(a_completion(begun.judged.case_id))
    state = (await house.ledger.state(EXPORT, words.an_id("exp"))).state
    assert isinstance(state, Completed)
    assert state.case_id == begun.judged.case_id


async def test_a_video_is_placed_where_its_findings_pass_and_nowhere_else(house: House) -> None:
    await house.film(FILMED)
    await house.release()
    await house.enforce(stricter("kids", block=250))
    refused = await house.place("kids")
    assert refused is not None
    assert (refused.situation, (await house.video()).surfaces) == ("blocked", ("feed",))
    assert await house.place("feed") is None
    there = await house.place("club")
    assert there is not None
    assert (there.situation, (await house.video()).surfaces) == ("allowed", ("feed", "club"))


async def test_a_video_that_is_held_for_a_surface_is_placed_once_humans_let_it_pass(
    house: House,
) -> None:
    await house.film(FILMED)
    await house.release()
    await house.enforce(stricter("kids", hold=250))
    held = await house.place("kids")
    assert held is not None
    assert (held.situation, (await house.video()).surfaces) == ("held", ("feed",))
    await house.read(held, "allow")
    await house.place("kids", "2")
    assert (await house.video()).surfaces == ("feed", "kids")


async def test_an_undo_ends_a_place_that_the_policy_before_would_not_have_allowed(
    house: House,
) -> None:
    await house.enforce(stricter("kids", block=250))
    await house.film(FILMED)
    await house.release()
    await house.enforce(told_policy(3))
    await house.place("kids")
    assert (await house.video()).surfaces == ("feed", "kids")
    until = words.moment(1000)
    done = await house.undo.undo(3, words.NOON, until, words.moment(2000))
    assert (done.changed, (await house.video()).surfaces) == (1, ("feed",))
    await house.undo.reverse(done.batch_id, words.moment(3000))
    assert (await house.video()).surfaces == ("feed", "kids")


async def test_a_policy_that_is_undone_has_copies_withheld_that_it_let_leave(house: House) -> None:
    await house.enforce(stricter(OUTSIDE, block=250))
    await house.film(FILMED)
    await house.release()
    await house.enforce(told_policy(3))
    begun = await house.exports.record_export(ExportOrder(**an_order("record")))
    assert begun.judged is not None
    await house.exports.complete_export(a_completion(begun.judged.case_id))
    await house.undo.undo(3, words.NOON, words.moment(1000), words.moment(2000))
    assert (await house.standing(begun.judged.case_id)).situation == "blocked"
    assert await house.is_seen()


async def test_consent_is_asked_for_the_surface_of_a_brief_and_the_dry_run_says_the_same() -> None:
    log, codec = MemoryEventLog(), CatalogCodec(EVENTS)
    told = of_two_adults().consent(tier_changed("everyone"))
    claimed = HandleClaimed(at=words.moment(), handle="pilot", account_id=OWNER, cameo_id=CAMEO)
    facts: list[tuple[str, Event]] = [(fact.stream, fact.event) for fact in told.facts]
    await tell(log, [*facts, (HANDLE.stream(handle_key("pilot")), claimed)])
    ledger, office = Ledger(log, codec), CastingOffice(log, codec)
    limits = ChangeLimits(
        command_id="limits",
        at=words.moment(1),
        account_id=OWNER,
        limits=LIMITS.model_copy(update={"surfaces": ("feed",)}),
    )
    await ledger.perform([Decision(CONSENT, CAMEO, limits)], TEST)
    for number, (surface, refused) in enumerate({"feed": (), "kids": ("surface-refused",)}.items()):
        brief = Brief(prompt="@pilot waves", surface=surface)
        errand = Errand(**an_errand("admit", number + 1) | {"account_id": CASTER})
        dry = await Rehearsal(ledger, office).admission(
            brief, CASTER, errand.generation_id, errand.at
        )
        assert [each.reasons for each in dry.verdicts] == [refused]
        if refused:
            with pytest.raises(CastNotPermitted, match="surface-refused"):
                await office.admit(errand, brief, TEST)
        else:
            await office.admit(errand, brief, TEST)
