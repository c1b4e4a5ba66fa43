"""One pass over a file: what each stretch of it holds for the readers of marks and prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from activities.provenance.footage import SECONDS_MAX, Footage, read_footage
from activities.provenance.keyed import Floats
from activities.provenance.picture_mark import Luma
from activities.provenance.picture_reading import Residue
from activities.provenance.prints import ASKED_PICTURE_MS, Print, asked_picture, asked_sound
from activities.provenance.spectrum import RATE

WINDOW_SECONDS: Final = 2.5
SOUND_SECONDS: Final = 5.0
"""A sound mark's tile lasts 2.73 s: a window of sound reaches into the next one."""
_PICTURES_A_SECOND: Final = 12
_LAST_MIN: Final = 1.0
"""A shorter rest belongs to the window before it."""
_SOUND_PRINTS_A_WINDOW: Final = 48


@dataclass
class Stretch:
    """A window of time in seconds: its pictures' residue, its prints, and its sound."""

    start: float
    end: float
    residue: Residue = field(default_factory=Residue)
    prints: list[Print] = field(default_factory=list)
    sound_prints: list[Print] = field(default_factory=list)


@dataclass
class Examination:
    """All stretches of a file in order, and its sound [samples] at 48 kHz."""

    stretches: list[Stretch]
    footage: Footage

    def heard(self, stretch: Stretch) -> Floats:
        """The sound from a stretch's start on, as long as its mark needs."""
        first = round(stretch.start * RATE)
        last = round(max(stretch.end, stretch.start + SOUND_SECONDS) * RATE)
        if last > len(self.footage.sound):  # near the end: reach back instead
            first = max(0, min(first, len(self.footage.sound) - round(SOUND_SECONDS * RATE)))
        return self.footage.sound[first:last]


def examine(path: Path, seconds_max: float = SECONDS_MAX) -> Examination:
    """Read a file once. Raises NotAFilm. Memory is bounded by ``seconds_max``."""
    pass_over = _Pass()
    footage = read_footage(path, pass_over.see, seconds_max)
    seconds = max(footage.seconds, len(footage.sound) / RATE)
    stretches = pass_over.stretches(seconds)
    for each in asked_sound(footage.sound):
        index = min(int(each.at_ms / 1000 / WINDOW_SECONDS), len(stretches) - 1)
        stretches[index].sound_prints.append(each)
    for stretch in stretches:
        stretch.sound_prints = _spread(stretch.sound_prints)
    return Examination(stretches, footage)


class _Pass:
    """Sorts pictures into windows while they go by."""

    def __init__(self) -> None:
        self._windows: dict[int, Stretch] = {}
        self._next_residue = self._next_print = 0.0

    def see(self, seconds: float, luma: Luma) -> None:
        window = self._window(int(seconds / WINDOW_SECONDS))
        if seconds >= self._next_residue - 1e-6:
            window.residue.add(luma)
            self._next_residue = seconds + 1 / _PICTURES_A_SECOND
        if seconds >= self._next_print - 1e-6:
            window.prints += asked_picture(luma, round(seconds * 1000))
            self._next_print = seconds + ASKED_PICTURE_MS / 1000

    def stretches(self, seconds: float) -> list[Stretch]:
        """Every window up to the end; a short last one joins its neighbour."""
        count = max(1, int((seconds + WINDOW_SECONDS - _LAST_MIN) / WINDOW_SECONDS))
        found = [self._window(index) for index in range(count)]
        for late in sorted(index for index in self._windows if index >= count):
            found[-1].residue += self._windows[late].residue
            found[-1].prints += self._windows[late].prints
        found[-1].end = max(seconds, found[-1].start + 0.001)
        return found

    def _window(self, index: int) -> Stretch:
        start = index * WINDOW_SECONDS
        return self._windows.setdefault(index, Stretch(start, start + WINDOW_SECONDS))


def _spread(prints: list[Print]) -> list[Print]:
    """Runs of sixteen in a row, so that every alignment with the indexed ones is among them."""
    run = 16
    if len(prints) <= _SOUND_PRINTS_A_WINDOW:
        return prints
    apart = (len(prints) - run) // (_SOUND_PRINTS_A_WINDOW // run - 1)
    starts = range(0, len(prints) - run + 1, max(run, apart))
    return [each for start in starts for each in prints[start : start + run]]
