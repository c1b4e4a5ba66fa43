"""The fast path of a CPU: planes are shrunk as they are stored, and coloured when they are small.

Most of the work on a picture is in its full size, so nothing there happens twice: each plane is
halved while it is more than twice too large (which OpenCV does in vector instructions), brought to
size once, and only then turned to RGB and normalised, in one affine step.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from activities.clip.facts import ClipFacts
from activities.clip.reading import pictures_at
from gpu_workers.decode.colour import normalising
from gpu_workers.decode.preparation import Framing, Preparation, framing, moments

_PLANAR: Final = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"})
_HALVED_WHEN: Final = 2
_AVERAGED_WHEN: Final = 1.5
"""From here on two neighbours are too few to look at. It is the slower way, but on few pixels."""

Levels = NDArray[np.uint8]


def prepare_fast(
    path: Path, facts: ClipFacts, preparation: Preparation, threads: int = 1
) -> torch.Tensor:
    """The wanted pictures of a probed clip: float32 [T, 3, height, width], RGB, normalised.

    Raises ClipTooShort, ClipDamaged.
    """
    cv2.setNumThreads(1)  # clips are prepared side by side
    times, frame_of = moments(facts, preparation), framing(facts, preparation)
    prepared = torch.empty(len(times), 3, frame_of.height, frame_of.width)
    brush = _Brush(frame_of, preparation)
    slots = _slots(times)
    for frame in pictures_at(path, facts, times, threads):
        first, *others = slots[frame.pts or 0]
        brush.paint(frame, prepared[first].numpy())
        for other in others:
            prepared[other] = prepared[first]
        del frame  # the decoder writes the next one where this one is still warm
    return turned(prepared, frame_of)


def shown_fast(path: Path, facts: ClipFacts, preparation: Preparation) -> Levels:
    """The same pictures as people see them: uint8 [T, height, width, 3], RGB.

    Numbers are in memory for one picture at a time. ``preparation`` is in levels of 0 to 255.
    """
    cv2.setNumThreads(1)
    times, frame_of = moments(facts, preparation), framing(facts, preparation)
    shown = np.empty((len(times), preparation.height, preparation.width, 3), np.uint8)
    brush = _Brush(frame_of, preparation)
    numbers = np.empty((3, frame_of.height, frame_of.width), np.float32)
    slots = _slots(times)
    for frame in pictures_at(path, facts, times):
        brush.paint(frame, numbers)
        levels = np.rint(numbers).astype(np.uint8).transpose(1, 2, 0)
        shown[slots[frame.pts or 0]] = np.rot90(levels, frame_of.turns)
        del frame
    return shown


def turned(pictures: torch.Tensor, frame_of: Framing) -> torch.Tensor:
    """Pictures [T, 3, H, W] as they are to be seen; turning is cheap once they are small."""
    if not frame_of.turns:
        return pictures
    return torch.rot90(pictures, frame_of.turns, dims=(2, 3)).contiguous()


def _slots(times: Sequence[int]) -> dict[int, list[int]]:
    """Where each picture goes, once or more often."""
    slots: dict[int, list[int]] = {}
    for index, time in enumerate(times):
        slots.setdefault(time, []).append(index)
    return slots


class _Halves:
    """Memory for what is between full size and small; new memory costs as much as the halving."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Levels] = {}

    def of(self, size: tuple[int, int]) -> Levels:
        """For ``size`` (width, height); it is written over the next time."""
        if size not in self._kept:
            self._kept[size] = np.empty((size[1], size[0]), np.uint8)
        return self._kept[size]


class _Brush:
    """Brings one picture after the other to size and colour, in memory that it keeps."""

    def __init__(self, frame_of: Framing, preparation: Preparation) -> None:
        self._framing, self._preparation = frame_of, preparation
        self._halves = _Halves()
        self._small = np.empty((3, frame_of.height, frame_of.width), np.uint8)
        scales = list(zip(preparation.mean, preparation.std, strict=True))
        self._lowest = [(0 - mean) / std for mean, std in scales]
        self._highest = [(255 - mean) / std for mean, std in scales]

    def paint(self, frame: av.VideoFrame, into: NDArray[np.float32]) -> None:
        """Fill ``into`` [3, height, width] with the picture."""
        if frame.format.name not in _PLANAR:
            frame = frame.reformat(format="yuv420p")
        for plane, small in zip(frame.planes, self._small, strict=True):
            stored = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            _shrink(self._cut(stored[:, : plane.width], frame), small, self._halves)
        matrix = normalising(
            int(frame.colorspace),
            int(frame.color_range),
            self._preparation.mean,
            self._preparation.std,
        )
        for row, channel in enumerate(into):
            _mix(self._small, matrix[row], channel)
            # YUV holds more than RGB can show; torch bounds in vector instructions
            torch.from_numpy(channel).clamp_(self._lowest[row], self._highest[row])

    def _cut(self, plane: Levels, frame: av.VideoFrame) -> Levels:
        """The used part of a plane, which may be stored in half the size."""
        across = 1 if plane.shape[1] == frame.width else 2
        down = 1 if plane.shape[0] == frame.height else 2
        part = self._framing
        return plane[
            part.top // down : -(-part.bottom // down),
            part.left // across : -(-part.right // across),
        ]


def _shrink(plane: Levels, small: Levels, halves: _Halves) -> None:
    height, width = small.shape
    while plane.shape[1] >= _HALVED_WHEN * width and plane.shape[0] >= _HALVED_WHEN * height:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = cv2.resize(plane, half, dst=halves.of(half), interpolation=cv2.INTER_AREA)
    much = plane.shape[1] >= _AVERAGED_WHEN * width or plane.shape[0] >= _AVERAGED_WHEN * height
    how = cv2.INTER_AREA if much else cv2.INTER_LINEAR
    cv2.resize(plane, (width, height), dst=small, interpolation=how)


def _mix(yuv: Levels, weights: NDArray[np.float64], into: NDArray[np.float32]) -> None:
    """``into`` = weights · (Y, U, V, 1). Red has no U and blue no V, so they take one step."""
    luma, blue, red, constant = weights.tolist()
    y, u, v = yuv
    if not blue:
        cv2.addWeighted(y, luma, v, red, constant, dst=into, dtype=cv2.CV_32F)
        return
    cv2.addWeighted(y, luma, u, blue, constant, dst=into, dtype=cv2.CV_32F)
    if red:
        cv2.addWeighted(into, 1.0, v, red, 0.0, dst=into, dtype=cv2.CV_32F)
