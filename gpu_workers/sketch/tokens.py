"""Layers as tokens: what the transformer reads and writes, and which noise level each part has."""

from __future__ import annotations

from typing import Final

import torch

from gpu_workers.sketch import layers

PATCH: Final = 8
PATCH_WIDTH: Final = 12
"""Pixels of a backdrop's patch down, and across; a weather's patch is square."""
PLATE_PATCH: Final = 24
_ROWS: Final = layers.BACKDROP_HEIGHT // PATCH
_COLUMNS: Final = layers.BACKDROP_WIDTH // PATCH_WIDTH
_WEATHER_ROWS: Final = layers.WEATHER_HEIGHT // PATCH
_WEATHER_COLUMNS: Final = layers.WEATHER_WIDTH // PATCH
_PLATE_SIDE: Final = layers.PLATE_SIDE // PLATE_PATCH

SHAPES: Final[dict[str, tuple[int, int]]] = {
    "backdrop": (_ROWS * _COLUMNS, PATCH * PATCH_WIDTH * 3),
    "weather": (_WEATHER_ROWS * _WEATHER_COLUMNS, PATCH * PATCH * 4),
    "plates": (layers.ACTORS * _PLATE_SIDE**2, PLATE_PATCH * PLATE_PATCH * 4),
    "tracks": (layers.ACTORS, layers.MOMENTS * layers.WAY),
    "beats": (layers.MOMENTS, layers.TRACKS - layers.ACTORS * layers.WAY),
    "sound": (layers.MOMENTS, layers.COLUMNS * layers.BANDS),
}
"""Tokens and numbers in each, of every part that is sampled."""
LEVELS: Final[dict[str, int]] = {
    "backdrop": 0,
    "weather": 0,
    "plates": 1,
    "tracks": 2,
    "beats": 2,
    "sound": 3,
}
"""Which of the four noise levels a part has: scene, actors, motion, sound."""
LEVEL_COUNT: Final = 4
SIGNAL: Final[dict[str, float]] = {
    "backdrop": 0.15,
    "weather": 0.3,
    "plates": 0.15,
    "tracks": 0.5,
    "beats": 1.0,
    "sound": 0.3,
}
"""How strong a part is against noise of unit spread. A part of many numbers can be told under much
noise; so weakened, all parts are decided upon at about the same level."""
Parts = dict[str, torch.Tensor]
_WAYS: Final = [
    actor * layers.TRACK + column for actor in range(layers.ACTORS) for column in range(layers.WAY)
]
_BEATS: Final = [column for column in range(layers.TRACKS) if column not in _WAYS]


TIMED: Final = frozenset({"tracks", "beats", "sound"})
"""The parts that pass in time; the others stay through a shot."""
GIVEN_MOMENTS: Final = 4
"""How many of its first moments a clip is given when it goes on from another."""


def first_moments(name: str) -> torch.Tensor:
    """Which numbers of a part are of its first moments: bool [count, numbers]."""
    count, numbers = SHAPES[name]
    if name == "tracks":
        return (torch.arange(numbers) < GIVEN_MOMENTS * layers.WAY).expand(count, numbers)
    return (torch.arange(count) < GIVEN_MOMENTS)[:, None].expand(count, numbers)


def last_first(name: str, part: torch.Tensor) -> torch.Tensor:
    """A part [count, numbers] with its last moments where the first ones stand."""
    if name == "tracks":
        return torch.roll(part, GIVEN_MOMENTS * layers.WAY, 1)
    return torch.roll(part, GIVEN_MOMENTS, 0)


def to_tokens(batch: Parts) -> Parts:
    """Layers with a batch axis → tokens [n, count, numbers] by the names of ``SHAPES``.

    They are weakened by ``SIGNAL``.
    """
    n = len(batch["tracks"])
    ways, beats = ways_and_beats(batch["tracks"])
    parts = {
        "backdrop": _patches(batch["backdrop"], PATCH, PATCH_WIDTH),
        "weather": _patches(batch["weather"], PATCH, PATCH),
        "plates": _patches(batch["plates"].flatten(0, 1), PLATE_PATCH, PLATE_PATCH).reshape(
            n, *SHAPES["plates"]
        ),
        "tracks": ways,
        "beats": beats,
        "sound": batch["sound"].reshape(n, *SHAPES["sound"]),
    }
    return {name: part * SIGNAL[name] for name, part in parts.items()}


def to_layers(parts: Parts) -> list[layers.Layers]:
    """The inverse of ``to_tokens``."""
    parts = {name: part / SIGNAL[name] for name, part in parts.items()}
    n = len(parts["tracks"])
    plates = _pictures(
        parts["plates"].reshape(n * layers.ACTORS, _PLATE_SIDE**2, -1),
        _PLATE_SIDE,
        PLATE_PATCH,
        PLATE_PATCH,
    ).reshape(n, layers.ACTORS, layers.PLATE_SIDE, layers.PLATE_SIDE, 4)
    backdrop = _pictures(parts["backdrop"], _ROWS, PATCH, PATCH_WIDTH)
    weather = _pictures(parts["weather"], _WEATHER_ROWS, PATCH, PATCH)
    sound = parts["sound"].reshape(n, layers.MOMENTS * layers.COLUMNS, layers.BANDS)
    whole = (backdrop, weather, plates, _tracks(parts["tracks"], parts["beats"]), sound)
    return [
        layers.Layers(*(each[i].float().contiguous().numpy() for each in whole)) for i in range(n)
    ]


def backdrop_picture(tokens: torch.Tensor) -> torch.Tensor:
    """A backdrop's tokens [n, count, numbers] as a picture [n, 3, 56, 96]."""
    return _pictures(tokens, _ROWS, PATCH, PATCH_WIDTH).permute(0, 3, 1, 2)


def backdrop_tokens(picture: torch.Tensor) -> torch.Tensor:
    """The inverse of ``backdrop_picture``."""
    return _patches(picture.permute(0, 2, 3, 1), PATCH, PATCH_WIDTH)


def ways_and_beats(tracks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each actor goes, one token for a whole way, [n, actors, moments · columns].

    And what else a moment holds, [n, moments, columns].
    """
    n, moments, _ = tracks.shape
    ways = tracks[..., _WAYS].reshape(n, moments, layers.ACTORS, layers.WAY)
    return ways.transpose(1, 2).flatten(2), tracks[..., _BEATS]


def _tracks(ways: torch.Tensor, beats: torch.Tensor) -> torch.Tensor:
    """The inverse of ``ways_and_beats``."""
    n = len(ways)
    tracks = torch.empty(n, layers.MOMENTS, layers.TRACKS, dtype=ways.dtype)
    along = ways.reshape(n, layers.ACTORS, layers.MOMENTS, layers.WAY).transpose(1, 2)
    tracks[..., _WAYS] = along.flatten(2)
    tracks[..., _BEATS] = beats
    return tracks


def _patches(pictures: torch.Tensor, tall: int, wide: int) -> torch.Tensor:
    n, height, width, channels = pictures.shape
    grid = pictures.reshape(n, height // tall, tall, width // wide, wide, channels)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(n, -1, tall * wide * channels)


def _pictures(patches: torch.Tensor, rows: int, tall: int, wide: int) -> torch.Tensor:
    n, count, numbers = patches.shape
    channels = numbers // (tall * wide)
    grid = patches.reshape(n, rows, count // rows, tall, wide, channels)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(n, rows * tall, -1, channels)
