"""A film that was released follows its cases: hidden when one stands against it, and seen again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ledger import Decision
from activities.moderation.orders import CaseStanding, ContentWithdrawalOrder
from activities.moderation.relooking import Relook
from activities.moderation.undoing import Undone
from domain.kernel.ports import LogUnavailable
from domain.moderation.case import MODERATION
from domain.moderation.case_refusals import CaseUnknown
from domain.moderation.case_situations import Known
from domain.moderation.gates import Gate, case_id
from domain.moderation.statement import reasons_of
from domain.moderation.undoing import batch_id
from domain.video.video import VIDEO, ReleaseVideo, VideoUnknown
from tests import words
from tests.activities.house import TEST, House, a_case_errand, a_house, a_video_id
from tests.workflows.screener import told_policy

SINCE, UNTIL = words.NOON, words.NOON + timedelta(days=1)
BLOCKED, HELD = "a duel [film violence 900]", "a duel [film violence 600]"


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A house whose second policy lets everything pass that somebody could look at."""
    built = a_house(tmp_path)
    await built.judge("first", number=999)
    *_, unexamined = told_policy().rules
    await built.enforce(told_policy(2, rules=(unexamined,)))
    return built


async def released(house: House, prompt: str, number: int = 1) -> CaseStanding:
    """A film that the second policy lets pass, and that is released."""
    case = await house.film(prompt, number)
    await house.release(number)
    assert await house.is_seen(number)
    return case


async def undone(house: House) -> Undone:
    return await house.undo.undo(2, SINCE, UNTIL, words.moment(9000))


async def test_a_policy_that_is_undone_hides_what_it_let_pass_and_nothing_else(
    house: House,
) -> None:
    await released(house, BLOCKED)
    await released(house, "a boat", number=2)
    await undone(house)
    assert not await house.is_seen(1)
    assert await house.is_seen(2)


async def test_its_maker_is_told_of_the_restriction(house: House) -> None:
    blocked, held = await released(house, BLOCKED), await released(house, HELD, number=2)
    await undone(house)
    assert await house.told(blocked.case_id) == ["content-blocked"]
    assert await house.told(held.case_id) == ["content-held"]


async def test_words_that_are_refused_hide_the_film_as_well(house: House) -> None:
    await released(house, "a duel [violence 900]")
    await undone(house)
    assert not await house.is_seen()


async def test_an_undo_that_is_taken_back_shows_it_again(house: House) -> None:
    await released(house, BLOCKED)
    done = await undone(house)
    await house.undo.reverse(done.batch_id, words.moment(9100))
    assert await house.is_seen()


async def test_what_waits_is_hidden_until_a_human_lets_it_pass(house: House) -> None:
    case = await released(house, HELD)
    await undone(house)
    assert not await house.is_seen()
    assert (await house.read(case, "allow")).situation == "allowed"
    assert await house.is_seen()


async def test_what_a_human_refuses_stays_hidden_until_an_appeal_is_granted(house: House) -> None:
    case = await released(house, HELD)
    await undone(house)
    await house.read(case, "block")
    assert not await house.is_seen()
    assert (await house.appeal(case)).situation == "on-appeal"
    assert not await house.is_seen()
    assert (await house.read(case, "allow", "staff-desk/bert")).situation == "allowed"
    assert await house.is_seen()


async def test_what_is_withdrawn_while_it_waits_is_not_seen_again(house: House) -> None:
    case = await released(house, HELD)
    await undone(house)
    order = ContentWithdrawalOrder(**a_case_errand(case, "withdraw"), because="story-cancelled")
    assert (await house.hearing.withdraw_content(order)).situation == "withdrawn"
    assert not await house.is_seen()


async def test_it_is_seen_only_when_neither_words_nor_film_are_refused(house: House) -> None:
    await released(house, "a duel [violence 600] [film violence 600]")
    await undone(house)
    gates: tuple[Gate, ...] = ("admission", "release")
    for gate in gates:
        assert not await house.is_seen()
        case = await house.standing(case_id(words.GENERATION_ID, gate))
        assert (await house.read(case, "allow")).situation == "allowed"
    assert await house.is_seen()


