"""The steps of the release path: what leaves carries every layer, or does not leave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from activities.film.make import require_faithful
from activities.film.probe import probe
from activities.provenance.agreement import Kin, Statement
from activities.provenance.manifest import Origin, Parent
from activities.provenance.prints import Kind
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ManifestDiffers, ProvenanceBroken
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import brand_export, sign_rendition, verify_rendition
from activities.provenance.visible import LIKENESS_MIN, VisibleMark
from tests.activities.provenance.conftest import ORIGIN, STATEMENT
from tests.activities.provenance.films import KEY, NUMBER, TIMING, copied, lumas

WORD = "AI MADE"
EXPORT = Origin("art_9", "gen_1", "aa" * 32, "bb" * 32)
EXPORTED = Statement(EXPORT, (Kin("art_1"),))


@pytest.fixture(scope="module")
def export(signed: Path, signer: FilmSigner, folder: Path) -> Path:
    brand_export(signed, folder / "branded.mp4", TIMING, WORD)
    sign_rendition(
        signer,
        folder / "branded.mp4",
        folder / "export.mp4",
        EXPORT,
        (Parent(ORIGIN.artefact_id, signed),),
    )
    return folder / "export.mp4"


def test_a_rendition_verifies_on_the_bytes_to_be_served(
    signed: Path, reader: ManifestReader
) -> None:
    verified = verify_rendition(signed, STATEMENT, reader, KEY, NUMBER)
    assert verified.visible_share is None
    kinds = {each.kind for each in verified.prints}
    assert kinds == {Kind.PICTURE, Kind.SOUND}


def test_an_export_verifies_with_its_visible_mark(export: Path, reader: ManifestReader) -> None:
    require_faithful(probe(export), TIMING)
    verified = verify_rendition(export, EXPORTED, reader, KEY, NUMBER, WORD)
    assert verified.visible_share is not None
    assert verified.visible_share >= 0.99


def test_the_visible_mark_is_not_found_where_it_is_not(
    signed: Path, reader: ManifestReader
) -> None:
    with pytest.raises(ProvenanceBroken, match="visible mark of art_1 is in"):
        verify_rendition(signed, STATEMENT, reader, KEY, NUMBER, WORD)


def test_each_missing_layer_is_named(
    signed: Path, marked: Path, signer: FilmSigner, reader: ManifestReader, tmp_path: Path
) -> None:
    with pytest.raises(ProvenanceBroken, match="manifest of art_1 is missing"):
        verify_rendition(marked, STATEMENT, reader, KEY, NUMBER)
    other = Statement(replace(ORIGIN, artefact_id="art_7"))
    with pytest.raises(ManifestDiffers, match="art_7, artefact is art_1, and art_7 is claimed"):
        verify_rendition(signed, other, reader, KEY, NUMBER)
    with pytest.raises(ProvenanceBroken, match="picture of art_1 does not say its number"):
        verify_rendition(signed, STATEMENT, reader, KEY, NUMBER + 1)
    faint = copied(marked, tmp_path / "faint.mp4", crf=51, scale=0.2, sound_rate=160_000)
    sign_rendition(signer, faint, tmp_path / "signed.mp4", ORIGIN)
    with pytest.raises(ProvenanceBroken, match="picture of art_1"):
        verify_rendition(tmp_path / "signed.mp4", STATEMENT, reader, KEY, NUMBER)


def test_the_visible_mark_moves_over_several_places_and_stays_inside() -> None:
    mark = VisibleMark(WORD, 320, 180)
    places = {mark.place(seconds) for seconds in np.arange(0, 16, 0.5)}
    assert len(places) >= 5
    across = [left for left, _ in places]
    assert max(across) - min(across) > 100
    assert all(0 <= left < 320 and 0 <= top < 180 for left, top in places)


def test_the_visible_mark_is_seen_on_black_and_white_and_nothing_else_is() -> None:
    mark = VisibleMark(WORD, 320, 180)
    for grey in (0, 128, 255):
        planes = np.full((270, 320), grey, np.uint8)
        assert mark.likeness(planes[:180], 1.0) == 0.0
        mark.apply(planes, 1.0)
        assert mark.likeness(planes[:180], 1.0) > 0.9, grey
        left, top = mark.place(1.0)
        untouched = planes[:180].copy()
        untouched[max(0, top) : top + 40, left : left + 200] = grey
        assert (untouched == grey).all()


def test_the_visible_mark_is_seen_before_whatever_shines_through_it_unless_it_is_faint() -> None:
    mark = VisibleMark(WORD, 640, 360)
    busy = np.zeros((540, 640), np.uint8)
    busy[:360, ::40] = busy[:360:30] = 255  # a fence before the dark
    busy[:360, 320:] = 240  # and a wall in the sun
    busy[360:] = 128
    for seconds in np.arange(0, 14, 0.7):
        marked = busy.copy()
        mark.apply(marked, seconds)
        faint = np.rint(0.85 * busy + 0.15 * marked).astype(np.uint8)
        assert mark.likeness(busy[:360], seconds) < 0.1
        assert mark.likeness(faint[:360], seconds) < LIKENESS_MIN
        assert mark.likeness(marked[:360], seconds) > LIKENESS_MIN


@pytest.mark.parametrize("word", ["", "x" * 25, "día", "a\nb"])
def test_a_word_that_cannot_be_drawn_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        VisibleMark(word, 320, 180)


def test_an_export_is_the_rendition_but_for_the_plate(signed: Path, export: Path) -> None:
    for plain, branded in zip(lumas(signed)[::20], lumas(export)[::20], strict=True):
        apart = np.abs(plain.astype(int) - branded)
        assert np.median(apart) <= 3
        assert (apart > 40).mean() < 0.15
