"""A clip's sound at a model's rate, beginning with its pictures and lasting as long as they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from activities.clip.facts import ClipFacts
from activities.clip.reading import opened
from gpu_workers.clip import Sound

_CHANNELS_MAX: Final = 2


def prepare_sound(
    path: Path, facts: ClipFacts, sample_rate: int, channels: int, start: float, seconds: float
) -> Sound:
    """Float32 [channels, samples] in [-1, 1]; ``start`` counts from the first picture, in seconds.

    Where the clip is silent, or has ended, there are zeros. Each piece is put where its own time
    says, so a gap in the recording stays a gap. Raises ClipDamaged; ValueError unless ``channels``
    is 1 or 2.
    """
    if not 1 <= channels <= _CHANNELS_MAX:
        raise ValueError(f"sound is prepared in 1 or 2 channels, not in {channels}")
    samples = round(seconds * sample_rate)
    if facts.sound is None:
        return np.zeros((channels, samples), np.float32)
    recorded = _recorded(path, facts, channels, start, seconds)
    resampled = soxr.resample(recorded.T, facts.sound.sample_rate, sample_rate, "HQ").T
    sound = np.zeros((channels, samples), np.float32)
    length = min(samples, resampled.shape[1])
    sound[:, :length] = np.clip(resampled[:, :length], -1, 1)
    return sound


def _recorded(
    path: Path, facts: ClipFacts, channels: int, start: float, seconds: float
) -> NDArray[np.float32]:
    """The wanted part at the rate of the recording: [channels, samples]."""
    assert facts.sound is not None
    rate = facts.sound.sample_rate
    recorded = np.zeros((channels, int(np.ceil(seconds * rate))), np.float32)
    begins = facts.starts + start
    for time, piece in _pieces(path, facts, channels):
        at = round((time - begins) * rate)
        if at >= recorded.shape[1]:
            break
        since, until = max(0, -at), min(piece.shape[1], recorded.shape[1] - at)
        if since < until:
            recorded[:, at + since : at + until] = piece[:, since:until]
    return recorded


def _pieces(
    path: Path, facts: ClipFacts, channels: int
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Each decoded block with its time in seconds."""
    with opened(path, facts) as container:
        stream = container.streams.audio[0]
        few = min(stream.codec_context.layout.nb_channels, _CHANNELS_MAX)
        planar = av.AudioResampler(
            format="fltp",
            layout="mono" if few == 1 else "stereo",
            rate=stream.codec_context.sample_rate,
        )
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                continue  # a few broken packets were tolerated when it was examined too
            for frame in frames:
                for block in planar.resample(frame):
                    if block.time is not None:
                        yield block.time, _with_channels(block.to_ndarray(), channels)


def _with_channels(piece: NDArray[np.generic], channels: int) -> NDArray[np.float32]:
    """One voice in both ears, or both ears' mean."""
    sound = piece.astype(np.float32)
    if len(sound) == channels:
        return sound
    if channels == 1:
        return np.asarray(sound.mean(axis=0, keepdims=True), np.float32)
    return np.repeat(sound, channels, axis=0)
