"""Every command in every situation of a moderation case: what happens, or why not, and where to."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from domain.kernel.model import Command
from domain.moderation.case_commands import (
    CaseCommand,
    LapseHold,
    RestoreVerdict,
    ReturnCase,
    ShowContent,
    WithdrawContent,
)
from domain.moderation.case_events import ContentRetracted
from domain.moderation.case_situations import Known, Screened, Withdrawn
from tests import words
from tests.domain.case_words import ANNE, CASE, DAY, MINUTE, appeal, judge, read
from tests.domain.given import Outcome, Story
from tests.domain.test_case import (
    allowed,
    appeal_decided,
    appealed,
    blocked,
    claim,
    claimed,
    decided,
    fresh,
    held,
    to_allow,
    undo,
    undone,
)

mine = claimed(ANNE, DAY)
gone = ContentRetracted(
    at=words.moment(DAY + MINUTE), case_id=CASE, clause="VIO-1", because="deleted"
)
hold_undone = undone(undo(("violence", 600)), ("hold", "notice"))

SITUATIONS: Final[dict[str, Story]] = {
    "unscreened": fresh,
    "allowed": allowed,
    "held": held,
    "held, claimed": held.given(mine),
    "held, undone": held.given(hold_undone),
    "blocked": blocked,
    "blocked, lapsed": held.given(decided("block", seconds=14 * DAY)),
    "blocked, undone": blocked.given(to_allow),
    "on-appeal": appealed,
    "on-appeal, claimed": appealed.given(mine),
    "upheld": appealed.given(appeal_decided("upheld", ANNE, seconds=DAY)),
    "reinstated": appealed.given(appeal_decided("reinstated", ANNE, seconds=DAY)),
    "withdrawn, allowed": allowed.given(gone),
    "withdrawn, held": held.given(gone),
    "withdrawn, held and claimed": held.given(mine, gone),
    "withdrawn, blocked": blocked.given(gone),
    "withdrawn, on-appeal": appealed.given(gone),
    "withdrawn, on-appeal and claimed": appealed.given(mine, gone),
}
COMMANDS: Final[dict[str, Command]] = {
    "judge": judge(("violence", 600)),
    "judge-other": judge(("violence", 600), text="another"),
    "claim": claim(ANNE, DAY + 2 * MINUTE),
    "return": ReturnCase(command_id="b", at=words.moment(DAY + 3 * MINUTE), reviewer=ANNE),
    "show": ShowContent(command_id="s", at=words.moment(DAY + 3 * MINUTE), reviewer=ANNE),
    "read": read("block", ANNE, DAY + 4 * MINUTE),
    "lapse": LapseHold(command_id="l", at=words.moment(14 * DAY)),
    "appeal": appeal(2 * DAY),
    "withdraw": WithdrawContent(command_id="w", at=words.moment(2 * DAY), because="deleted"),
    "undo": undo(("violence", 900)),
    "restore": RestoreVerdict(command_id="r", at=words.moment(2 * DAY), batch_id="b"),
}

# Small letters are refusals, capitals are events and where they lead; nothing happens at a dot.
TABLE: Final = """
                                 | judge judge-other claim return show read lapse appeal withdraw undo restore
