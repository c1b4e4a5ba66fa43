"""Put a clip's layers together as pictures of any size and rate, with the cameos' own pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_workers.clip import Pictures
from gpu_workers.sketch import layers
from gpu_workers.sketch.layers import EDGE_PIXELS, MOMENTS_PER_SECOND, Floats

DRAWING_VERSION: Final = 1
"""Of what is made from a clip's layers: a change of these bytes is a new one, and plans have it."""
Cutout = NDArray[np.uint8]
CAMERAS: Final = ("still", "pan-left", "pan-right", "zoom-in", "zoom-out")
_TRAVEL: Final = 0.08
"""How far a camera goes, as a share of the picture."""
_RING_STRENGTH: Final = 0.75
_EVENED: Final = (9, 0.18, 4.0)
"""Pixels, levels and spread of the filter that takes the last noise out of a backdrop."""


@dataclass(frozen=True)
class Scene:
    """Layers that stay while somebody moves before them.

    ``tracks`` [moments, 16] may be longer than one clip. ``cutouts`` are uint8 RGBA of any size,
    one for each actor, None where the model's own plate is shown. ``speech`` [pictures, 2] in
    [0, 1] is how loud each actor speaks in each picture.
    """

    backdrop: Floats
    weather: Floats
    plates: Floats
    tracks: Floats
    cutouts: tuple[Cutout | None, ...] = (None, None)
    camera: str = "still"
    speech: Floats | None = None


@dataclass(frozen=True)
class _Pose:
    """Where one actor is in one picture: pixels, radians, and shares from 0 to 1."""

    x: float
    y: float
    height: float
    tilt: float
    pulse: float
    speech: float
    floor: float | None


def pictures(scene: Scene, width: int, height: int, fps: float, count: int) -> Iterator[Pictures]:
    """``count`` pictures, uint8 [height, width, 3], ``fps`` of them a second."""
    stage = _Stage(scene, width, height)
    for index in range(count):
        yield stage.shown((index + 0.5) / fps, index, count)


