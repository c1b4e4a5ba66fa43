"""Whom a brief calls, how they wish to be portrayed, and what an owner is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.consent.appearance import (
    APPEARANCE,
    AppearanceNoted,
    NoteAppearance,
    Turn,
    appearance_id,
)
from domain.consent.check import CameoVerdict
from domain.consent.preferences import Preference, Preferences
from domain.consent.roles import brief_key, plan_key
from domain.consent.scenes import spoken_of
from domain.consent.wording import avoided, portrayed
from domain.generation.brief import Brief, Shot
from tests import words

CHAIN = Preferences(
    version=1,
    wishes=(
        Preference(kind="always", thing="a gold chain"),
        Preference(kind="never", thing="skinny jeans"),
    ),
)


def test_whom_a_prompt_calls_joins_the_cast_after_those_who_are_in_it() -> None:
    shots = (Shot(prompt="@Berta meets @anna", cast=("@carla",)), Shot(prompt="the sea"))
    brief = Brief(prompt="a story of @dora and @anna", shots=shots)
    assert brief.called == (("@carla", "@berta", "@anna", "@dora"), ())
    assert brief.with_called().shots[0].cast == brief.called[0]
    assert brief.with_called().shots[1].cast == ()


def test_an_address_calls_nobody() -> None:
    assert Brief(prompt="write to me@example.org").called == ((),)


def test_no_more_people_are_called_than_a_shot_can_hold() -> None:
    with pytest.raises(ValidationError, match="4 is the most"):
        Shot(prompt="@anna @berta @carla", cast=("@dora", "@emma"))
    with pytest.raises(ValidationError, match="4 is the most"):
        Brief(prompt="@anna @berta", shots=(Shot(prompt="@carla @dora @emma"),))


def test_a_plan_is_named_by_its_brief_its_cast_their_versions_and_their_wishes() -> None:
    brief = Brief(prompt="@anna runs")
    verdict = CameoVerdict(
        cameo_id=words.an_id("cam"),
        version=1,
        rule="everyone",
        reasons=(),
        revision=2,
        preferences_sha256="5a" * 32,
    )
    others: list[dict[str, Any]] = [
        {"cameo_id": words.an_id("cam", 2)},
        {"version": 2},
        {"preferences_sha256": None},
        {"preferences_sha256": "5b" * 32},
    ]
    keys = {
        plan_key(brief, [verdict]),
        plan_key(Brief(prompt="@anna walks"), [verdict]),
        plan_key(brief, []),
        brief_key(brief),
        *(plan_key(brief, [verdict.model_copy(update=each)]) for each in others),
    }
    assert len(keys) == 8
    assert plan_key(Brief(prompt="@anna runs"), [verdict]) in keys
    later = verdict.model_copy(update={"revision": 9, "rule": "mutual"})
    assert plan_key(brief, [later]) in keys, "who may cast is no part of a plan"


@pytest.mark.parametrize(
    "prompt",
    [
        "@anna in skinny jeans",
        "@anna in her SKINNY  JEANS, always",
        "@anna in a skinny jeans and the skinny jeans",
    ],
)
def test_what_somebody_never_wants_is_taken_out_of_what_the_caster_wrote(prompt: str) -> None:
    told = portrayed(prompt, [("@anna", CHAIN)])
    assert "jeans" not in told.lower()
    assert told.endswith('@anna with "a gold chain".')
    assert avoided([("@anna", CHAIN), ("@berta", CHAIN)]) == ("skinny jeans",)


def test_other_words_stay_as_they_were() -> None:
    assert portrayed("@anna runs", [("@anna", Preferences())]) == "@anna runs"
    assert "jeans jacket" in portrayed("@anna in a jeans jacket", [("@anna", CHAIN)])


def test_a_prompt_of_nothing_but_what_is_not_wanted_still_shows_the_person() -> None:
    assert portrayed("skinny jeans", [("@anna", CHAIN)]).startswith("@anna ")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("two men FIGHT in a bar", ("violence",)),
        ("a skiing trip with Ski-Jumping", ("ski-jumping",)),
        ("a football", ()),
        ("she naïvely votes", ("politics",)),
    ],
)
def test_labels_that_owners_refuse_are_looked_for_by_whole_words(
    text: str, found: tuple[str, ...]
) -> None:
    assert spoken_of(text, {"violence", "ski-jumping", "politics", "foot"}) == found


def note(turn: Turn, **changes: Any) -> NoteAppearance:
    cameo_id = words.an_id("cam")
    return NoteAppearance.model_validate(
        {
            "command_id": "note",
            "at": words.moment(),
            "appearance_id": appearance_id(words.GENERATION_ID, cameo_id),
            "cameo_id": cameo_id,
            "version": 1,
            "generation_id": words.GENERATION_ID,
            "owner_id": words.an_id("acc", 2),
            "caster_id": words.ACCOUNT_ID,
            "turn": turn,
            "act": "admission",
            **changes,
        }
    )


def noted(*turns: Turn) -> list[AppearanceNoted]:
    events: list[AppearanceNoted] = []
    for turn in turns:
        events += APPEARANCE.decide(note(turn), APPEARANCE.fold(events))
    return events


@pytest.mark.parametrize(
    ("turns", "seen"),
    [
        (("drafted", "released"), ["drafted", "released"]),
        (("drafted", "blocked", "ended"), ["drafted", "blocked"]),
        (("drafted", "drafted", "ended"), ["drafted", "ended"]),
        (("blocked", "ended"), ["blocked"]),
        (("ended",), []),
        (("uncast", "released"), ["uncast", "released"]),
        (("uncast", "uncast", "ended", "released"), ["uncast", "ended"]),
        (("drafted", "uncast"), ["drafted"]),
    ],
)
def test_an_owner_is_told_of_each_turn_once(turns: tuple[Turn, ...], seen: list[str]) -> None:
    assert [each.turn for each in noted(*turns)] == seen
