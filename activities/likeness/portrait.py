"""The portrait: the best frontal picture of a head with a margin, and a short clip of the head."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from activities.likeness.faces import Face, Picture
from activities.likeness.pose import pose_of

FACE_SIDE: Final = 256
HEAD_SIDE: Final = 192
HEAD_SECONDS: Final = 3.0
_FPS: Final = 15
_JUDGED_EVERY: Final = 3
"""Neighbouring pictures are alike: one of so many can be the best."""
_MARGIN: Final = 1.8
"""The crop's side as a multiple of the face's height: hair and chin are in it."""


class Portrait:
    """Keeps the best picture so far, and a clip of the seconds around it."""

    def __init__(self) -> None:
        self._best = -1.0
        self._considered = 0
        self._face: Picture | None = None
        self._recent: deque[Picture] = deque(maxlen=round(HEAD_SECONDS * _FPS))
        self._clip: list[Picture] = []
        self._sharpest = -1.0
        self._middle: Picture | None = None
        self._whole: deque[Picture] = deque(maxlen=round(HEAD_SECONDS * _FPS))

    def consider(
        self, picture: Picture, face: Face, points: NDArray[np.float32], seconds: float
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
            self._best, self._face = merit, crop(picture, face, FACE_SIDE)

    def consider_whole(self, picture: Picture, seconds: float) -> None:
        """One picture without a face: its middle is kept while no face has been seen at all.

        Pets and objects are shown so; the sharpest picture wins.
        """
        if self._face is not None and self._best >= 0:
            return
        grey = cv2.cvtColor(squared(picture, 96), cv2.COLOR_BGR2GRAY)
        sharp = float(np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var()))
        self._whole.append(squared(picture, HEAD_SIDE))
        if seconds > 0.2 and sharp > self._sharpest:
            self._sharpest, self._middle = sharp, squared(picture, FACE_SIDE)

    def save(self, folder: Path) -> None:
        """Write ``face.png`` and ``head.mp4``: of a face where one was seen, else of the middle."""
        if self._face is None:
            if self._middle is not None:
                cv2.imwrite(str(folder / "face.png"), self._middle)
                _write(folder / "head.mp4", list(self._whole))
            return
        cv2.imwrite(str(folder / "face.png"), self._face)
        _write(folder / "head.mp4", self._clip or list(self._recent))


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
