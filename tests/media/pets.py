"""Clips of a pet: a cat's picture before a camera that wanders, or a drawn dog that walks about;
perhaps with somebody beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from gpu_workers.animatic.beasts import NATURAL, beast
from gpu_workers.animatic.motion import Track
from gpu_workers.animatic.palette import palette_for
from gpu_workers.animatic.stage import Camera as View
from gpu_workers.animatic.stage import Stage
from tests.media.camera import Camera, Lens, record
from tests.media.clips import frame_times
from tests.media.head import SIDE, Picture
from tests.media.people import Person, picture

_SECONDS: Final = 3.0
Pet = Literal["cat", "dog"]
_WALK: Final = Track("walk", start_x=-0.16, ground_y=0.3, facing=1, offset=0.4, speed=0.1)


def film_pet(
    path: Path,
    rng: np.random.Generator,
    camera: Camera,
    beside: Person | None = None,
    pet: Pet = "cat",
    quarters: int = 0,
) -> Path:
    """Three seconds without sound; returns the file, with its suffix. Who is beside the pet lies
    turned by so many quarters."""
    times = frame_times(_SECONDS, camera.fps, rng)
    lens = Lens(camera, rng)
    share = float(rng.uniform(0.3, 0.6))
    since = float(rng.uniform(0.0, 0.5)) * _SECONDS

    def drawn() -> Iterator[Picture]:
        for time in times:
            scene = _cat(time / 1000) if pet == "cat" else _dog(time / 1000)
            if beside is not None and time / 1000 >= since:
                _stand_beside(scene, beside, share, quarters)
            yield lens.see(scene)

    return record(path.with_suffix(camera.suffix), drawn(), times, None, camera)


def _cat(second: float) -> Picture:
    """The cat, from a camera that drifts and comes nearer."""
    cat = picture("cat")
    height, width = cat.shape[:2]
    scale = (1.02 + 0.02 * second) * SIDE / height
    left = SIDE / 2 - scale * width / 2 + 20 * np.sin(second * 1.3)
    warp = np.array([[scale, 0, left], [0, scale, -4 - 3 * second]])
    return np.asarray(
        cv2.warpAffine(cat, warp, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def _dog(second: float) -> Picture:
    """The dog on a meadow, from a camera that goes along with it a little."""
    light = palette_for("day", None, 3, ())
    share = np.linspace(0, 1, SIDE)[:, None, None]
    sky, grass = np.array(light.sky_low, float), np.array(light.lit((112, 150, 84)), float)
    ground = np.where(share > 0.58, grass * (1.25 - 0.35 * share), sky)
    scene = np.ascontiguousarray(np.broadcast_to(ground, (SIDE, SIDE, 3)).astype(np.uint8))
    stage = Stage(scene, View(x=0.04 * second, zoom=1.1))
    beast("dog", stage, _WALK.at(second), NATURAL["dog"][0], 1.5, 0, light)
    return scene


def _stand_beside(scene: Picture, person: Person, share: float, quarters: int) -> None:
    """Put somebody's picture into the lower corner, ``share`` of the scene's side wide."""
    side = int(share * SIDE)
    small = cv2.resize(person.picture, (side, side), interpolation=cv2.INTER_AREA)
    scene[SIDE - side :, :side] = np.rot90(small, quarters)
