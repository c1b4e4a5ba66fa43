"""Colour: from the YUV that clips store to the numbers that a model reads, as one affine step."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gpu_workers.decode.preparation import Triple

Matrix = NDArray[np.float64]

_BT601: Final = (0.299, 0.114)
_WEIGHTS: Final = {
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020
    10: (0.2627, 0.0593),
}
"""Red's and blue's share of luma by FFmpeg's number for a matrix. Source: ITU-T H.273, table 4.

A clip that does not say is taken for BT.601, as FFmpeg's scaler and DALI take it.
"""
_FULL_RANGE: Final = 2


@lru_cache(maxsize=64)
def normalising(colour_space: int, colour_range: int, mean: Triple, std: Triple) -> Matrix:
    """What makes normalised RGB of Y, U, V and 1, all in levels of 0 to 255: float64 [3, 4]."""
    red, blue = _WEIGHTS.get(colour_space, _BT601)
    green = 1 - red - blue
    rgb = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    full = colour_range == _FULL_RANGE
    gain = np.array([1, 1, 1] if full else [255 / 219, 255 / 224, 255 / 224])
    zero = np.array([0 if full else 16, 128, 128])
    rgb = rgb * gain
    offset = -rgb @ zero
    scale = 1 / np.array(std)
    matrix: Matrix = np.column_stack(
        [rgb * scale[:, None], (offset - np.array(mean)) * scale],
    )
    matrix.flags.writeable = False
    return matrix
