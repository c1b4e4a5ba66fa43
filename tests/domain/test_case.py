"""A moderation case, told by its transitions."""

from __future__ import annotations

from typing import Any

import pytest

from domain.kernel.errors import Refusal
from domain.moderation.case import MODERATION, NOT_IN_TIME
from domain.moderation.case_commands import (
    ClaimCase,
    LapseHold,
    RestoreVerdict,
    ReturnCase,
    ShowContent,
    UndoVerdict,
    WithdrawContent,
)
from domain.moderation.case_events import (
    AppealDecided,
    AppealLodged,
    CaseClaimed,
    CaseReturned,
    ContentRetracted,
    ContentShown,
    HoldDecided,
    ReadingRecorded,
    VerdictReplaced,
    VerdictRestored,
)
from domain.moderation.case_refusals import (
    AlreadyJudged,
    AppealEnded,
    AppealTooLate,
    CaseUnknown,
    ClaimedByAnother,
    ContentBlocked,
    ContentGone,
    NotClaimed,
    NothingToAppeal,
    NotWaiting,
    NotYourContent,
    ReadAlready,
    StageMissing,
    StillHeld,
    StillTime,
    UndoneDifferently,
    VerdictMissing,
)
from domain.moderation.case_situations import Blocked, said_to_the_person
from domain.moderation.gates import case_id, judged, priority_of
from domain.moderation.passing import require_cleared
from domain.moderation.policy import Policy
from tests import words
from tests.domain.case_words import (
    ACCOUNT,
    ANNE,
    BERT,
    CARA,
    CASE,
    DAY,
    MINUTE,
    a_policy,
    a_rule,
    appeal,
    content,
    findings,
    judge,
    reached,
    read,
    screened,
)
from tests.domain.given import Story

fresh = Story(MODERATION)


def after(*found: tuple[str, int], **more: Any) -> Story:
    command = judge(*found, **more)
    return fresh.given(screened(command), reached(command))


allowed, held = after(("violence", 100)), after(("violence", 600))
blocked, gravest = after(("violence", 900)), after(("minors", 500))


def claim(reviewer: str = ANNE, seconds: float = MINUTE) -> ClaimCase:
    return ClaimCase(command_id=f"claim/{reviewer}", at=words.moment(seconds), reviewer=reviewer)


def claimed(reviewer: str = ANNE, seconds: float = MINUTE, clause: str = "VIO-1") -> CaseClaimed:
    until = words.moment(seconds + 30 * MINUTE)
    at = words.moment(seconds)
    return CaseClaimed(at=at, case_id=CASE, clause=clause, reviewer=reviewer, until=until)


def said(
    reading: Any, reviewer: str = ANNE, seconds: float = 5 * MINUTE, clause: str = "VIO-1"
) -> ReadingRecorded:
    return ReadingRecorded(
        at=words.moment(seconds),
        case_id=CASE,
        clause=clause,
        reviewer=reviewer,
        reading=reading,
        because="harmless",
    )


def decided(outcome: Any, *readers: str, seconds: float = 5 * MINUTE, **more: Any) -> HoldDecided:
    return HoldDecided(
        at=words.moment(seconds),
        case_id=CASE,
        clause=more.pop("clause", "VIO-1"),
        outcome=outcome,
        because=more.pop("because", "harmless"),
        readers=readers,
    )


lodged = AppealLodged(
    at=words.moment(DAY),
    case_id=CASE,
    clause="VIO-1",
    account_id=ACCOUNT,
    words="It is a chess battle.",
    priority=priority_of(judge(("violence", 900)).verdict),
)
appealed = blocked.given(lodged)


def appeal_decided(outcome: Any, *readers: str, seconds: float) -> AppealDecided:
    return AppealDecided(
        at=words.moment(seconds),
        case_id=CASE,
        clause="VIO-1",
        outcome=outcome,
        because="harmless",
        readers=readers,
    )


def test_findings_and_their_verdict_are_written_together() -> None:
    for score in (100, 600, 900):
        command = judge(("violence", score))
        fresh.when(command).then(screened(command), reached(command))


