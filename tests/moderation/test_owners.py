"""What owners do not want is met in any form of its words, and by what its topic is told by."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.moderation.content import Content, Part, Restriction
from activities.moderation.default_policy import default_policy
from activities.moderation.owners import Owners
from activities.moderation.panel import Panel
from domain.moderation.deciding import decide
from domain.moderation.finding import CERTAIN, Finding
from domain.moderation.verdict import Context
from infra.cli.moderation_trials import read_wishes, try_owners

POLICY = default_policy()
HERE = Path(__file__).parent


def noted(text: str, wish: str, place: str = "line-1.1") -> list[Finding]:
    """By words alone, of somebody who neither wants the thing nor the scene."""
    label = (wish,) if place == "prompt" else ()
    restriction = Restriction(cameo_id="cam_1", never=(wish,), refused=label)
    return list(Owners((restriction,)).look(Part(place=place, text=text)))


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        *(("a parrot", "Two parrots sit there."), ("wrestling", "He wrestled a bear.")),
        *(("wrestling", "She is a wrestler."), ("riding a camel", "They rode three camels")),
        *(("camel riding", "We rode a camel"), ("tickling", "Don't t1ckle me!")),
        *(("ein Papagei", "Drei Papageien krächzen."), ("un perroquet", "Deux perroquets.")),
        *(("un loro", "Los loros hablan."), ("попугай", "Попугаи кричат.")),
        *(("angeln", "Er angelt im Fluss."), ("鹦鹉", "两只鹦鹉在唱")),
    ],
)
def test_a_wish_is_met_in_any_form_of_its_words(wish: str, text: str) -> None:
    assert {each.score for each in noted(text, wish)} == {CERTAIN}


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        *(("smoking", "He lit his pipe."), ("alcohol", "Noch ein Bier, bitte!")),
        *(("booze", "Un verre de vin rouge"), ("gambling", "Она играет в рулетку")),
        *(("guns", "Saca una pistola"), ("weapons", "She hides a rifle")),
        *(("being drunk", "Er ist betrunken"), ("drinking alcohol", "Pour the whisky")),
    ],
)
def test_a_wish_that_names_a_topic_is_met_by_its_words_in_any_language(
    wish: str, text: str
) -> None:
    assert {each.score for each in noted(text, wish)} == {CERTAIN}


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        *(("smoking", "Smoked trout and bread"), ("politics", "A polite gesture")),
        *(("a blue coat", "A blue car, and a coat of paint"), ("wine", "They whine all day")),
        *(("guns", "The sword of the king"), ("betting", "Better late than never")),
        *(("universities", "The universe is large"), ("corn", "Around the corner")),
        *(("crying", "Gulls cry over the harbour"), ("violence", "She beats the eggs")),
    ],
)
def test_what_only_sounds_alike_is_let_be(wish: str, text: str) -> None:
    assert noted(text, wish) == []


def test_where_it_stands_is_told_in_the_original_and_the_wish_is_not() -> None:
    text = "Then: two p4rr0ts, and a sunset."
    (finding,) = noted(text, "a parrot")
    assert text[slice(*(finding.segment.words or (0, 0)))] == "p4rr0ts"
    assert "parrot" not in finding.model_dump_json()


def test_what_is_never_wanted_is_looked_for_in_lines_and_what_is_refused_everywhere() -> None:
    never = Restriction(cameo_id="cam_1", never=("parrots",))
    refused = Restriction(cameo_id="cam_1", refused=("parrots",))
    for restriction, places in ((never, {"line-1.1"}), (refused, {"line-1.1", "prompt"})):
        looks = [
            Owners((restriction,)).look(Part(place=place, text="a parrot"))
            for place in ("line-1.1", "prompt")
        ]
        assert {each.segment.place for look in looks for each in look} == places


def test_a_wish_without_letters_cannot_be_looked_for_and_is_found_everywhere() -> None:
    assert [each.score for each in noted("Good evening.", "***")] == [CERTAIN]


def test_whoever_looks_for_wishes_is_asked_where_there_are_any_and_by_name() -> None:
    wish = Restriction(cameo_id="cam_1", refused=("parrots",))
    content = Content(
        stage="plan", parts=(Part(place="prompt", text="a parrot"),), restrictions=(wish,)
    )
    panel = Panel(())
    assert [each.detector for each in panel.look(content).looks] == [panel.owners]
    assert panel.only(frozenset({"owners"})).look(content).found
    assert panel.only(frozenset({"names"})).look(content).looks == ()
    unwanted = decide(
        panel.look(content),
        POLICY.model_copy(update={"required": ()}),
        Context(content_sha256=content.sha256),
    )
    assert (unwanted.outcome, unwanted.clause) == ("block", "OWN-1")


def test_the_development_set_is_apart_from_the_test_set_and_has_harmless_neighbours() -> None:
    ours, others = (read_wishes(HERE / f"{name}.jsonl") for name in ("owners_dev", "owners"))
    assert not {each.text for each in ours} & {each.text for each in others}
    assert len(ours) >= 120
    assert sum(not each.unwanted for each in ours) >= 60


def test_by_words_alone_few_neighbours_of_the_development_set_are_refused() -> None:
    """What was reached when the lists were made; less means that something broke."""
    count = try_owners(read_wishes(HERE / "owners_dev.jsonl"), POLICY).count
    assert (count.precision or 0) >= 0.95
    assert (count.recall or 0) >= 0.8
