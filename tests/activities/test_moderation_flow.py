"""Judging, what-if and undo on a log: what is written, and what is not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ledger import Decision
from activities.moderation import recorded, undoing
from activities.moderation.orders import CaseStanding
from activities.moderation.policies import publish
from activities.moderation.undoing import Undone, Waiting
from domain.generation.brief import Line
from domain.kernel.ports import LogUnavailable
from domain.moderation.case import MODERATION
from domain.moderation.policy import Policy, Protected, Threshold
from domain.moderation.publishing import (
    HOUSE,
    PUBLISHING,
    NoPolicyInForce,
    PolicyLaxWhenCast,
    RevertPolicy,
)
from domain.moderation.undoing import UndoWasReversed
from tests import words
from tests.activities.house import TEST, House, a_house
from tests.workflows.screener import NAME, ToldScreener, told_policy


@pytest.fixture
def house(tmp_path: Path) -> House:
    return a_house(tmp_path)


async def appealed_and_reinstated(house: House, standing: CaseStanding) -> CaseStanding:
    await house.appeal(standing)
    return await house.read(standing, "allow")


async def test_a_refusal_and_its_notice_are_one_append(house: House) -> None:
    refused = await house.judge("a battle [violence 900]")
    assert (refused.situation, refused.clause) == ("blocked", "VIOLENCE-1")
    assert await house.told(refused.case_id) == ["content-blocked"]
    events = await house.log.read_all(limit=1000)
    *_, verdict, notice = events
    assert verdict.type == "verdict-reached.v1"
    assert notice.metadata.causation_id == verdict.metadata.causation_id


async def test_looking_twice_writes_once(house: House) -> None:
    first = await house.judge("a battle [violence 600]")
    assert await house.judge("a battle [violence 600]") == first
    assert len(await house.log.read_stream(f"moderation-{first.case_id}")) == 2


async def test_a_line_is_refused_at_its_second(house: House) -> None:
    line = Line(text="We hate them [hate 900]", at=2.5)
    refused = await house.judge("two people talk", lines=[line])
    assert refused.where == "line-1.1, seconds 2.5 to 3.42"


async def test_what_nobody_could_look_at_waits_for_a_human(house: House) -> None:
    house.screener.broken = True
    assert (await house.judge("anything")).situation == "held"


async def test_no_word_of_a_prompt_stands_in_the_log(house: House) -> None:
    await house.judge("a zebra on a bicycle [violence 900]")
    assert not any(b"zebra" in each.data for each in await house.log.read_all(limit=1000))


async def test_what_humans_let_pass_is_not_stopped_again_but_only_for_that_account(
    house: House,
) -> None:
    refused = await house.judge("chess battle [violence 900]")
    reinstated = await appealed_and_reinstated(house, refused)
    assert reinstated.situation == "allowed"
    assert await house.told(refused.case_id) == ["content-blocked", "content-reinstated"]
    again = await house.judge("chess battle [violence 900]", number=2)
    assert again.situation == "allowed"
    assert await house.told(again.case_id) == []
    another = await house.judge("chess battle [violence 900]", number=3, account=2)
    assert another.situation == "blocked"


async def test_a_policy_in_the_shadow_decides_nothing_and_is_written_beside(house: House) -> None:
    await house.judge("first")
    await publish(house.ledger, told_policy(2, block=100), "publish/2", words.NOON, TEST)
    passed = await house.judge("a scuffle [violence 300]", number=2)
    assert passed.situation == "allowed"
    [*_, reached] = await house.ledger.events(MODERATION, passed.case_id)
    assert reached.watched.outcome == "block"  # type: ignore[attr-defined]


async def test_the_shadow_is_judged_by_whom_it_protects_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.judge("first")
    names = Protected(name="Captain", kind="character")
    shadow = told_policy(2, block=100, protected=(names,))
    await publish(house.ledger, shadow, "publish/2", words.NOON, TEST)
    finder = ToldScreener("1+captain")
    monkeypatch.setattr(
        house.screener, "under", lambda policy: finder if policy.protected else house.screener
    )
    monkeypatch.setattr(house.screener, "deaf", True)
    passed = await house.judge("a captain [violence 300]", number=2)
    [*_, reached] = await house.ledger.events(MODERATION, passed.case_id)
    assert passed.situation == "allowed"
    assert reached.verdict.grounds == ()  # type: ignore[attr-defined]
    assert reached.watched.outcome == "block"  # type: ignore[attr-defined]


async def test_one_rollback_brings_the_policy_before_back(house: House) -> None:
    await house.judge("first")
    await house.enforce(told_policy(2, block=100))
    assert (await house.judge("a scuffle [violence 300]", number=2)).situation == "blocked"
    back = RevertPolicy(command_id="back", at=words.NOON, revision=2, because="over-blocks")
    await house.ledger.perform([Decision(PUBLISHING, HOUSE, back)], TEST)
    assert (await house.judge("a scuffle [violence 300]", number=3)).situation == "allowed"


def asked_by_many_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on others get a turn whenever somebody reads the log, as with a server."""
    read = house.log.read_stream

    async def read_and_let_others_read(*arguments: Any, **more: Any) -> Any:
        found = await read(*arguments, **more)
        await asyncio.sleep(0)
        return found

    monkeypatch.setattr(house.log, "read_stream", read_and_let_others_read)


