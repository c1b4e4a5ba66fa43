"""The provenance bench adds up, goes on after an interruption, and does not flatter itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from activities.provenance.picture_reading import PILOT_MIN
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner
from domain.provenance.verdict import Conclusion, Manifest, Verdict, conclude
from infra.cli import provenance_clips as clips
from infra.cli.bench_provenance import Sizes, _Work
from infra.cli.figures import Figures
from infra.cli.provenance_forgery import forged, manifest_box
from infra.cli.provenance_report import (
    PLANNED,
    false_match_rate,
    report_mutations,
    report_served,
    report_unmarked,
)
from infra.cli.provenance_served import Copy, Kit, copy_of, read_apart
from infra.cli.provenance_trial import Trial, Unmarked
from infra.provenance.memory import MemoryRegister
from tests.activities.provenance.conftest import (
    ORIGIN,
    folder,
    keys,
    marked,
    reader,
    signed,
    signer,
    take,
)
from tests.activities.provenance.films import KEY, NUMBER, TIMING

__all__ = ["folder", "keys", "marked", "reader", "signed", "signer", "take"]


def unmarked(pilots: tuple[float, ...] = (4.0, 4.2, 4.1), read: int = 0) -> Unmarked:
    return Unmarked(
        frames=72,
        pilots=pilots,
        scores=(2.5,) * len(pilots),
        read=read,
        sound_pilot=2.4,
        sound_read=False,
    )


def test_every_change_and_every_frame_is_on_some_film() -> None:
    sizes = Sizes(clips=40, mutations=1003, unmarked=5000)
    assert sum(sizes.mutations_of(number) for number in range(40)) == 1003
    assert 0 <= (40 + sizes.unmarked_films) * clips.FRAMES - 5000 < clips.FRAMES
    assert Sizes(clips=100, unmarked=100).unmarked_films == 0


def test_what_was_kept_is_not_measured_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def measure(number: int) -> Unmarked:
        asked.append(number)
        return unmarked()

    for _ in range(2):
        work = _Work(tmp_path, Sizes(clips=1), 1, 0.0)
        with ThreadPoolExecutor(1) as pool:
            found = work._asked(pool, "unmarked-7", Unmarked, measure, 7)  # type: ignore[arg-type]
            assert found.result() == unmarked()
    assert asked == [7]
    (tmp_path / "unmarked-7.json").write_text('{"frames": "as an older bench had it"}')
    with ThreadPoolExecutor(1) as pool:
        again = _Work(tmp_path, Sizes(clips=1), 1, 0.0)._asked(
            pool,  # type: ignore[arg-type]
            "unmarked-7",
            Unmarked,
            measure,
            7,
        )
        assert again.result() == unmarked()
    assert asked == [7, 7]


def test_a_bit_counts_as_seen_by_the_verdict_over_the_changed_film(
    signed: Path, reader: ManifestReader, tmp_path: Path
) -> None:
    found = forged(signed, "art_1", reader, 20, 3, tmp_path)
    assert (found.inside.tried, found.rest.tried) == (10, 10)
    assert (found.inside.seen, found.rest.seen) == (10, 10)
    assert 0 < found.rest.seen_by_manifest <= 10


def test_a_verdict_that_calls_nothing_genuine_has_seen_no_change(
    signed: Path, reader: ManifestReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object) -> None:
        return None

    monkeypatch.setattr(MemoryRegister, "artefact_with", unknown)
    assert forged(signed, "art_1", reader, 2, 3, tmp_path).rest.seen == 0


def test_a_verdict_that_trusts_a_manifest_alone_misses_changes_and_the_goal(
    signed: Path, reader: ManifestReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if whatever is signed were genuine: bits of the file type box then go unseen."""
    whole = conclude

    def credulous(manifest: Manifest, *found: Any, **more: Any) -> Verdict:
        verdict = whole(manifest, *found, **more)
        trusted = manifest.artefact_id is not None
        changed = {"conclusion": Conclusion.GENUINE} if trusted else {}
        return verdict.model_copy(update=changed)

    monkeypatch.setattr("activities.provenance.tracing.conclude", credulous)
    monkeypatch.setattr("infra.cli.provenance_forgery.manifest_box", lambda _: (12, 16))
    found = forged(signed, "art_1", reader, 2, 0, tmp_path)
    assert (found.inside.tried, found.inside.seen) == (1, 0)
    figures = Figures("bench", ["mutations_seen"])
    report_mutations(figures, [found], 2)
    assert not figures.ok


