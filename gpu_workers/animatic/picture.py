"""The painter of one shot: a set, its actors and a camera become one picture at a time.

A picture depends on the scene and its own number alone, so pictures can be painted in any order
and in any process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from gpu_workers.animatic.beasts import BEASTS, beast, bird, fish
from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.figures import person, robot
from gpu_workers.animatic.interiors import abstract, room, space
from gpu_workers.animatic.motion import Pose, eased
from gpu_workers.animatic.palette import Colour, Palette, blend
from gpu_workers.animatic.places import desert, field, forest, mountain, snow
from gpu_workers.animatic.scenery import Backdrop, Builder
from gpu_workers.animatic.script import CAMEO, Actor, Scene
from gpu_workers.animatic.shore import beach, sea
from gpu_workers.animatic.stage import Camera, Canvas, Stage
from gpu_workers.animatic.town import city, street
from gpu_workers.animatic.vehicles import (
    ball,
    balloon,
    boat,
    car,
    hull,
    rocket,
    toy_balloon,
    train,
    tree,
)
from gpu_workers.animatic.weather import falling
from gpu_workers.references import Cutout

_SETS: Final[dict[str, Callable[[Builder], Backdrop]]] = {
    "beach": beach,
    "sea": sea,
    "city": city,
    "street": street,
    "forest": forest,
    "mountain": mountain,
    "desert": desert,
    "space": space,
    "room": room,
    "field": field,
    "snow": snow,
    "abstract": abstract,
}
_Drawing = Callable[[Stage, Pose, Colour, float, int, Palette], None]
_DRAWINGS: Final[dict[str, _Drawing]] = {
    "person": person,
    "robot": robot,
    "bird": bird,
    "fish": fish,
    "car": car,
    "train": train,
    "boat": boat,
    "balloon": balloon,
    "rocket": rocket,
    "tree": tree,
    "ball": ball,
    "toy balloon": toy_balloon,
}
_PAN: Final = 0.14
_ZOOM: Final = 0.2
_MARGIN: Final = 0.45
_CAMEO_HEIGHT: Final = 0.46
"""Of a cameo, in heights of the panel at full size."""


class Painter:
    """Paints the pictures of one scene at one size in pixels."""

    def __init__(
        self, scene: Scene, width: int, height: int, cutouts: Sequence[Cutout] = ()
    ) -> None:
        self._scene, self._width, self._height = scene, width, height
        self._cutouts = cutouts
        half = width / height / 2
        travelled = scene.travel * scene.seconds
        build = Builder(
            light=scene.palette,
            draw=chance(scene.seed, "set"),
            low=-half - _MARGIN + min(0.0, travelled * 1.4),
            high=half + _MARGIN + max(0.0, travelled * 1.4),
            half=half,
            fair=scene.weather is None,
        )
        self._set = _SETS[scene.place](build)
        self._weather = falling(scene.weather, scene.palette, scene.seed, half)
        self._on_actors = scene.palette.on_actors()
        self._sky = _sky(scene.palette, width, height)
        draw = chance(scene.seed, "sun")
        self._sun = (float(draw.uniform(-0.6, 0.6)) * half, float(draw.uniform(-0.3, -0.12)))
        self._stars = draw.uniform(-1, 1, (40, 2)) * [half, 0.45] - [0, 0.1]

    def paint(self, index: int) -> Canvas:
        """Picture ``index`` of the shot: uint8 [height, width, 3] in RGB."""
        scene = self._scene
        time = index / scene.fps
        stage = Stage(self._sky.copy(), self._camera(time))
        if scene.place != "room":
            self._heaven(stage, time)
        self._set.far(stage, time)
        for shape in self._set.shapes:
            stage.draw(shape)
        self._set.near(stage, time)
        for actor in sorted(scene.actors, key=lambda actor: actor.track.ground_y):
            if actor.kind == CAMEO:
                _appear(stage, actor, time, self._cutouts[actor.look])
            else:
                _perform(stage, actor, time, self._on_actors)
        self._set.veil(stage, time)
        for shape in self._set.foreground:
            stage.draw(shape)
        self._weather(stage, time)
        return stage.canvas

    def _camera(self, time: float) -> Camera:
        scene = self._scene
        share = eased(time / max(scene.seconds, 1e-6))
        along = scene.travel * time
        breath = 0.004 * math.sin(time * 0.9)
        if scene.camera == "pan-left":
            return Camera(along + _PAN * (0.5 - share), breath, 1.04)
        if scene.camera == "pan-right":
            return Camera(along + _PAN * (share - 0.5), breath, 1.04)
        if scene.camera == "push":
            return Camera(along, 0.03 * share, 1.0 + _ZOOM * share)
        if scene.camera == "pull":
            return Camera(along, 0.03 * (1 - share), 1.0 + _ZOOM * (1 - share))
        if scene.camera == "crane":
            return Camera(along, 0.07 - 0.13 * share, 1.06)
        return Camera(along, breath, 1.02)

    def _heaven(self, stage: Stage, time: float) -> None:
        """Sun or moon with its halo, and stars at night."""
        light, (x, y) = self._scene.palette, self._sun
        if light.dark and self._scene.place != "space":
            for index, (star_x, star_y) in enumerate(self._stars):
                bright = 0.45 + 0.4 * math.sin(time * 1.5 + index)
                tone = blend(light.sky_top, (255, 250, 230), bright)
                stage.disc(float(star_x), float(star_y), 0.0022, tone, 0.02)
        if self._scene.place in {"space", "abstract"} or self._scene.weather is not None:
            return
        halo = blend((0, 0, 0), light.sun, {"day": 0.15, "night": 0.16}.get(light.time, 0.28))
        y = y + 0.14 if light.time in {"sunset", "dawn"} else y
        stage.glow(x, y, 0.5, halo, 0.05)
        radius = 0.075 if light.time in {"day", "night"} else 0.11
        stage.disc(x, y, radius, light.sun, 0.05)
        if light.dark:
            stage.disc(
                x + 0.03, y - 0.014, radius * 0.86, blend(light.sky_top, light.sky_low, 0.25), 0.05
            )


def _appear(stage: Stage, actor: Actor, time: float, cutout: Cutout) -> None:
    """A cameo stands where a person would, with its own pixels, and rocks as it moves."""
    pose = actor.track.at(time)
    tilt = 0.05 * math.sin(2 * math.pi * pose.phase)
    stage.cutout(cutout, pose.x, pose.y - pose.lift, _CAMEO_HEIGHT * actor.size, tilt)


def _perform(stage: Stage, actor: Actor, time: float, light: Palette) -> None:
    pose = actor.track.at(time)
    if actor.kind in BEASTS:
        beast(actor.kind, stage, pose, actor.colour, actor.size, actor.look, light)
    else:
        _DRAWINGS[actor.kind](stage, pose, actor.colour, actor.size, actor.look, light)
    if actor.aboard:
        hull(stage, pose, actor.size, light)


def _sky(light: Palette, width: int, height: int) -> Canvas:
    """The sky in flat bands that melt into each other towards the horizon."""
    rows = np.linspace(0, 1, height)
    share = np.clip(rows / 0.62, 0, 1)
    bands = 9
    stepped = np.floor(share * bands) / bands
    soft = 0.35 * stepped + 0.65 * share
    top, low = np.array(light.sky_top, np.float64), np.array(light.sky_low, np.float64)
    column = np.rint(top + (low - top) * soft[:, None]).astype(np.uint8)
    sky: Canvas = np.ascontiguousarray(np.broadcast_to(column[:, None, :], (height, width, 3)))
    return cv2.GaussianBlur(sky, (1, 5), 0) if height >= 64 else sky