async def test_a_decision_says_how_far_the_log_has_come_with_the_film(house: House) -> None:
    case = await released(house, HELD)
    await undone(house)
    decided = await house.read(case, "allow")
    [*_, shown] = await house.log.read_stream(f"video-{a_video_id()}")
    assert shown.type == "video-shown.v1"
    assert decided.position >= shown.position


@pytest.mark.parametrize("back", [False, True])
async def test_a_batch_that_dies_before_its_films_follow_completes_that_when_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    await released(house, BLOCKED)
    if back:
        await undone(house)
    append = house.log.append

    async def append_until_a_film_is_due(appends: Any, *more: Any) -> Any:
        if any(each.stream.startswith("video-") for each in appends):
            raise LogUnavailable
        return await append(appends, *more)

    async def batch() -> None:
        if back:
            await house.undo.reverse(batch_id(2, SINCE, UNTIL), words.moment(9100))
        else:
            await undone(house)

    with monkeypatch.context() as dying:
        dying.setattr(house.log, "append", append_until_a_film_is_due)
        with pytest.raises(LogUnavailable):
            await batch()
    assert await house.is_seen() is not back
    await batch()
    assert await house.is_seen() is back


async def test_repeating_a_step_changes_nothing(house: House) -> None:
    case = await released(house, HELD)
    await undone(house)
    await house.read(case, "allow")
    head = await house.log.head()
    await house.read(case, "allow")
    assert (await house.log.head(), await house.is_seen()) == (head, True)


async def test_humans_look_again_at_what_is_published_and_nobody_sees_it_meanwhile(
    house: House,
) -> None:
    await released(house, "a boat")
    case = await looked_at_again(house)
    assert (case.gate, case.situation, case.clause) == ("published", "held", "SEEN-1")
    assert not await house.is_seen()
    assert await house.told(case.case_id) == ["content-held"]
    assert (await looked_at_again(house)).situation == "held"
    assert (await house.read(case, "block")).situation == "blocked"
    assert not await house.is_seen()
    state: Any = (await house.ledger.state(MODERATION, case.case_id)).state
    assert "hide" in state.effects
    await house.appeal(case)
    await house.read(case, "allow", "staff-desk/bert")
    assert await house.is_seen()


async def test_looking_again_hides_at_once_what_the_policy_of_today_refuses(house: House) -> None:
    await released(house, BLOCKED)
    await house.enforce(told_policy(3))
    case = await looked_at_again(house)
    assert (case.situation, case.clause) == ("blocked", "VIOLENCE-1")
    assert not await house.is_seen()
    assert await house.told(case.case_id) == ["content-blocked"]


async def test_what_was_never_released_or_never_looked_at_is_not_looked_at_again(
    house: House,
) -> None:
    with pytest.raises(VideoUnknown):
        await looked_at_again(house)
    of_before = ReleaseVideo(
        command_id="of-before",
        at=words.NOON,
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
        proof=words.PROOF,
    )
    await house.ledger.perform([Decision(VIDEO, words.VIDEO_ID, of_before)], TEST)
    with pytest.raises(CaseUnknown):
        await looked_at_again(house)
    assert await house.is_seen()


async def test_what_led_to_a_look_is_kept_for_the_statement_of_reasons(house: House) -> None:
    await released(house, "a boat")
    relook = Relook(house.ledger, house.policies)
    opened = await relook.look_again(a_video_id(), words.NOON, TEST, "notice")
    again = await relook.look_again(a_video_id(), words.NOON, TEST, "order")
    case = (await house.ledger.state(MODERATION, opened.case_id)).state
    assert isinstance(case, Known)
    policy = (await house.policies.policies()).named(case.verdict.policy_revision)
    assert (reasons_of(case, policy).source, again.case_id) == ("notice", opened.case_id)


async def looked_at_again(house: House) -> CaseStanding:
    return await Relook(house.ledger, house.policies).look_again(a_video_id(), words.NOON, TEST)
