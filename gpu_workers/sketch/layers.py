"""What the model samples: a clip as layers, which are put together when it is decoded.

A backdrop, weather that drifts before it, a plate for each of two actors, and for each moment where
they are and what is heard. Layers are smaller than pictures and stay sharp at any size: the outline
of an actor is a distance, and a cameo's plate is replaced by its reference's own pixels.

Layers of video go back to Wang and Adelson, Representing Moving Images with Layers, 1994.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BACKDROP_HEIGHT: Final = 56
BACKDROP_WIDTH: Final = 96
WEATHER_HEIGHT: Final = 16
WEATHER_WIDTH: Final = 24
WEATHER_TILES: Final = 2
"""The weather repeats so often across the picture, and down."""
PLATE_SIDE: Final = 48
ACTORS: Final = 2
MOMENTS: Final = 16
MOMENTS_PER_SECOND: Final = 8
SECONDS: Final = MOMENTS / MOMENTS_PER_SECOND
ASPECT: Final = BACKDROP_WIDTH / BACKDROP_HEIGHT

SAMPLE_RATE: Final = 16_000
HOP: Final = 250
"""Samples between two columns of the spectrogram: eight columns a moment."""
COLUMNS: Final = 8
BANDS: Final = 64

VISIBLE, X, Y, SIZE, COS, SIN, PULSE = range(7)
"""The columns of an actor's track: see ``Layers.tracks``."""
TRACK: Final = 7
WAY: Final = 6
"""Of an actor's columns, those that say where and how it is; the last says how it sounds."""
WIND_X: Final = ACTORS * TRACK
WIND_Y: Final = WIND_X + 1
TRACKS: Final = ACTORS * TRACK + 2

EDGE_PIXELS: Final = 6.0
"""A plate's fourth channel is the distance to the outline, in pixels of the plate over this."""


@dataclass(frozen=True)
class Layers:
    """A clip of two seconds; all values about -1 to 1.

    ``backdrop`` [56, 96, 3] RGB. ``weather`` [16, 24, 4]: RGB, and how dense (-1 clear, 1 dense).
    ``plates`` [2, 48, 48, 4]: RGB, and the signed distance to the outline, above 0 inside.
    ``tracks`` [16, 16]: for each actor visible (1) or not (-1), x and y of its middle (-1 is left
    and top), its height as 4·share of the picture's height - 2, cosine and sine of its tilt, and
    how hard it sounds (-1 silent, 1 the moment of the sound); then the wind in pictures a second.
    ``sound`` [128, 64]: a log-mel spectrogram, 62.5 columns a second (``gpu_workers.sketch.mel``).
    """

    backdrop: Floats
    weather: Floats
    plates: Floats
    tracks: Floats
    sound: Floats


def track(tracks: Floats, actor: int) -> Floats:
    """One actor's columns, [moments, 7]."""
    return tracks[:, actor * TRACK : (actor + 1) * TRACK]


def height_share(size: Floats) -> Floats:
    """An actor's height as a share of the picture's, from its track."""
    return np.clip((size + 2) / 4, 0.02, 1.5)


def size_of(share: float) -> float:
    """The inverse of ``height_share``."""
    return 4 * share - 2