async def test_a_rollback_holds_for_whoever_read_the_policies_while_others_did(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.judge("first")
    asked_by_many_at_once(house, monkeypatch)
    await house.enforce(told_policy(2, block=100))
    await asyncio.gather(*(house.policies.policies() for _ in range(3)))
    assert (await house.policies.policies()).enforced == (1, 2)
    back = RevertPolicy(command_id="back", at=words.NOON, revision=2, because="over-blocks")
    await house.ledger.perform([Decision(PUBLISHING, HOUSE, back)], TEST)
    assert (await house.policies.policies()).in_force.revision == 1
    assert (await house.judge("a scuffle [violence 300]", number=2)).situation == "allowed"


async def test_the_packaged_policy_decides_for_whoever_asks_first_and_all_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_by_many_at_once(house, monkeypatch)
    many = [house.judge(f"a duel [violence {600 + each}]", each) for each in range(1, 6)]
    assert {each.situation for each in await asyncio.gather(*many)} == {"held"}
    assert (await house.policies.policies()).enforced == (1,)


async def test_a_house_that_died_between_publishing_and_enforcing_goes_on(house: House) -> None:
    await publish(house.ledger, told_policy(), "policy/packaged", words.NOON, TEST)
    assert (await house.judge("a duel [violence 600]")).situation == "held"


async def test_somebody_elses_first_policy_is_not_enforced_for_them(house: House) -> None:
    mine = told_policy(block=100)
    await publish(house.ledger, mine, "publish/1", words.NOON, TEST)
    with pytest.raises(NoPolicyInForce):
        await house.judge("a duel [violence 600]")


def lax_where_only_a_real_detector_finds() -> Policy:
    """Its own examples, which no real detector found, do not reach the rule that is at fault.

    No file can say this: a rule that is laxer when strict is refused when it is read.
    """
    policy = told_policy(2)
    rule = policy.rules[0].model_copy(
        update={
            "detectors": (NAME,),
            "default": Threshold(block=300),
            "strict": Threshold(hold=900),
        }
    )
    return policy.model_copy(update={"rules": (rule, *policy.rules[1:])})


async def test_a_policy_is_tried_on_what_was_examined_of_late(tmp_path: Path) -> None:
    house, calm = a_house(tmp_path / "one"), a_house(tmp_path / "calm")
    lax = lax_where_only_a_real_detector_finds()
    for each, prompt in ((house, "a scuffle [violence 400]"), (calm, "a boat")):
        await each.judge(prompt)
    seen = await calm.policies.examined()
    await publish(calm.ledger, lax, "publish/2", words.NOON, TEST, seen)
    seen = await house.policies.examined()
    with pytest.raises(PolicyLaxWhenCast, match="2 of"):
        await publish(house.ledger, lax, "publish/2", words.NOON, TEST, seen)
    assert 2 not in (await house.policies.policies()).published


async def test_only_the_contents_examined_last_are_looked_up_and_equals_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, score in enumerate((100, 200, 300, 300), 1):
        await house.judge(f"scene {number} [violence {score}]", number)
    monkeypatch.setattr(recorded, "BATCH_EVENTS", 3)
    assert await scores_of(house, 2) == {300}
    assert await scores_of(house, 3) == {200, 300}
    assert await scores_of(house, 1000) == {100, 200, 300}
    assert len(await house.policies.examined(2)) == len(await house.policies.examined(1)) == 2
    monkeypatch.setattr(recorded, "BATCHES_MAX", 1)
    assert not await house.policies.examined()


async def scores_of(house: House, count: int) -> set[int]:
    """What was found in the last contents."""
    return {found.score for each, _ in await house.policies.examined(count) for found in each.found}


async def some_days(house: House, count: int = 30) -> None:
    """The same requests of five accounts."""
    for number in range(1, count + 1):
        score = number * 31 % 1000
        await house.judge(f"scene {number} [violence {score}]", number, account=number % 5 + 1)


async def test_what_if_writes_nothing_and_gives_one_hash_twice(house: House) -> None:
    await some_days(house)
    head = await house.log.head()
    told = await house.comparer().compare(told_policy(2, block=300), words.NOON)
    again = await house.comparer().compare(told_policy(2, block=300), words.NOON)
    assert told == again
    assert await house.log.head() == head
    assert told.cases == 30
    assert told.newly_blocked > 5


async def test_only_a_detector_that_changed_looks_again(house: House) -> None:
    await some_days(house, 4)
    same, newer = ToldScreener("1"), ToldScreener("2")
    assert (await house.comparer(same).compare(told_policy(2), words.NOON)).rerun == 0
    assert same.asked == 0
    assert (await house.comparer(newer).compare(told_policy(2), words.NOON)).rerun == 4
    assert newer.asked == 4


async def test_items_of_erased_people_drop_out_and_are_counted(house: House) -> None:
    await some_days(house)
    await house.vault.destroy(words.an_id("acc", 2))
    told = await house.comparer().compare(told_policy(2), words.NOON)
    assert (told.cases, told.erased) == (24, 6)


async def test_a_later_period_holds_nothing_of_an_earlier_one(house: House) -> None:
    await some_days(house)
    told = await house.comparer().compare(told_policy(2), words.moment(21))
    assert told.cases == 10


SINCE, UNTIL = words.NOON, words.NOON + timedelta(days=1)


async def undone(house: House) -> Undone:
    return await house.undo.undo(2, SINCE, UNTIL, words.moment(9000))


async def test_after_an_undo_everything_stands_as_without_the_revision(tmp_path: Path) -> None:
    one, other = a_house(tmp_path / "one"), a_house(tmp_path / "other")
    for each in (one, other):
        await each.judge("first", number=999)
    await one.enforce(told_policy(2, block=100))
    await asyncio.gather(some_days(one), some_days(other))
    assert await one.outcomes() != await other.outcomes()
    done = await undone(one)
    assert await one.outcomes() == await other.outcomes()
    assert (done.instead, done.cases) == (1, 30)
    assert 0 < done.changed < 30


async def test_an_undo_judges_by_no_policy_that_was_rolled_back(house: House) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    back = RevertPolicy(command_id="back", at=words.NOON, revision=2, because="over-blocks")
    await house.ledger.perform([Decision(PUBLISHING, HOUSE, back)], TEST)
    await house.enforce(told_policy(3, block=200))
    refused = await house.judge("a scuffle [violence 300]")
    done = await house.undo.undo(3, SINCE, UNTIL, words.moment(9000))
    assert done.instead == 1
    assert (await house.standing(refused.case_id)).situation == "allowed"


async def test_whoever_was_refused_wrongly_is_told(house: House) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    refused = await house.judge("a scuffle [violence 300]")
    await undone(house)
    assert await house.told(refused.case_id) == ["content-blocked", "restriction-undone"]


async def test_whoever_is_refused_again_after_an_undo_hears_of_it_again(house: House) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    refused = await house.judge("a scuffle [violence 600]")
    await undone(house)
    await house.read(await house.standing(refused.case_id), "block")
    told = await house.told(refused.case_id)
    assert told == ["content-blocked", "restriction-undone", "content-held", "content-blocked"]


async def test_what_was_let_pass_on_appeal_passes_again_after_an_undo_and_no_notice_goes(
    house: House,
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    refused = await house.judge("chess battle [violence 600]")
    await appealed_and_reinstated(house, refused)
    before = await house.told(refused.case_id)
    await undone(house)
    assert (await house.standing(refused.case_id)).situation == "held"
    told = await house.told(refused.case_id)
    assert told == [*before, "content-held"]
    again = await house.judge("chess battle [violence 600]", number=2)
    assert again.situation == "allowed"


async def test_an_undo_that_was_interrupted_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    await some_days(house)
    monkeypatch.setattr(undoing, "PORTION", 10)
    append, appends = house.log.append, iter(range(100))

    async def append_until_the_server_dies(*arguments: Any) -> Any:
        if next(appends) == 2:
            raise LogUnavailable
        return await append(*arguments)

    monkeypatch.setattr(house.log, "append", append_until_the_server_dies)
    with pytest.raises(LogUnavailable):
        await undone(house)
    [*_, last] = await house.log.read_all(limit=100_000)
    assert last.type != "policy-undo-completed.v1"
    done = await undone(house)
    assert (done.cases, len(done.waiting)) == (30, 9)
    assert await undone(house) == done


async def test_a_batch_is_taken_back_as_one(house: House) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    await some_days(house)
    before = await house.outcomes()
    done = await undone(house)
    back = await house.undo.reverse(done.batch_id, words.moment(9100))
    assert await house.outcomes() == before
    assert back.cases == 30
    with pytest.raises(UndoWasReversed):
        await undone(house)


async def test_a_batch_names_every_case_that_begins_to_wait_and_that_waits_no_longer(
    house: House,
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=550))
    begins = await house.judge("a scuffle [violence 600]")
    await house.judge("a fight [violence 900]", number=2)
    ends = await house.judge("a boat [violence 520]", number=3, account=2)
    assert (begins.situation, ends.situation) == ("blocked", "held")
    *rules, unexamined = told_policy().rules
    lax = told_policy(3, rules=(*rules[1:], unexamined))
    await house.enforce(lax)
    await house.enforce(told_policy(4, block=550))
    moved = [await house.judge(f"a duel [violence {score}]", score) for score in (600, 520)]
    done = await undone(house)
    assert done.waiting == [Waiting(begins.case_id, begins.account_id, "hold")]
    assert done.settled == []
    over = await house.undo.undo(4, SINCE, UNTIL, words.moment(9001))
    assert over.waiting == []
    assert over.settled == [Waiting(moved[1].case_id, moved[1].account_id, "hold")]
    back = await house.undo.reverse(over.batch_id, words.moment(9002))
    assert (back.waiting, back.settled) == (over.settled, [])


async def test_asked_again_a_batch_names_the_same_cases_until_humans_have_decided(
    house: House,
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=550))
    case = await house.judge("a scuffle [violence 600]")
    first = await undone(house)
    assert await undone(house) == first
    await house.read(await house.standing(case.case_id), "allow")
    assert (await undone(house)).waiting == []
    back = await house.undo.reverse(first.batch_id, words.moment(9100))
    assert (back.waiting, back.settled) == ([], [])
    assert (await house.standing(case.case_id)).situation == "blocked"


async def test_what_two_humans_have_refused_since_a_batch_stays_refused_when_it_is_taken_back(
    house: House,
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, rules=told_policy().rules[3:]))
    passed = await house.judge("a scuffle [minors 600]")
    assert passed.situation == "allowed"
    done = await undone(house)
    for reviewer in ("staff-desk/anne", "staff-desk/bert"):
        await house.read(await house.standing(passed.case_id), "block", reviewer)
    back = await house.undo.reverse(done.batch_id, words.moment(9100))
    assert (back.cases, back.kept) == (0, 1)
    assert (await house.standing(passed.case_id)).situation == "blocked"


async def test_an_appeal_that_a_batch_had_ended_is_heard_again_when_it_is_taken_back(
    house: House,
) -> None:
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, block=100))
    case = await house.judge("a scuffle [violence 300]")
    await house.appeal(case)
    heard = Waiting(case.case_id, case.account_id, "appeal")
    done = await undone(house)
    assert (done.waiting, done.settled) == ([], [heard])
    back = await house.undo.reverse(done.batch_id, words.moment(9100))
    assert (back.waiting, back.settled) == ([heard], [])
    again = await house.undo.reverse(done.batch_id, words.moment(9200))
    assert (again.waiting, again.settled) == ([heard], [])