def test_the_box_of_a_manifest_is_most_of_what_signing_added(signed: Path, marked: Path) -> None:
    raw = signed.read_bytes()
    first, behind = manifest_box(raw)
    assert b"callsheet.generation" in raw[first:behind]
    assert b"callsheet.generation" not in raw[:first] + raw[behind:]
    assert behind - first <= len(raw) - marked.stat().st_size
    with pytest.raises(ValueError, match="no manifest"):
        manifest_box(marked.read_bytes())


def test_an_outside_reader_holds_what_is_served_and_nothing_that_was_changed(
    signed: Path, marked: Path, reader: ManifestReader, signer: FilmSigner, tmp_path: Path
) -> None:
    assert read_apart(signed)
    assert not read_apart(marked)
    changed = bytearray(signed.read_bytes())
    changed[changed.rindex(b"mdat") + 2000] ^= 1
    (tmp_path / "changed.mp4").write_bytes(changed)
    assert not read_apart(tmp_path / "changed.mp4")
    kit = Kit(signer, reader, KEY)
    left = copy_of(signed, ORIGIN, TIMING, NUMBER, kit, tmp_path)
    assert left == Copy(broken=None, read_apart=True)
    other = copy_of(signed, ORIGIN, TIMING, NUMBER + 1, kit, tmp_path)
    assert other.broken is not None
    assert "does not say its number" in other.broken


@pytest.mark.parametrize(
    ("film", "copy", "holds"),
    [
        (True, Copy(broken=None, read_apart=True), True),
        (False, Copy(broken=None, read_apart=True), False),
        (True, Copy(broken=None, read_apart=False), False),
        (True, Copy(broken="The visible mark is missing.", read_apart=True), False),
        (True, None, False),
    ],
)
def test_one_file_that_an_outside_reader_does_not_hold_misses_the_goal(
    film: bool, copy: Copy | None, holds: bool
) -> None:
    figures = Figures("bench", ["exports_verified", "read_by_an_outside_reader"])
    whole = SimpleNamespace(read_apart=True, copy_left=Copy(broken=None, read_apart=True))
    other = SimpleNamespace(read_apart=film, copy_left=copy)
    trials = [other] if copy is None else [whole, other]
    report_served(figures, cast(list[Trial], trials))
    assert figures.ok is holds


def test_a_false_match_is_rarer_the_further_pilots_stay_below_the_threshold() -> None:
    rng = np.random.default_rng(3)
    far = rng.gumbel(3.8, 0.15, 400).tolist()
    near = rng.gumbel(4.6, 0.3, 400).tolist()
    assert false_match_rate(far) < false_match_rate(near) < 1e-6
    beyond = rng.gumbel(PILOT_MIN + 1, 0.3, 400).tolist()
    assert false_match_rate(beyond) > 1e-6


@pytest.mark.parametrize(
    ("frames", "read", "holds"), [(144, 0, True), (999, 0, False), (144, 1, False)]
)
def test_too_few_frames_or_one_that_was_read_miss_the_goal(
    frames: int, read: int, holds: bool
) -> None:
    figures = Figures("bench", ["unmarked_frames", "unmarked_read_as_marked", "false_match_rate"])
    report_unmarked(figures, [unmarked(), unmarked(read=read)], frames)
    assert figures.ok is holds


def test_a_run_that_found_nothing_does_not_hold() -> None:
    assert not Figures("bench", PLANNED).ok
