"""A source clip as layers, so that it can be remixed or gone on from.

What stays is the backdrop: the median of all pictures. What moves before it is an actor, followed
from picture to picture. That is exact for clips of this model and a guess for all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.clip import Pictures
from gpu_workers.sketch import layers, plates
from gpu_workers.sketch.film import Cutout
from gpu_workers.sketch.layers import Floats

SCALE: Final = 4
WIDTH: Final = layers.BACKDROP_WIDTH * SCALE
HEIGHT: Final = layers.BACKDROP_HEIGHT * SCALE
"""The size in which a source is looked at."""
_DIFFERENT: Final = 0.10
_SHARE_MIN: Final = 0.004
"""A moving thing smaller than this share of the picture is no actor."""
_FAR: Final = 0.45
_THUMB: Final = (16, 16)
_BOTH: Final = layers.ACTORS * layers.TRACK
_SHADOW_SPREAD: Final = 0.1
_SHADOW_DARKEST: Final = 0.6
Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """As ``Layers``, but ``tracks`` has as many moments as the source, and there is no sound."""

    backdrop: Floats
    weather: Floats
    plates: Floats
    tracks: Floats


@dataclass(frozen=True)
class _Thing:
    """Something that moves, in one picture: its box in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[float, float]:
        """In units of the scene, -1 to 1."""
        x = (self.left + self.width / 2) / WIDTH * 2 - 1
        return x, (self.top + self.height / 2) / HEIGHT * 2 - 1


def taken_apart(pictures: Pictures) -> Source:
    """uint8 [moments, 224, 384, 3], eight a second, as layers."""
    plain = np.asarray(pictures, np.float32) / np.float32(255)
    still = np.asarray(np.median(plain, 0), np.float32)
    masks = [_moving(picture, still) for picture in plain]
    paths = _followed([_things(mask) for mask in masks])
    tracks = np.zeros((len(pictures), layers.TRACKS), np.float32)
    sheets = np.stack([plates.nobody()] * layers.ACTORS)
    for actor in range(layers.ACTORS):
        columns = tracks[:, actor * layers.TRACK : (actor + 1) * layers.TRACK]
        columns[:, layers.VISIBLE] = columns[:, layers.PULSE] = -1
        columns[:, layers.COS] = 1
        if actor < len(paths):
            _write_track(columns, paths[actor])
            sheets[actor] = _plate(plain, masks, paths[actor])
    small = (layers.BACKDROP_WIDTH, layers.BACKDROP_HEIGHT)
    backdrop = cv2.resize(still, small, interpolation=cv2.INTER_AREA) * 2 - 1
    clear = np.zeros((layers.WEATHER_HEIGHT, layers.WEATHER_WIDTH, 4), np.float32)
    clear[..., 3] = -1
    return Source(np.asarray(backdrop, np.float32), clear, sheets, tracks)


def in_order(apart: Source, cutouts: Sequence[Cutout | None]) -> Source:
    """The same, with its two actors exchanged where the cast is seen the other way round.

    ``cutouts`` [2] are uint8 RGBA, None where nobody is cast.
    """
    seen = [_thumb(_as_rgba(each)) for each in apart.plates]
    meant = [None if each is None else _thumb(_shares(each)) for each in cutouts]

    def misfit(order: tuple[int, int]) -> float:
        pairs = [(seen[i], own) for i, own in zip(order, meant, strict=True) if own is not None]
        return sum(float(np.square(one - other).mean()) for one, other in pairs)

    if misfit((1, 0)) >= misfit((0, 1)):
        return apart
    tracks, one, two = apart.tracks.copy(), slice(0, layers.TRACK), slice(layers.TRACK, _BOTH)
    tracks[:, one], tracks[:, two] = apart.tracks[:, two], apart.tracks[:, one]
    return replace(apart, plates=np.ascontiguousarray(apart.plates[::-1]), tracks=tracks)


def _shares(cutout: Cutout) -> Floats:
    return np.asarray(cutout, np.float32) / np.float32(255)


def _as_rgba(plate: Floats) -> Floats:
    inside = (plate[..., 3:] > 0).astype(np.float32)
    return np.asarray(np.concatenate([(plate[..., :3] + 1) / 2, inside], 2), np.float32)


def _thumb(rgba: Floats) -> Floats:
    """Who it is, small: RGB on mid grey, in [-0.5, 0.5]."""
    small = cv2.resize(np.asarray(rgba, np.float32), _THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray((small[..., :3] - 0.5) * small[..., 3:])


def _moving(picture: Floats, still: Floats) -> Mask:
    """What differs from what stays, but for shadows: they darken all colours alike."""
    ratio = (picture + 0.02) / (still + 0.02)
    alike = ratio.max(2) - ratio.min(2) < _SHADOW_SPREAD
    shadow = alike & (ratio.mean(2) > _SHADOW_DARKEST) & (ratio.mean(2) < 1)
    differs = (np.abs(picture - still).max(2) > _DIFFERENT) & ~shadow
    different = differs.astype(np.uint8)
    opened = cv2.morphologyEx(different, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return np.asarray(
        cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8)), np.uint8
    )


def _things(mask: Mask) -> list[_Thing]:
    """What moves in one picture, the largest first, at most two."""
    _, _, found, _ = cv2.connectedComponentsWithStats(mask)
    large = [row for row in found[1:].tolist() if row[4] > _SHARE_MIN * WIDTH * HEIGHT]
    large.sort(key=lambda row: -row[4])
    return [_Thing(*row[:4]) for row in large[: layers.ACTORS]]


def _followed(seen: list[list[_Thing]]) -> list[dict[int, _Thing]]:
    """The things of each picture as at most two paths, by nearness to where each was last."""
    paths: list[dict[int, _Thing]] = []
    for moment, things in enumerate(seen):
        free = list(paths)
        for thing in things:
            near = min(free, key=lambda path: _apart(path, thing), default=None)
            if near is not None and _apart(near, thing) < _FAR:
                near[moment] = thing
                free.remove(near)
            elif len(paths) < layers.ACTORS:
                paths.append({moment: thing})
    whole = [path for path in paths if len(path) >= max(2, len(seen) // 4)]
    return sorted(whole, key=len, reverse=True)


def _apart(path: dict[int, _Thing], thing: _Thing) -> float:
    last = path[max(path)].middle
    return float(np.hypot(last[0] - thing.middle[0], last[1] - thing.middle[1]))


def _write_track(columns: Floats, path: dict[int, _Thing]) -> None:
    """Between two pictures in which it was seen, it goes straight."""
    moments = sorted(path)
    every = np.arange(len(columns))
    middles = np.asarray([path[moment].middle for moment in moments])
    columns[:, layers.VISIBLE] = 1
    columns[:, layers.X] = np.interp(every, moments, middles[:, 0])
    columns[:, layers.Y] = np.interp(every, moments, middles[:, 1])
    height = float(np.median([path[moment].height for moment in moments])) / HEIGHT
    columns[:, layers.SIZE] = layers.size_of(height)


def _plate(pictures: Floats, masks: list[Mask], path: dict[int, _Thing]) -> Floats:
    """The largest view of a thing, squared."""
    moment, thing = max(path.items(), key=lambda item: item[1].width * item[1].height)
    side = max(thing.width, thing.height)
    middle = (thing.left + thing.width / 2, thing.top + thing.height / 2)
    cut = (side, side)
    rgb = cv2.getRectSubPix(pictures[moment], cut, middle)
    mask = cv2.getRectSubPix(masks[moment].astype(np.float32), cut, middle)
    return plates.as_plate(np.concatenate([rgb, mask[..., None]], 2))