class _Stage:
    """A scene prepared for one size of picture."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.scene, self.width, self.height = scene, width, height
        self.scale = max(width / layers.BACKDROP_WIDTH, height / layers.BACKDROP_HEIGHT)
        self.half = (
            layers.BACKDROP_WIDTH * self.scale / 2,
            layers.BACKDROP_HEIGHT * self.scale / 2,
        )
        self.backdrop = _enlarged(scene.backdrop, self.scale)
        self.weather = _weather(scene.weather, width, height)
        self.cutouts = [None if each is None else _prepared(each) for each in scene.cutouts]
        self.floors = [self._floor(actor) for actor in range(layers.ACTORS)]

    def shown(self, seconds: float, index: int, count: int) -> Pictures:
        """The picture at a time."""
        zoom, aside = _camera(self.scene.camera, index / max(count - 1, 1))
        middle_x = self.width / 2 - aside * self.width
        left = middle_x - self.half[0] * zoom
        top = self.height / 2 - self.half[1] * zoom
        matrix = np.asarray([[zoom, 0, left], [0, zoom, top]], np.float32)
        size = (self.width, self.height)
        canvas = cv2.warpAffine(
            self.backdrop, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for actor in range(layers.ACTORS - 1, -1, -1):
            pose = self._pose(actor, seconds, index, zoom, middle_x)
            if pose is not None:
                self._draw(canvas, actor, pose)
        if self.weather is not None:
            self._blow(canvas, seconds)
        return np.asarray(np.clip(canvas * 255 + 0.5, 0, 255), np.uint8)

    def _blow(self, canvas: Floats, seconds: float) -> None:
        assert self.weather is not None
        wind = self.scene.tracks[:, layers.WIND_X : layers.WIND_Y + 1].mean(0)
        moved = (
            round(float(wind[1]) * seconds * self.height),
            round(float(wind[0]) * seconds * self.width),
        )
        layer = np.roll(self.weather, moved, (0, 1))
        dense = layer[..., 3:]
        canvas[:] = canvas * (1 - dense) + layer[..., :3] * dense

    def _floor(self, actor: int) -> float | None:
        """Where an actor stands, in units of the scene; None for who flies or swims."""
        track = layers.track(self.scene.tracks, actor)
        feet = track[:, layers.Y] + layers.height_share(track[:, layers.SIZE])
        lowest = float(np.percentile(feet, 90))
        return lowest if lowest > 0.1 and float(np.median(feet)) > lowest - 0.45 else None

    def _pose(
        self, actor: int, seconds: float, index: int, zoom: float, middle_x: float
    ) -> _Pose | None:
        now = _at(layers.track(self.scene.tracks, actor), seconds)
        if now[layers.VISIBLE] < 0:
            return None
        seen_x = min(1.0, self.width / 2 / self.half[0])
        seen_y = min(1.0, self.height / 2 / self.half[1])
        share = float(layers.height_share(now[layers.SIZE : layers.SIZE + 1])[0])
        speech = self.scene.speech
        floor = self.floors[actor]
        to_y = self.half[1] * seen_y * zoom
        return _Pose(
            x=middle_x + float(now[layers.X]) * self.half[0] * seen_x * zoom,
            y=self.height / 2 + float(now[layers.Y]) * to_y,
            height=share * self.half[1] * 2 * zoom,
            tilt=float(np.arctan2(now[layers.SIN], now[layers.COS])),
            pulse=float(np.clip((now[layers.PULSE] + 1) / 2, 0, 1)),
            speech=0.0 if speech is None else float(speech[index, actor]),
            floor=None if floor is None else self.height / 2 + floor * to_y,
        )

    def _draw(self, canvas: Floats, actor: int, pose: _Pose) -> None:
        if pose.floor is not None:
            _shadow(canvas, pose)
        cutout = self.cutouts[actor]
        plate = (
            _cut(cutout, pose.height)
            if cutout is not None
            else _made(self.scene.plates[actor], pose.height)
        )
        _paste(canvas, plate, pose)
        if pose.pulse > 0.15:
            _ring(canvas, pose)


def _at(track: Floats, seconds: float) -> Floats:
    """A track between its moments; who leaves on one side and enters on the other jumps."""
    place = np.clip(seconds * MOMENTS_PER_SECOND - 0.5, 0, len(track) - 1)
    before = int(place)
    after = min(before + 1, len(track) - 1)
    share = float(place - before)
    if abs(float(track[after, layers.X] - track[before, layers.X])) > 1:
        return np.asarray(track[before if share < 0.5 else after])
    return np.asarray(track[before] * (1 - share) + track[after] * share)


def _camera(camera: str, share: float) -> tuple[float, float]:
    """How much larger, and how far aside, when ``share`` of the clip has passed."""
    match camera:
        case "pan-left":
            return 1 + 2 * _TRAVEL, _TRAVEL * (1 - 2 * share)
        case "pan-right":
            return 1 + 2 * _TRAVEL, _TRAVEL * (2 * share - 1)
        case "zoom-in":
            return 1 + 2.5 * _TRAVEL * share, 0.0
        case "zoom-out":
            return 1 + 2.5 * _TRAVEL * (1 - share), 0.0
        case _:
            return 1.0, 0.0


def _enlarged(backdrop: Floats, scale: float) -> Floats:
    """The backdrop at the picture's size: evened out between edges, which are drawn together."""
    size = (
        max(1, round(layers.BACKDROP_WIDTH * scale)),
        max(1, round(layers.BACKDROP_HEIGHT * scale)),
    )
    plain = np.clip((backdrop + 1) / 2, 0, 1).astype(np.float32)
    plain = cv2.bilateralFilter(plain, *_EVENED)
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    large = cv2.resize(plain, size, interpolation=method)
    if scale > 2:
        soft = cv2.GaussianBlur(large, (0, 0), scale * 0.6)
        large = cv2.bilateralFilter(large + 0.8 * (large - soft), 5, 0.15, scale)
    return np.asarray(np.clip(large, 0, 1))


def _weather(weather: Floats, width: int, height: int) -> Floats | None:
    """RGB and coverage at the picture's size, wrapping round; None under a clear sky."""
    dense = np.clip((weather[..., 3:] + 1) / 2, 0, 1)
    if float(dense.max()) < 0.3:
        return None
    layer = np.concatenate([np.clip((weather[..., :3] + 1) / 2, 0, 1), dense], 2)
    tiles, pad = layers.WEATHER_TILES, 4
    tiled = np.tile(layer, (tiles, tiles, 1)).astype(np.float32)
    wrapped = np.pad(tiled, ((pad, pad), (pad, pad), (0, 0)), mode="wrap")
    down, across = height / tiled.shape[0], width / tiled.shape[1]
    size = (round(wrapped.shape[1] * across), round(wrapped.shape[0] * down))
    large = cv2.resize(wrapped, size, interpolation=cv2.INTER_CUBIC)
    left, top = round(pad * across), round(pad * down)
    cut = large[top : top + height, left : left + width]
    cut[..., 3] = _smooth(cut[..., 3], 0.25, 0.75) * 0.85
    return np.asarray(np.clip(cut, 0, 1))