unscreened                       | J     J           u     u      u    u    u     u      u        u    u
allowed                          | .     a           w     w      w    w    .     n      W        V    .
held                             | .     a           C     .      S    c    D     n      W        V    .
held, claimed                    | .     a           .     B      S    R    D     n      W        V    .
held, undone                     | .     a           w     w      w    w    .     n      W        .    T
blocked                          | .     a           w     w      w    w    .     L      W        V    .
blocked, lapsed                  | .     a           w     w      w    w    .     L      W        V    .
blocked, undone                  | .     a           w     w      w    w    .     n      W        .    T
on-appeal                        | .     a           C     .      S    c    .     .      W        V    .
on-appeal, claimed               | .     a           .     B      S    U    .     .      W        V    .
upheld                           | .     a           w     w      w    w    .     e      W        V    .
reinstated                       | .     a           w     w      w    w    .     n      W        V    .
withdrawn, allowed               | .     a           w     w      w    w    .     n      .        V    .
withdrawn, held                  | .     a           w     w      w    w    .     n      .        V    .
withdrawn, held and claimed      | .     a           w     w      w    w    .     n      .        V    .
withdrawn, blocked               | .     a           w     w      w    w    .     n      .        V    .
withdrawn, on-appeal             | .     a           w     w      w    w    .     n      .        V    .
withdrawn, on-appeal and claimed | .     a           w     w      w    w    .     n      .        V    .
"""  # noqa: E501 # a table is read as one
MEANING: Final = {
    ".": "nothing",
    "u": "CaseUnknown",
    "a": "AlreadyJudged",
    "w": "NotWaiting",
    "c": "NotClaimed",
    "n": "NothingToAppeal",
    "e": "AppealEnded",
    "J": "ContentScreened, VerdictReached: held",
    "C": "CaseClaimed: as before",
    "B": "CaseReturned: as before",
    "S": "ContentShown: as before",
    "R": "ReadingRecorded, HoldDecided: blocked",
    "U": "ReadingRecorded, AppealDecided: blocked",
    "D": "HoldDecided: blocked",
    "L": "AppealLodged: on-appeal",
    "W": "ContentRetracted: withdrawn",
    "V": "VerdictReplaced: allowed",
    "T": "VerdictRestored: as it stood",
}


def rows() -> dict[tuple[str, str], str]:
    """What is expected of each situation and command."""
    head, *lines = [each.split("|") for each in TABLE.strip("\n").splitlines()]
    return {
        (situation.strip(), command): MEANING[letter]
        for situation, letters in lines
        for command, letter in zip(head[1].split(), letters.split(), strict=True)
    }


def happened(outcome: Outcome) -> str:
    if outcome.refusal is not None:
        return type(outcome.refusal).__name__
    return ", ".join(type(each).__name__ for each in outcome.events) or "nothing"


def situation_of(story: Story) -> str:
    kind = type(story.state).__name__
    return "on-appeal" if kind == "OnAppeal" else kind.lower()


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_in_a_situation_what_the_table_says(situation: str, command: str) -> None:
    story, (expected, _, leads_to) = (
        SITUATIONS[situation],
        rows()[situation, command].partition(":"),
    )
    outcome = story.when(COMMANDS[command])
    assert happened(outcome) == expected
    if outcome.refusal is not None or not outcome.events:
        return
    after = story.given(*outcome.events)
    where = {
        "as before": situation_of(story),
        "as it stood": situation.partition(",")[0],
    }.get(leads_to.strip(), leads_to.strip())
    is_gone = isinstance(story.state, Withdrawn)
    assert situation_of(after) == ("withdrawn" if is_gone else where)


def test_the_table_has_every_command_and_every_situation() -> None:
    assert {type(each) for each in COMMANDS.values()} == set(get_args(CaseCommand))
    known = {each for kind in Known.__subclasses__() for each in (kind, *kind.__subclasses__())}
    told = {type(each.state) for each in SITUATIONS.values()}
    assert told - {type(fresh.state)} == known
    assert Screened not in told, "a verdict is written with the findings: nobody meets it"
    assert set(rows()) == {(each, other) for each in SITUATIONS for other in COMMANDS}


def test_what_is_withdrawn_stays_withdrawn_through_an_undo_and_back() -> None:
    for name, story in SITUATIONS.items():
        if name.startswith("withdrawn"):
            replaced = story.given(*story.when(COMMANDS["undo"]).events)
            back = replaced.given(*replaced.when(COMMANDS["restore"]).events)
            assert isinstance(replaced.state, Withdrawn)
            assert back.state == story.state
