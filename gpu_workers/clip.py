"""A clip: pictures and sound of exactly the same length, as plain arrays without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Sound = NDArray[np.float32]


def samples_for(frames: int, fps: int, sample_rate: int) -> int:
    """How many samples of sound last exactly as long as ``frames`` pictures."""
    return round(frames * sample_rate / fps)


@dataclass(frozen=True)
class Clip:
    """What a sampler decodes: ``frames`` [T, H, W, 3] in RGB, ``audio`` [channels, samples].

    ``fps`` is pictures per second, ``sample_rate`` is in hertz, and sound lies in [-1, 1].
    Raises ValueError where the arrays do not fit each other.
    """

    frames: Pictures
    audio: Sound
    fps: int
    sample_rate: int

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.frames.shape[-1] != 3 or self.frames.dtype != np.uint8:
            raise ValueError(
                f"a clip's pictures are uint8 [T, H, W, 3]; these are {self.frames.dtype} "
                f"{self.frames.shape}; convert them before making the clip"
            )
        if self.audio.ndim != 2 or self.audio.dtype != np.float32:
            raise ValueError(
                f"a clip's sound is float32 [channels, samples]; this is {self.audio.dtype} "
                f"{self.audio.shape}; convert it before making the clip"
            )
        expected = samples_for(len(self.frames), self.fps, self.sample_rate)
        if self.audio.shape[1] != expected:
            raise ValueError(
                f"{len(self.frames)} pictures at {self.fps} per second last {expected} samples; "
                f"the sound has {self.audio.shape[1]}; cut or pad it to the same length"
            )

    @property
    def seconds(self) -> float:
        """The length of the pictures, in seconds."""
        return len(self.frames) / self.fps
