"""Sound on its way into a film: 48 kHz stereo, in blocks of one AAC frame, exactly long enough.

The takes' sounds follow each other without a gap. At a cut the end of the one before goes on
backwards for a few milliseconds while the next fades in, so that the wave has no step: no click.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from activities.film.refusals import TakeUnusable
from activities.film.shape import SAMPLE_RATE, Timing, sound_cuts

BLOCK_SAMPLES: Final = 1024
"""The length of an AAC-LC frame (ISO/IEC 14496-3)."""
CROSSFADE_SAMPLES: Final = 384
"""Eight milliseconds: too short to be heard as a fade, long enough to be no click."""

_LAYOUTS: Final = {1: "mono", 2: "stereo"}

Samples = NDArray[np.float32]


class Soundtrack:
    """Takes sound at any rate in pieces of any length, take by take, and gives whole blocks."""

    def __init__(self, timings: Sequence[Timing]) -> None:
        self._timings, self._cuts = timings, sound_cuts(timings)
        self._waiting: Samples = np.zeros((2, 0), np.float32)
        self._tail: Samples = np.zeros((2, 0), np.float32)
        self._given, self._take = 0, -1
        self._received = self._placed = 0

    def begin_take(self, channels: int) -> None:
        """The next take's sound follows."""
        self._take += 1
        self._received = self._placed = 0
        self._before = self._tail[:, ::-1]
        self._tail = self._tail[:, :0]
        self._resampler = av.AudioResampler(
            format="fltp", layout=_LAYOUTS[channels], rate=SAMPLE_RATE
        )

    def hear(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """The whole blocks that are ready after this piece. Raises TakeUnusable."""
        frame.pts = None  # what counts is how much came before
        yield from self._blocks_of(self._resampler.resample(frame))

    def end_take(self) -> Iterator[av.AudioFrame]:
        """The rest of a take's sound, filled up or cut to end with its pictures."""
        yield from self._blocks_of(self._resampler.resample(None))
        self._require_about_as_long()
        if (missing := self._cuts[self._take] - self._placed) > 0:
            self._place(np.zeros((2, missing), np.float32))
        yield from self._whole_blocks()

    def end(self) -> Iterator[av.AudioFrame]:
        """The last block, cut so that the film's sound ends with its pictures."""
        if rest := self._waiting.shape[1]:
            yield self._next_block(rest)

    def _blocks_of(self, pieces: list[av.AudioFrame]) -> Iterator[av.AudioFrame]:
        for piece in pieces:
            self._keep(np.asarray(piece.to_ndarray(), np.float32))
        yield from self._whole_blocks()

    def _whole_blocks(self) -> Iterator[av.AudioFrame]:
        while self._waiting.shape[1] >= BLOCK_SAMPLES:
            yield self._next_block(BLOCK_SAMPLES)

    def _keep(self, piece: Samples) -> None:
        if not np.isfinite(piece).all():
            raise TakeUnusable("Its sound holds values that are not numbers.")
        self._received += piece.shape[1]
        if self._received - self._cuts[self._take] > self._slack:
            self._require_about_as_long()
        # one channel is heard on both sides, at its full level
        stereo = np.broadcast_to(piece, (2, piece.shape[1])).clip(-1.0, 1.0)
        self._place(stereo[:, : self._cuts[self._take] - self._placed])

    def _place(self, piece: Samples) -> None:
        faded = self._crossfaded(piece)
        self._placed += piece.shape[1]
        self._tail = np.concatenate([self._tail, faded], axis=1)[:, -CROSSFADE_SAMPLES:]
        self._waiting = np.concatenate([self._waiting, faded], axis=1)

    def _crossfaded(self, piece: Samples) -> Samples:
        """The beginning of a take, mixed with the mirrored end of the one before."""
        first, last = self._placed, min(self._placed + piece.shape[1], self._before.shape[1])
        if first >= last:
            return piece
        mixed = piece.copy()
        share = np.arange(first, last, dtype=np.float32) / self._before.shape[1]
        mixed[:, : last - first] *= share
        mixed[:, : last - first] += self._before[:, first:last] * (1 - share)
        return mixed

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
        return round(SAMPLE_RATE * self._timings[0].frame_seconds)

    def _require_about_as_long(self) -> None:
        timing, wanted = self._timings[self._take], self._cuts[self._take]
        if abs(self._received - wanted) > self._slack:
            raise TakeUnusable(
                f"Its sound lasts {self._received / SAMPLE_RATE:.3f} s or more, its pictures "
                f"{timing.seconds:.3f} s; at most one picture may lie between them."
            )
