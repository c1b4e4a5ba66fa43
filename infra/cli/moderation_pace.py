"""How long words and films wait for their look: a verdict's milliseconds, and pictures a second.

Words are labelled prompts as people write them, and rows of 50 and of 300 words made of the same.
The film changes its picture ten times a second and shows a face in each, so that every tenth of a
second is looked at: the dearest that sampling by what changes can be. Beside it lies a calm one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from activities.moderation.panel import built_in
from activities.moderation.watched import Watched
from activities.moderation.watching import watch
from domain.moderation.policy import Policy
from infra.cli.eval_moderation import MILLISECONDS_P99_MAX, judge
from infra.cli.figures import Figures, at_least, at_most
from infra.cli.moderation_scores import percentile
from infra.cli.moderation_set import Labelled
from tests.media.camera import Camera, record
from tests.media.head import CENTRE, SIDE, Picture
from tests.media.people import PEOPLE

FRAMES_PER_SECOND_MIN: Final = 10.0
LONG_ROWS: Final = {50: 60, 300: 12}
"""Words in a row, and how many such rows; a long one costs in proportion."""
_FPS, _CHANGES_PER_SECOND = 20, 10
_SIZE: Final = (1280, 720)
_SHADE: Final = 0.5
PLANNED: Final = (
    "verdict_ms_p99",
    *(f"verdict_ms_p99_of_{words}_words" for words in LONG_ROWS),
    "frames_per_second",
)


def measure_words(figures: Figures, prompts: Sequence[Labelled], policy: Policy) -> None:
    """Milliseconds of the wall clock until there is a verdict, each text looked at once."""
    panel = built_in(policy)
    share = len(prompts) / _PROMPTS_WHOLE
    rows = {f"_of_{words}_words": _rows(prompts, words, share) for words in LONG_ROWS}
    for name, given in {"": list(prompts), **rows}.items():
        judged = judge(given, policy, panel)
        wall = [each.milliseconds for each in judged]
        busy = [each.processor_milliseconds for each in judged]
        mean = sum(len(each.text.split()) for each in given) / len(given)
        figures.measured(
            f"verdict_ms_p99{name}",
            round(percentile(wall, 0.99), 1),
            f"ms, of {len(given)} with {mean:.0f} words",
            goal=None if name else at_most(MILLISECONDS_P99_MAX),
            peer={
                "processor's p99": round(percentile(busy, 0.99), 1),
                "ms a word": round(sum(wall) / len(wall) / mean, 2),
            },
            rounds=wall,
        )


_PROMPTS_WHOLE: Final = 321
"""Prompts of the test set; of fewer prompts, fewer long rows are made."""


def _rows(prompts: Sequence[Labelled], words: int, share: float) -> list[Labelled]:
    """Different rows of so many words: labelled prompts in Latin letters, one after the other."""
    whole = " ".join(each.text for each in prompts if each.text.isascii()).split()
    count = max(1, round(LONG_ROWS[words] * share))
    texts = cycle(whole)
    return [Labelled(text=" ".join(islice(texts, words)), labels=frozenset()) for _ in range(count)]


@dataclass(frozen=True)
class _Seen:
    """A film that was watched, and how long that took."""

    watched: Watched
    seconds: float

    @property
    def looks_per_second(self) -> float:
        return len(self.watched.seconds) / self.seconds

    @property
    def film_pictures_per_second(self) -> float:
        return float(self.watched.frame_count[0]) / self.seconds


def measure_frames(figures: Figures, film_seconds: float, rounds: int) -> None:
    """Pictures looked at in a second of the wall clock, the watcher's start and decoding included.

    Raises Unwatched where a film cannot be looked at.
    """
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        busy = _film(Path(folder) / "busy.mp4", film_seconds, _CHANGES_PER_SECOND)
        calm = _film(Path(folder) / "calm.mp4", film_seconds, 0)
        seen = [_watched(busy) for _ in range(rounds)]
        quiet = _watched(calm)
    speeds = sorted(each.looks_per_second for each in seen)
    looks = len(seen[0].watched.seconds)
    figures.measured(
        "frames_per_second",
        round(speeds[len(speeds) // 2], 2),
        f"pictures looked at, {looks} of {int(seen[0].watched.frame_count[0])}",
        goal=at_least(FRAMES_PER_SECOND_MIN),
        peer={
            "looked at of a calm film": len(quiet.watched.seconds),
            "pictures a second of a calm film": round(quiet.film_pictures_per_second, 1),
        },
        rounds=speeds,
    )
    figures.add(faces_seen=len(seen[0].watched.faces), film_seconds=film_seconds)


def _watched(film: Path) -> _Seen:
    began = time.perf_counter()
    watched = watch(film)
    return _Seen(watched, time.perf_counter() - began)


def _film(path: Path, seconds: float, changes_per_second: int) -> Path:
    """People one after the other at so many changes a second, 1280x720; without any, one person.

    Every other one stands in the shade, so that each change is one for whoever decides by it.
    """
    shown = [
        _framed(PEOPLE[number % len(PEOPLE)].picture, _SHADE if number % 2 else 1.0)
        for number in range(2 * len(PEOPLE))
    ]
    count = round(seconds * _FPS)
    which = [number * changes_per_second // _FPS % len(shown) for number in range(count)]
    times = [1000 * number // _FPS for number in range(count)]
    width, height = _SIZE
    return record(path, (shown[each] for each in which), times, None, Camera(width, height, _FPS))


def _framed(picture: Picture, light: float) -> Picture:
    """A portrait that fills a wide picture, its face in the middle."""
    width, height = _SIZE
    large = cv2.resize(picture, (width, width), interpolation=cv2.INTER_LINEAR)
    top = round(CENTRE[1] * width / SIDE - height / 2)
    return np.asarray(large[top : top + height] * light, np.uint8)
