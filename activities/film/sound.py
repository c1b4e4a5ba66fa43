"""Sound on its way into a film: 48 kHz stereo, in blocks of one AAC frame, exactly long enough."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from activities.film.refusals import TakeUnusable
from activities.film.shape import SAMPLE_RATE, Timing

BLOCK_SAMPLES: Final = 1024
"""The length of an AAC-LC frame (ISO/IEC 14496-3)."""

_LAYOUTS: Final = {1: "mono", 2: "stereo"}

Samples = NDArray[np.float32]


class Soundtrack:
    """Takes sound at any rate in pieces of any length, and gives blocks for the encoder."""

    def __init__(self, channels: int, timing: Timing) -> None:
        self._timing = timing
        self._resampler = av.AudioResampler(
            format="fltp", layout=_LAYOUTS[channels], rate=SAMPLE_RATE
        )
        self._waiting: Samples = np.zeros((2, 0), np.float32)
        self._received = 0
        self._given = 0

    def hear(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """The whole blocks that are ready after this piece. Raises TakeUnusable."""
        frame.pts = None  # what counts is how much came before
        yield from self._blocks_of(self._resampler.resample(frame))

    def end(self) -> Iterator[av.AudioFrame]:
        """The rest, with the last block cut so that sound ends with the pictures."""
        yield from self._blocks_of(self._resampler.resample(None))
        self._require_about_as_long()
        missing = self._timing.samples - self._given - self._waiting.shape[1]
        if missing > 0:
            silence = np.zeros((2, missing), np.float32)
            self._waiting = np.concatenate([self._waiting, silence], axis=1)
        while self._given < self._timing.samples:
            yield self._next_block(min(BLOCK_SAMPLES, self._timing.samples - self._given))

    def _blocks_of(self, pieces: list[av.AudioFrame]) -> Iterator[av.AudioFrame]:
        for piece in pieces:
            self._keep(np.asarray(piece.to_ndarray(), np.float32))
        # The last block is cut to length, so it waits for the end.
        while (
            self._waiting.shape[1] >= BLOCK_SAMPLES
            and self._given + BLOCK_SAMPLES <= self._timing.samples
        ):
            yield self._next_block(BLOCK_SAMPLES)

    def _keep(self, piece: Samples) -> None:
        if not np.isfinite(piece).all():
            raise TakeUnusable("Its sound holds values that are not numbers.")
        self._received += piece.shape[1]
        if self._received - self._timing.samples > self._slack:
            self._require_about_as_long()
        # one channel is heard on both sides, at its full level
        stereo = np.broadcast_to(piece, (2, piece.shape[1])).clip(-1.0, 1.0)
        self._waiting = np.concatenate([self._waiting, stereo], axis=1)

    def _next_block(self, samples: int) -> av.AudioFrame:
        block = np.ascontiguousarray(self._waiting[:, :samples])
        self._waiting = self._waiting[:, samples:]
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self._given, Fraction(1, SAMPLE_RATE)
        self._given += samples
        return frame

    @property
    def _slack(self) -> int:
        return round(SAMPLE_RATE * self._timing.frame_seconds)

    def _require_about_as_long(self) -> None:
        if abs(self._received - self._timing.samples) > self._slack:
            raise TakeUnusable(
                f"Its sound lasts {self._received / SAMPLE_RATE:.3f} s or more, its pictures "
                f"{self._timing.seconds:.3f} s; at most one picture may lie between them."
            )