def test_the_gravest_stage_decides() -> None:
    noted = (*findings(("violence", 600))[:1], *findings(("hate", 800), stages=("plan",)))
    assert judged(noted, a_policy(), content()).clause == "HATE-1"


def test_two_have_to_agree_where_any_stage_is_grave_enough_whichever_decides() -> None:
    noted = (*findings(("violence", 900))[:1], *findings(("minors", 500), stages=("plan",)))
    both = judged(noted, a_policy(), content())
    assert (both.clause, both.second_reader) == ("VIO-1", True)
    assert not judged(findings(("violence", 900)), a_policy(), content()).second_reader


def test_a_gate_is_not_passed_while_something_was_not_looked_at() -> None:
    only = judge().model_copy(update={"findings": findings(stages=("prompt",))})
    fresh.when(only).then_refused(StageMissing)


def test_the_first_verdict_stands() -> None:
    held.when(judge(("violence", 600), policy=a_policy(2))).then_nothing()
    held.when(judge(text="another")).then_refused(AlreadyJudged)
    elsewhere = content().model_copy(update={"surface": "kids"})
    again = judge(("violence", 600)).model_copy(update={"context": elsewhere})
    held.when(again).then_refused(AlreadyJudged)


@pytest.mark.parametrize(
    ("story", "refusal"),
    [
        (fresh, VerdictMissing),
        (held, StillHeld),
        (blocked, ContentBlocked),
        (appealed, ContentBlocked),
        (
            allowed.given(
                ContentRetracted(at=words.NOON, case_id=CASE, clause="none", because="x")
            ),
            ContentGone,
        ),
    ],
)
def test_only_what_is_allowed_passes(story: Story, refusal: type[Refusal]) -> None:
    require_cleared(allowed.state)
    with pytest.raises(refusal):
        require_cleared(story.state)


def test_a_block_names_its_rule_and_quotes_nothing() -> None:
    with pytest.raises(ContentBlocked, match="VIO-1: This is not made because of VIO-1"):
        require_cleared(blocked.state)


def test_one_reviewer_has_a_case_for_half_an_hour() -> None:
    held.when(claim()).then(claimed())
    taken = held.given(claimed())
    taken.when(claim()).then_nothing()
    taken.when(claim(BERT)).then_refused(ClaimedByAnother)
    taken.when(claim(BERT, 31 * MINUTE)).then(claimed(BERT, 31 * MINUTE))
    back = ReturnCase(command_id="b", at=words.moment(2 * MINUTE), reviewer=ANNE)
    returned = CaseReturned(at=back.at, case_id=CASE, clause="VIO-1", reviewer=ANNE)
    taken.when(back).then(returned)
    taken.given(returned).when(claim(BERT)).then(claimed(BERT))
    held.when(back).then_nothing()


def test_what_humans_wrote_to_the_person_stands_until_somebody_else_decides() -> None:
    heard = appeal_decided("upheld", BERT, seconds=5)
    wrote = {"words": "It is chess."}
    passed = held.given(decided("allow", ANNE).model_copy(update=wrote))
    refused = held.given(decided("block", ANNE).model_copy(update=wrote))
    assert said_to_the_person(passed.state) == said_to_the_person(refused.state) == "It is chess."
    appealed_since = refused.given(lodged, heard.model_copy(update={"words": "It is a duel."}))
    assert said_to_the_person(appealed_since.state) == "It is a duel."
    assert said_to_the_person(blocked.state) == ""
    gone = ContentRetracted(
        at=words.moment(2 * DAY), case_id=CASE, clause="VIO-1", because="deleted"
    )
    assert said_to_the_person(passed.given(gone).state) == "It is chess."


def test_who_opens_what_waits_is_on_record_once_each_time_it_waits() -> None:
    def shown(reviewer: str, seconds: float) -> tuple[ShowContent, ContentShown]:
        at = words.moment(seconds)
        event = ContentShown(at=at, case_id=CASE, clause="VIO-1", reviewer=reviewer)
        return ShowContent(command_id=f"s{seconds}", at=at, reviewer=reviewer), event

    for_anne, by_anne = shown(ANNE, 60)
    held.when(for_anne).then(by_anne)
    seen = held.given(by_anne)
    seen.when(shown(ANNE, 90)[0]).then_nothing()
    for_bert, by_bert = shown(BERT, 120)
    seen.when(for_bert).then(by_bert)
    again, by_anne_again = shown(ANNE, 2 * DAY)
    seen.given(by_bert, decided("block", BERT), lodged).when(again).then(by_anne_again)


