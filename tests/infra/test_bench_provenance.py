"""The provenance bench adds up, goes on after an interruption, and does not flatter itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from activities.provenance.picture_reading import PILOT_MIN
from infra.cli import provenance_clips as clips
from infra.cli.bench_provenance import Sizes, _Work
from infra.cli.figures import Figures
from infra.cli.provenance_report import PLANNED, false_match_rate, report_unmarked
from infra.cli.provenance_trial import Unmarked


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
