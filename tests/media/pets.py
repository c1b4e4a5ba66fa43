"""Clips of a pet: a cat's picture before a camera that wanders, perhaps with somebody beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from tests.media.camera import Camera, Lens, record
from tests.media.clips import frame_times
from tests.media.head import SIDE, Picture
from tests.media.people import Person, picture

_SECONDS: Final = 3.0


def film_pet(
    path: Path, rng: np.random.Generator, camera: Camera, beside: Person | None = None
) -> Path:
    """Three seconds without sound; returns the file, with its suffix."""
    times = frame_times(_SECONDS, camera.fps, rng)
    lens = Lens(camera, rng)
    share = float(rng.uniform(0.3, 0.6))
    since = float(rng.uniform(0.0, 0.5)) * _SECONDS

    def drawn() -> Iterator[Picture]:
        for time in times:
            scene = _cat(time / 1000)
            if beside is not None and time / 1000 >= since:
                _stand_beside(scene, beside, share)
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


def _stand_beside(scene: Picture, person: Person, share: float) -> None:
    """Put somebody's picture into the lower corner, ``share`` of the scene's side wide."""
    side = int(share * SIDE)
    small = cv2.resize(person.picture, (side, side), interpolation=cv2.INTER_AREA)
    scene[SIDE - side :, :side] = small