def test_what_waits_for_nobody_cannot_be_claimed() -> None:
    fresh.when(claim()).then_refused(CaseUnknown)
    for story in (allowed, blocked):
        story.when(claim()).then_refused(NotWaiting)


def test_who_has_claimed_it_decides_it() -> None:
    held.when(read("allow")).then_refused(NotClaimed)
    taken = held.given(claimed())
    taken.when(read("allow", BERT)).then_refused(NotClaimed)
    taken.when(read("allow", seconds=40 * MINUTE)).then_refused(NotClaimed)
    taken.when(read("allow")).then(said("allow"), decided("allow", ANNE))
    done = taken.given(said("allow"), decided("allow", ANNE))
    require_cleared(done.state)
    done.when(read("block", BERT)).then_refused(NotWaiting)


def test_a_reviewer_can_find_that_another_rule_is_the_right_one() -> None:
    taken = held.given(claimed())
    taken.when(read("block", clause="HATE-1")).then(
        said("block", clause="HATE-1"), decided("block", ANNE, clause="HATE-1")
    )
    assert taken.given(decided("block", ANNE, clause="HATE-1")).state.clause == "HATE-1"


def test_the_gravest_needs_two_who_agree_and_a_third_where_they_do_not() -> None:
    once = gravest.given(claimed(clause="MIN-1"))
    once.when(read("block")).then(said("block", clause="MIN-1"))
    again = once.given(said("block", clause="MIN-1"))
    again.when(claim()).then_refused(ReadAlready)
    with_bert = again.given(claimed(BERT, 10 * MINUTE, "MIN-1"))
    with_bert.when(read("block", BERT, 11 * MINUTE)).then(
        said("block", BERT, 11 * MINUTE, "MIN-1"),
        decided("block", ANNE, BERT, seconds=11 * MINUTE, clause="MIN-1"),
    )
    differently = said("allow", BERT, 11 * MINUTE, "MIN-1")
    with_bert.when(read("allow", BERT, 11 * MINUTE)).then(differently)
    third = with_bert.given(differently, claimed(CARA, 20 * MINUTE, "MIN-1"))
    third.when(read("allow", CARA, 21 * MINUTE)).then(
        said("allow", CARA, 21 * MINUTE, "MIN-1"),
        decided("allow", ANNE, BERT, CARA, seconds=21 * MINUTE, clause="MIN-1"),
    )


def test_what_nobody_decides_in_fourteen_days_is_refused_and_can_be_appealed() -> None:
    lapse = LapseHold(command_id="l", at=words.moment(14 * DAY))
    lapsed = decided("block", seconds=14 * DAY, because=NOT_IN_TIME)
    held.when(lapse).then(lapsed)
    held.when(lapse.model_copy(update={"at": words.moment(DAY)})).then_refused(StillTime)
    blocked.when(lapse).then_nothing()
    held.given(lapsed).when(appeal(15 * DAY)).then(
        lodged.model_copy(
            update={
                "at": words.moment(15 * DAY),
                "priority": priority_of(judge(("violence", 600)).verdict),
            }
        )
    )


def test_whoever_is_refused_can_object_for_183_days() -> None:
    blocked.when(appeal()).then(lodged)
    appealed.when(appeal()).then_nothing()
    blocked.when(appeal(183 * DAY)).then(lodged.model_copy(update={"at": words.moment(183 * DAY)}))
    blocked.when(appeal(183 * DAY + 1)).then_refused(AppealTooLate)
    blocked.when(appeal(account_id=words.an_id("acc", 9))).then_refused(NotYourContent)
    for story in (allowed, held):
        story.when(appeal()).then_refused(NothingToAppeal)


