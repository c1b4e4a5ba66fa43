"""Two pictures that stand for a film: a poster, and a contact sheet of moments with their times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from activities.film.shape import Timing

MOMENTS_MAX: Final = 12
COLUMNS_MAX: Final = 4
THUMB_PIXELS: Final = 240
POSTER_QUALITY: Final = 88
SHEET_QUALITY: Final = 82

_GAP: Final = 8
_LABEL_SIZE: Final = 13
_LABEL_PADDING: Final = (5, 2)
_BACKGROUND: Final = (18, 18, 20)
_LABEL_BACKGROUND: Final = (0, 0, 0)
_LABEL_INK: Final = (240, 240, 240)
_BINS: Final = 6

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Moment:
    """One picture of the film: its index, and its pixels as RGB [height, width, 3]."""

    index: int
    picture: Picture


class Moments:
    """Keeps a few evenly spaced pictures of a film that passes by; the rest is let go."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._kept: list[Moment] = []
        self._wanted = frozenset(_evenly(timing.frames, min(MOMENTS_MAX, timing.frames)))

    def see(self, index: int, frame: av.VideoFrame) -> None:
        """Look at the next picture."""
        if index in self._wanted:
            pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            self._kept.append(Moment(index, pixels))

    def write_poster(self, path: Path) -> None:
        """Write the most telling moment as a JPEG of the film's size."""
        picture = self._kept[most_telling([each.picture for each in self._kept])].picture
        Image.fromarray(picture).save(path, "JPEG", quality=POSTER_QUALITY, optimize=True)

    def write_contact_sheet(self, path: Path) -> None:
        """Write all moments side by side as one JPEG, each with its time in minutes and seconds."""
        columns = min(COLUMNS_MAX, len(self._kept))
        rows = math.ceil(len(self._kept) / columns)
        width, height = _fitted(self._kept[0].picture)
        sheet = Image.new(
            "RGB",
            (_GAP + columns * (width + _GAP), _GAP + rows * (height + _GAP)),
            _BACKGROUND,
        )
        for place, moment in enumerate(self._kept):
            left = _GAP + place % columns * (width + _GAP)
            top = _GAP + place // columns * (height + _GAP)
            thumb = Image.fromarray(moment.picture).resize(
                (width, height), Image.Resampling.LANCZOS
            )
            _label(thumb, spoken_time(moment.index * self._timing.frame_seconds))
            sheet.paste(thumb, (left, top))
        sheet.save(path, "JPEG", quality=SHEET_QUALITY, optimize=True)


def spoken_time(seconds: float) -> str:
    """A moment as people write it: minutes, seconds and tenths."""
    tenths = int(seconds * 10 + 1e-6)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def most_telling(pictures: Sequence[Picture]) -> int:
    """The index of a sharp picture with the colours that are usual in the sharp ones.

    Sharp means a Laplacian that varies (Pech-Pacheco et al., 2000) at least half as much as in the
    sharpest quarter, so that one noisy picture does not put all others in the shade. Of those, the
    one whose histogram is nearest to their mean is the least surprising.
    """
    sharpness = np.array([_sharpness(each) for each in pictures])
    sharp = np.flatnonzero(sharpness >= np.percentile(sharpness, 75) / 2)
    histograms = np.stack([_histogram(pictures[int(each)]) for each in sharp])
    surprise = np.abs(histograms - histograms.mean(axis=0)).sum(axis=1)
    return int(sharp[surprise.argmin()])


def _evenly(frames: int, moments: int) -> list[int]:
    """Indices in the middle of equally long stretches."""
    return [(2 * each + 1) * frames // (2 * moments) for each in range(moments)]


def _sharpness(picture: Picture) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def _histogram(picture: Picture) -> NDArray[np.float64]:
    coarse = (picture[::4, ::4].reshape(-1, 3).astype(np.int64) * _BINS) >> 8
    codes = (coarse[:, 0] * _BINS + coarse[:, 1]) * _BINS + coarse[:, 2]
    counts = np.bincount(codes, minlength=_BINS**3)
    return np.asarray(counts / max(1, counts.sum()), np.float64)


def _fitted(picture: Picture) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = THUMB_PIXELS / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _label(thumb: Image.Image, text: str) -> None:
    draw, font = ImageDraw.Draw(thumb), ImageFont.load_default(_LABEL_SIZE)
    right, bottom = _LABEL_PADDING[0] * 2 + draw.textlength(text, font), _LABEL_SIZE + 6
    draw.rectangle((0, 0, right, bottom), fill=_LABEL_BACKGROUND)
    draw.text(_LABEL_PADDING, text, fill=_LABEL_INK, font=font)