def _smooth(values: Floats, low: float, high: float) -> Floats:
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _made(plate: Floats, height: float) -> Floats:
    """A plate of the model at its size, premultiplied RGBA: the outline is cut where it is 0."""
    side = max(4, round(height))
    large = cv2.resize(plate, (side, side), interpolation=cv2.INTER_CUBIC)
    pixels = large[..., 3:] * EDGE_PIXELS * side / layers.PLATE_SIDE
    cover = np.clip(pixels + 0.5, 0, 1)
    return np.concatenate([np.clip((large[..., :3] + 1) / 2, 0, 1) * cover, cover], 2)


def _prepared(cutout: Cutout) -> Floats:
    """A cameo in all its pixels, premultiplied RGBA."""
    plain = cutout.astype(np.float32) / 255
    plain[..., :3] *= plain[..., 3:]
    return np.asarray(plain)


def _cut(plain: Floats, height: float) -> Floats:
    """A cameo at its size."""
    tall, wide = plain.shape[:2]
    size = (max(2, round(wide * height / tall)), max(4, round(height)))
    method = cv2.INTER_AREA if height < tall else cv2.INTER_CUBIC
    return np.asarray(np.clip(cv2.resize(plain, size, interpolation=method), 0, 1))


def _paste(canvas: Floats, plate: Floats, pose: _Pose) -> None:
    """Lay a plate on the canvas: tilted, and stretched by its sound and its speech."""
    tall, wide = plate.shape[:2]
    up = 1 + 0.14 * pose.pulse + 0.10 * pose.speech
    aside = 1 - 0.07 * pose.pulse - 0.04 * pose.speech
    cos, sin = np.cos(pose.tilt), np.sin(pose.tilt)
    turn = np.asarray([[cos * aside, -sin * up], [sin * aside, cos * up]])
    lift = (up - 1) * tall / 2
    middle = np.asarray([pose.x, pose.y - lift])
    reach = int(np.hypot(tall * up, wide) / 2) + 2
    left, top = int(middle[0]) - reach, int(middle[1]) - reach
    right, bottom = left + 2 * reach, top + 2 * reach
    inside = (max(left, 0), max(top, 0), min(right, canvas.shape[1]), min(bottom, canvas.shape[0]))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return
    offset = middle - inside[:2] - turn @ [wide / 2, tall / 2]
    matrix = np.concatenate([turn, offset[:, None]], 1).astype(np.float32)
    size = (inside[2] - inside[0], inside[3] - inside[1])
    laid = cv2.warpAffine(plate, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    part = canvas[inside[1] : inside[3], inside[0] : inside[2]]
    part[:] = part * (1 - laid[..., 3:]) + laid[..., :3]


def _shadow(canvas: Floats, pose: _Pose) -> None:
    assert pose.floor is not None
    above = max(0.0, pose.floor - (pose.y + pose.height / 2)) / max(pose.height, 1)
    wide = pose.height * 0.42 * max(0.3, 1 - 0.5 * above)
    tall = wide * 0.22
    _tint(canvas, (pose.x, pose.floor), (wide, tall), -1, (0, 0, 0), 0.32 * max(0.2, 1 - above))


def _ring(canvas: Floats, pose: _Pose) -> None:
    radius = pose.height * (0.92 - 0.22 * pose.pulse)
    thick = max(1, round(pose.height * 0.05 * pose.pulse))
    strength = _RING_STRENGTH * pose.pulse
    _tint(canvas, (pose.x, pose.y), (radius, radius), thick, (1, 1, 1), strength)


def _tint(
    canvas: Floats,
    middle: tuple[float, float],
    axes: tuple[float, float],
    thickness: int,
    colour: tuple[float, float, float],
    strength: float,
) -> None:
    """Mix an ellipse of a colour into the canvas; -1 thick is filled and soft."""
    height, width = canvas.shape[:2]
    pad = max(thickness, 0) + 3
    left, right = int(middle[0] - axes[0]) - pad, int(middle[0] + axes[0]) + pad
    top, bottom = int(middle[1] - axes[1]) - pad, int(middle[1] + axes[1]) + pad
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return
    mask = np.zeros((bottom - top, right - left), np.float32)
    place = (round(middle[0] - left), round(middle[1] - top))
    size = (max(1, round(axes[0])), max(1, round(axes[1])))
    cv2.ellipse(mask, place, size, 0, 0, 360, 1.0, thickness, cv2.LINE_AA)
    if thickness < 0:
        mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, axes[1] / 3))
    cover = (mask * strength)[..., None]
    part = canvas[top:bottom, left:right]
    part[:] = part * (1 - cover) + np.asarray(colour, np.float32) * cover


def cutouts_of(given: Sequence[NDArray[np.float32] | None]) -> tuple[Cutout | None, ...]:
    """Cutouts in [0, 1] as the bytes that a scene takes."""
    return tuple(None if each is None else np.asarray(each * 255 + 0.5, np.uint8) for each in given)