def test_another_human_than_the_first_decides_the_appeal() -> None:
    refused = held.given(claimed(), said("block"), decided("block", ANNE), lodged)
    refused.when(claim(seconds=2 * DAY)).then_refused(ReadAlready)
    taken = refused.given(claimed(BERT, 2 * DAY))
    at = 2 * DAY + MINUTE
    taken.when(read("allow", BERT, at)).then(
        said("allow", BERT, at), appeal_decided("reinstated", BERT, seconds=at)
    )
    require_cleared(taken.given(appeal_decided("reinstated", BERT, seconds=at)).state)
    upheld = appeal_decided("upheld", BERT, seconds=at)
    taken.when(read("block", BERT, at)).then(said("block", BERT, at), upheld)
    taken.given(upheld).when(appeal(3 * DAY)).then_refused(AppealEnded)
    assert taken.given(upheld).state.readers == (ANNE, BERT)


def test_what_humans_let_pass_before_passes_and_keeps_its_verdict() -> None:
    before = case_id(words.an_id("gen", 9), "admission")
    passed = after(("violence", 900), cleared_by=before).state
    require_cleared(passed)
    assert passed.verdict.outcome == "block"
    assert passed.effects == frozenset()


def test_effects_follow_from_where_a_case_stands() -> None:
    assert blocked.state.effects == {"block", "strike", "notice", "refund"}
    assert appealed.state.effects == blocked.state.effects
    assert held.state.effects == {"hold", "notice"}
    assert allowed.state.effects == frozenset()


LAX = a_policy(3, a_rule("VIO-1", "violence", None, 950))
HOLDING = a_policy(3, a_rule("VIO-2", "violence", 600, 950))


def undo(
    *found: tuple[str, int], policy: Policy = LAX, revision: int = 1, batch: str = "b"
) -> UndoVerdict:
    command = judge(*found, policy=policy)
    return UndoVerdict(
        command_id="u",
        at=words.moment(DAY),
        batch_id=batch,
        revision=revision,
        instead=command.verdict,
    )


def undone(
    command: UndoVerdict, reverted: tuple[str, ...], imposed: tuple[str, ...] = ()
) -> VerdictReplaced:
    return VerdictReplaced.model_validate(
        {
            "at": command.at,
            "case_id": CASE,
            "clause": "VIO-1",
            "batch_id": command.batch_id,
            "revision": command.revision,
            "instead": command.instead,
            "priority": priority_of(command.instead),
            "reverted": reverted,
            "imposed": imposed,
        }
    )


BLOCK = ("block", "notice", "refund", "strike")
to_allow = undone(undo(("violence", 900)), BLOCK)
to_hold = undone(undo(("violence", 900), policy=HOLDING), ("block", "refund", "strike"), ("hold",))


STOPPING = a_policy(3, a_rule("VIO-2", "violence", 5, None))
HELD_INSTEAD = undone(undo(("violence", 100), policy=STOPPING), (), ("hold", "notice"))


def test_undoing_a_verdict_reverts_what_followed_and_lets_the_other_policy_speak() -> None:
    blocked.when(undo(("violence", 900))).then(to_allow)
    require_cleared(blocked.given(to_allow).state)
    blocked.when(undo(("violence", 900), policy=HOLDING)).then(to_hold)
    blocked.given(to_hold).when(claim()).then(claimed(clause="VIO-2"))
    blocked.given(to_allow).when(undo(("violence", 900))).then_nothing()
    appealed.when(undo(("violence", 900))).then(to_allow)


def test_an_undo_leaves_what_another_revision_decided() -> None:
    blocked.when(undo(("violence", 900), revision=2)).then_nothing()


def test_what_two_humans_refused_no_batch_reverts() -> None:
    two = gravest.given(decided("block", ANNE, BERT, clause="MIN-1"))
    two.when(undo(("minors", 500))).then_nothing()
    once = held.given(decided("block", ANNE))
    once.given(lodged, appeal_decided("upheld", BERT, seconds=DAY)).when(
        undo(("violence", 600))
    ).then_nothing()
    assert isinstance(appealed.given(upheld_by(BERT, CARA)).state, Blocked)
    appealed.given(upheld_by(BERT, CARA)).when(undo(("violence", 900))).then_nothing()
    appealed.given(upheld_by(BERT)).when(undo(("violence", 900))).then(to_allow)


