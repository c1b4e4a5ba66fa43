"""Which pictures of a film are looked at: few where nothing happens, many where much does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

CALM_SECONDS: Final = 0.5
BUSY_SECONDS: Final = 0.1
CHANGED: Final = 12.0
"""Mean difference of small grey pictures, of 255, from which on the picture is another one."""
SUSPECT: Final = 0.25
"""From this score on, the pictures after it are looked at closely."""
_SIDE: Final = 32
_SLACK: Final = 1e-3


@dataclass
class Pace:
    """Decides picture by picture; ``looks`` counts those that were chosen."""

    looks: int = 0
    _last: float = -1.0
    _score: float = 0.0
    _small: NDArray[np.float32] | None = field(default=None, repr=False)

    def wants(self, seconds: float, picture: NDArray[np.uint8]) -> bool:
        """Whether this picture is to be looked at; one that is has to be answered by ``saw``."""
        since = seconds - self._last + _SLACK
        small = _small(picture)
        if self._small is None or since >= CALM_SECONDS:
            chosen = True
        elif since < BUSY_SECONDS:
            chosen = False
        else:
            changed = float(np.abs(small - self._small).mean()) >= CHANGED
            chosen = changed or self._score >= SUSPECT
        if chosen:
            self.looks, self._last, self._small = self.looks + 1, seconds, small
        return chosen

    def saw(self, score: float) -> None:
        """What the last chosen picture scored, from 0 to 1."""
        self._score = score


def _small(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
