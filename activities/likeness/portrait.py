"""The portrait: the best frontal picture, cut out in the recording's own pixels, and a clip."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from activities.likeness.cutout import Head, cut_out, trimmed
from activities.likeness.faces import Face, Picture
from activities.likeness.pose import pose_of

STILL_SIDE_MAX: Final = 768
"""What is cut out has as many pixels as the recording shows of it, up to so many a side."""
HEAD_SIDE: Final = 192
HEAD_SECONDS: Final = 3.0
_FPS: Final = 15
_JUDGED_EVERY: Final = 3
"""Neighbouring pictures are alike: one of so many can be the best."""
_MARGIN: Final = 1.8
"""The crop's side as a multiple of the face's height: hair and chin are in it."""
_BUST: Final = 2.8
_LOWERED: Final = 0.3
"""The same for head and shoulders, and how far below the face's middle theirs lies."""
Whole = Callable[[], Picture]
"""The picture in the size of the recording, made only where it is wanted."""


class Portrait:
    """Keeps the best picture so far, and a clip of the seconds around it."""

    def __init__(self) -> None:
        self._best = -1.0
        self._considered = 0
        self._still: tuple[Picture, Head | None] | None = None
        self._recent: deque[Picture] = deque(maxlen=round(HEAD_SECONDS * _FPS))
        self._clip: list[Picture] = []
        self._sharpest = -1.0
        self._whole: deque[Picture] = deque(maxlen=round(HEAD_SECONDS * _FPS))

    def consider(
        self,
        picture: Picture,
        face: Face,
        points: NDArray[np.float32],
        seconds: float,
        whole: Whole | None = None,
    ) -> None:
        """One picture with its widest face; ``seconds`` since the first picture."""
        self._recent.append(crop(picture, face, HEAD_SIDE))
        if len(self._recent) == self._recent.maxlen and not self._clip:
            self._clip = list(self._recent)
        self._considered += 1
        if self._considered % _JUDGED_EVERY:
            return
        merit = _merit(picture, face, points)
        if merit > self._best and seconds > 0.2:  # a camera needs a moment to find the light
            large = picture if whole is None else whole()
            self._best = merit
            self._still = head_and_shoulders(large, face, large.shape[1] / picture.shape[1])

    def consider_whole(self, picture: Picture, seconds: float, whole: Whole | None = None) -> None:
        """One picture without a face: its middle is kept while no face has been seen at all.

        Pets and objects are shown so; the sharpest picture wins.
        """
        if self._best >= 0:
            return
        grey = cv2.cvtColor(squared(picture, 96), cv2.COLOR_BGR2GRAY)
        sharp = float(np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var()))
        self._whole.append(squared(picture, HEAD_SIDE))
        if seconds > 0.2 and sharp > self._sharpest:
            large = picture if whole is None else whole()
            self._sharpest = sharp
            self._still = squared(large, min(STILL_SIDE_MAX, *large.shape[:2])), None

    def save(self, folder: Path) -> None:
        """Write ``face.png``, cut out, and ``head.mp4``: of a face, or of the middle without one.

        The cut-out is square, BGR and opacity.
        """
        moving = (self._clip or list(self._recent)) if self._best >= 0 else list(self._whole)
        if self._still is None:
            return
        cv2.imwrite(str(folder / "face.png"), trimmed(cut_out(*self._still)))
        _write(folder / "head.mp4", moving)


def head_and_shoulders(picture: Picture, face: Face, scale: float) -> tuple[Picture, Head]:
    """As much of a picture as shows them, and where in it the face is.

    The face was found in a picture ``scale`` times as small. What lies outside is left out.
    """
    left, top, width, height = (float(each) * scale for each in face.row[:4])
    tall = max(width, height, 1.0)
    x, y = left + width / 2, top + height / 2
    half, lowered = _BUST * tall / 2, y + _LOWERED * tall
    rows = slice(*_within(lowered - half, lowered + half, picture.shape[0]))
    columns = slice(*_within(x - half, x + half, picture.shape[1]))
    part = np.ascontiguousarray(picture[rows, columns])
    head = Head(x - columns.start, y - rows.start, width / 2, height / 2)
    smaller = STILL_SIDE_MAX / max(part.shape[:2])
    if smaller >= 1:
        return part, head
    size = (max(1, round(part.shape[1] * smaller)), max(1, round(part.shape[0] * smaller)))
    part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    return part, head.scaled(smaller)


def _within(first: float, last: float, side: int) -> tuple[int, int]:
    """The whole pixels of a stretch that lie in a picture, at least one."""
    begin = min(max(0, round(first)), side - 1)
    return begin, max(begin + 1, min(side, round(last)))


def squared(picture: Picture, side: int) -> Picture:
    """The largest square in the middle of a picture."""
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = np.ascontiguousarray(picture[top : top + edge, left : left + edge])
    method = cv2.INTER_AREA if edge > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (side, side), interpolation=method), np.uint8)


def crop(picture: Picture, face: Face, side: int) -> Picture:
    """A square around a face, with a margin; what lies outside the picture repeats its edge."""
    left, top, width, height = (float(each) for each in face.row[:4])
    wide = _MARGIN * max(width, height, 1.0)
    centre_x, centre_y = left + width / 2, top + height * 0.45
    scale = side / wide
    warp = np.array(
        [[scale, 0, side / 2 - scale * centre_x], [0, scale, side / 2 - scale * centre_y]]
    )
    return np.asarray(
        cv2.warpAffine(
            picture,
            warp,
            (side, side),
            flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def _merit(picture: Picture, face: Face, points: NDArray[np.float32]) -> float:
    """Sure of the face, frontal, sharp, the mouth at rest."""
    yaw, pitch = pose_of(points[None])[0]
    grey = cv2.cvtColor(crop(picture, face, 96), cv2.COLOR_BGR2GRAY)
    sharp = float(np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var()))
    width = float(np.linalg.norm(points[61, :2] - points[291, :2])) + 1e-3
    mouth = float(np.linalg.norm(points[13, :2] - points[14, :2])) / width
    turned = abs(float(yaw)) + abs(float(pitch)) / 2
    return max(0.0, face.score * 10 + sharp - 0.15 * turned - 3 * mouth)


def _write(path: Path, pictures: list[Picture]) -> None:
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream(
            "libx264", rate=_FPS, options={"crf": "20", "preset": "veryfast"}
        )
        assert isinstance(stream, VideoStream)
        stream.width = stream.height = HEAD_SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, _FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
