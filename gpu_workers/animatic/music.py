"""A soft bed of music: one key, one tempo and four chords for the whole clip, from the seed.

Notes stand on the clip's own clock, and a shot plays those that sound while it lasts; so the
music runs on through a cut without a seam.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.synth import RATE, Track, Wave, pluck

_PROGRESSIONS: Final = {
    "bright": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 2, 3, 4), (0, 3, 0, 4)),
    "dusky": ((5, 3, 0, 4), (5, 1, 3, 4), (1, 4, 0, 5), (5, 2, 3, 0)),
}
_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_BELL: Final = (1.0, 0.08, 0.0, 0.22)
_FELT: Final = (1.0, 0.32, 0.12, 0.05)
_BASS: Final = (1.0, 0.22, 0.06)
_LONGEST_NOTE_SECONDS: Final = 3.2


@dataclass(frozen=True)
class _Note:
    at: float
    pitch: float
    length: float
    decay: float
    overtones: tuple[float, ...]
    level: float
    pan: float


def bed(seed: int, mood: str, start: int, samples: int) -> Wave:
    """The music of the clip from sample ``start`` on: float64 [2, samples]."""
    track = Track(samples)
    begin, end = start / RATE, (start + samples) / RATE
    for note in _notes(seed, mood, end):
        if note.at + note.length > begin:
            tone = pluck(note.pitch, note.length, note.decay, note.overtones)
            track.lay(tone, note.at - begin, note.level, note.pan)
    return track.wave


def _notes(seed: int, mood: str, end: float) -> Iterator[_Note]:
    draw = chance(seed, "music", mood)
    beat = 60 / float(draw.uniform(84, 108))
    root = 220 * 2 ** (int(draw.integers(-4, 4)) / 12)
    chords = _PROGRESSIONS[mood][int(draw.integers(4))]
    figure = [int(step) for step in draw.permutation([0, 1, 2, 3, 1, 2, 4, 2])]
    rests = [bool(rest) for rest in draw.random(8) < 0.25]
    bar = 4 * beat
    for number in range(int(end / bar) + 1):
        chord = chords[number % 4]
        at = number * bar
        yield _Note(at, _pitch(root / 2, chord), 2.6, 1.6, _BASS, 0.16, 0.0)
        yield _Note(at + 2.5 * beat, _pitch(root / 2, chord + 4), 1.6, 2.2, _BASS, 0.1, 0.0)
        for voice, degree in enumerate((0, 2, 4)):
            yield _Note(
                at + 0.02 * voice,
                _pitch(root, chord + degree),
                _LONGEST_NOTE_SECONDS,
                1.0,
                _FELT,
                0.055,
                -0.3 + 0.3 * voice,
            )
        for step in range(8):
            if not rests[(step + number) % 8]:
                degree = chord + 2 * figure[(step + 3 * (number % 2)) % 8]
                pan = 0.5 if step % 2 else -0.4
                yield _Note(
                    at + step * beat / 2, _pitch(root * 2, degree), 1.8, 3.4, _BELL, 0.06, pan
                )


def _pitch(root: float, degree: int) -> float:
    """A degree of the major scale over ``root``, in hertz."""
    octave, step = divmod(degree, 7)
    return root * math.pow(2.0, octave + _MAJOR[step] / 12)
