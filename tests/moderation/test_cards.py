"""Every detector has a card, and a card shows a figure of the version that was measured alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.moderation import lists
from activities.moderation.cards import NAMES, Figures, Measured, cards, figures
from activities.moderation.default_policy import default_policy
from activities.moderation.embedding import packaged_version
from activities.moderation.frames import face_detector, picture_detector
from activities.moderation.names import names
from activities.moderation.owners import detector as owners
from activities.moderation.transcribing import recogniser
from activities.moderation.words import VERSION as WORDS_VERSION
from activities.moderation.words import Words
from domain.moderation.finding import Detector

PAGE = Path(__file__).parents[2] / "docs" / "moderation.md"
RUNNING = (
    Words(lists.built_in()).detector,
    names(default_policy().protected).detector,
    Detector(name="drawn", version=WORDS_VERSION),
    *(owners(packaged_version()), picture_detector(), face_detector(), recogniser()),
)
"""All but those that load a model to tell their version."""


def a_measurement(version: str) -> Measured:
    return Measured(
        version=version,
        of="two lines",
        hits=1,
        misses=1,
        false=0,
        right_silence=0,
    )


def test_a_figure_belongs_to_the_version_that_was_measured() -> None:
    told = Figures(detectors={"owners": a_measurement("1")})
    first, second = cards(
        [Detector(name="owners", version=each) for each in ("1", "2")], known=told
    )
    assert first.measured is not None
    assert (first.measured.precision, first.measured.recall) == (1, 0.5)
    assert first.measured.tried == 2
    assert second.measured is None


def test_a_detector_without_a_card_is_refused() -> None:
    with pytest.raises(KeyError):
        cards([Detector(name="crystal-ball", version="1")])


def test_who_looks_today_has_a_licence_and_no_figure_of_another_version() -> None:
    known = figures().detectors
    for card in cards(RUNNING):
        assert card.licence
        if card.name in known:
            assert card.measured is not None, f"{card.name}: run eval moderation --page"
            assert card.measured.tried > 0


def test_a_detector_that_was_not_measured_says_so_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in set(NAMES) - set(figures().detectors):
        [row] = [one for one in page.splitlines() if one.startswith(f"| `{name}` | |")]
        assert "| not measured | not measured |" in row


def test_the_page_shows_what_the_cards_know() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = figures()
    for name, each in told.detectors.items():
        [row] = [one for one in page.splitlines() if one.startswith(f"| `{name}` | {each.version}")]
        assert f"| {each.hits} | {each.misses} | {each.false} |" in row
    for clause, each in told.rules.items():
        assert f"| {clause} | " in page
        counts = f"{each.hits} | {each.misses} | {each.false} | {each.right_silence}"
        assert f"| {counts} | {each.of} |" in page


def test_a_file_of_another_form_is_refused_and_none_is_nothing(tmp_path: Path) -> None:
    assert figures(tmp_path / "absent.json") == Figures()
    path = tmp_path / "measured.json"
    path.write_text('{"detectors": 3}', encoding="utf-8")
    with pytest.raises(ValueError, match="detectors"):
        figures(path)