def upheld_by(*readers: str) -> AppealDecided:
    return appeal_decided("upheld", *readers, seconds=2 * DAY)


def test_what_two_humans_refused_after_a_batch_stays_when_it_is_taken_back() -> None:
    back = RestoreVerdict(command_id="r", at=words.moment(2 * DAY), batch_id="b")
    waiting = allowed.given(HELD_INSTEAD)
    by_one = waiting.given(decided("block", ANNE, clause="VIO-2"))
    assert [type(each) for each in by_one.when(back).events] == [VerdictRestored]
    waiting.given(decided("block", ANNE, BERT, clause="VIO-2")).when(back).then_nothing()


def test_what_humans_had_let_pass_passes_whichever_policy_is_put_in_the_place() -> None:
    before = case_id(words.an_id("gen", 9), "admission")
    for found in (("violence", 900), ("violence", 10)):
        passed = after(found, cleared_by=before)
        command = undo(found, policy=STOPPING)
        [replaced] = passed.when(command).events
        assert isinstance(replaced, VerdictReplaced)
        now = passed.given(replaced)
        assert (replaced.cleared_by, replaced.imposed) == (before, ())
        require_cleared(now.state)
        assert now.state.effects == after(found, cleared_by=before, policy=STOPPING).state.effects
    elsewhere = after(("violence", 900), cleared_by=before, gate="elsewhere")
    [replaced] = elsewhere.when(undo(("violence", 900), policy=STOPPING)).events
    assert isinstance(replaced, VerdictReplaced)
    assert replaced.cleared_by is None


def undone_for_the_cleared() -> VerdictReplaced:
    """Another policy's hold, in the place of a refusal that humans had let pass before."""
    replaced = undone(undo(("violence", 900), policy=STOPPING), ())
    return replaced.model_copy(update={"cleared_by": CASE})


def test_who_settled_a_case_before_a_batch_does_not_settle_it_again() -> None:
    refused = held.given(decided("block", ANNE), undone(undo(("violence", 600)), ("block",)))
    again = refused.given(HELD_INSTEAD)
    again.when(claim(ANNE, 2 * DAY)).then_refused(ReadAlready)


def test_what_humans_decided_stays_where_both_policies_had_asked_them() -> None:
    refused = held.given(decided("block", ANNE))
    same = undo(("violence", 600), policy=HOLDING)
    now = refused.given(undone(same, ())).state
    assert type(now) is type(refused.state)
    assert now.decided == refused.state.decided
    assert now.verdict == same.instead


def test_an_undo_is_taken_back_to_where_the_case_stood() -> None:
    back = RestoreVerdict(command_id="r", at=words.moment(2 * DAY), batch_id="b")
    restored = VerdictRestored(at=back.at, case_id=CASE, clause="none", batch_id="b")
    after_undo = blocked.given(to_allow)
    after_undo.when(back).then(restored)
    assert after_undo.given(restored).state == blocked.state
    blocked.when(back).then_nothing()
    later = to_hold.model_copy(update={"batch_id": "c"})
    after_undo.given(later).when(back).then_refused(UndoneDifferently)


def test_what_was_deleted_meanwhile_stays_deleted() -> None:
    gone = WithdrawContent(command_id="w", at=words.moment(DAY), because="deleted")
    withdrawn = ContentRetracted(at=gone.at, case_id=CASE, clause="VIO-1", because="deleted")
    blocked.when(gone).then(withdrawn)
    after_it = blocked.given(withdrawn)
    after_it.when(gone).then_nothing()
    assert after_it.state.effects == {"notice", "refund", "strike"}
    without_strike = undone(undo(("violence", 900)), ("notice", "refund", "strike"))
    after_it.when(undo(("violence", 900))).then(without_strike)
    with pytest.raises(ContentGone):
        require_cleared(after_it.given(without_strike).state)
    restored = VerdictRestored(at=gone.at, case_id=CASE, clause="none", batch_id="b")
    back = blocked.given(to_allow, withdrawn, restored).state
    with pytest.raises(ContentGone):
        require_cleared(back)
    assert back.effects == after_it.state.effects
