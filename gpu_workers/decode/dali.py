"""The graph of a GPU host: DALI decodes, cuts, scales and normalises in one pipeline.

On a GPU the decoder is the chip's own (``mixed``) and the result is handed to torch without a copy.
On a CPU the same graph runs on its other backend, so that every test run goes through it: VP8, VP9
and MJPEG are decoded by DALI itself. Codecs that it cannot decode, or of which it shows the wrong
pictures, are decoded by PyAV in front of the same graph.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import nvidia.dali.fn as fn
import nvidia.dali.types as types
import torch
from av.video.reformatter import Interpolation
from numpy.typing import NDArray
from nvidia.dali import Pipeline
from torch.utils.dlpack import from_dlpack

from activities.clip.facts import ClipFacts
from activities.clip.reading import pictures_at
from gpu_workers.decode.fast import turned
from gpu_workers.decode.preparation import Framing, Preparation, Triple, framing, moments

Device = Literal["cpu", "gpu"]
Source = Literal["file", "pictures"]

_DECODED_BY: Final[dict[Device, frozenset[str]]] = {
    "cpu": frozenset({"vp8", "vp9", "mjpeg"}),
    "gpu": frozenset({"h264", "hevc"}),
}
"""On a GPU (DALI 2.4, H100) pictures that VP9 hides are counted as shown, so all behind them come
late; of MPEG-4 with pictures that depend on later ones some come twice; MJPEG and AV1 are refused.
VP8 may hide pictures as VP9 does."""
_EXACT: Final = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""FFmpeg's quick conversion makes every picture darker by more than one level."""
_BLOCK_PICTURES: Final = 16
"""Pictures of full size that are in memory at once where PyAV decodes them."""


def source_for(facts: ClipFacts, device: Device) -> Source:
    """Who decodes. DALI counts pictures, so a clip with uncounted ones goes through PyAV."""
    native = facts.codec in _DECODED_BY[device] and not facts.repeated_times
    return "file" if native else "pictures"


def prepare_dali(
    path: Path, facts: ClipFacts, preparation: Preparation, device: Device = "cpu"
) -> torch.Tensor:
    """The wanted pictures of a probed clip: float32 [T, 3, height, width], RGB, normalised.

    On a GPU the tensor lies there. Raises ClipTooShort, ClipDamaged.
    """
    times, frame_of = moments(facts, preparation), framing(facts, preparation)
    source = source_for(facts, device)
    graph = _graph(source, device, frame_of, preparation.mean, preparation.std)
    if source == "file":
        index = {time: number for number, time in enumerate(facts.times)}
        frames = np.array([index[time] for time in times], np.int32)
        return turned(graph.run(clip=np.fromfile(path, np.uint8), frames=frames), frame_of)
    distinct = sorted(set(times))
    blocks = [graph.run(pictures=block) for block in _blocks(path, facts, distinct)]
    place = {time: number for number, time in enumerate(distinct)}
    order = torch.tensor([place[time] for time in times], device=blocks[0].device)
    return turned(torch.cat(blocks)[order], frame_of)


def _blocks(path: Path, facts: ClipFacts, times: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
    """The pictures of ``times`` in RGB and full size: [T, H, W, 3], a few at a time."""
    pictures = (
        frame.to_ndarray(format="rgb24", interpolation=_EXACT)
        for frame in pictures_at(path, facts, times)
    )
    while block := list(islice(pictures, _BLOCK_PICTURES)):
        yield np.stack(block)


class _Graph:
    """A built pipeline and whose turn it is. What it returned stays valid after the next run."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline, self._turn = pipeline, threading.Lock()

    def run(self, **inputs: NDArray[Any]) -> torch.Tensor:
        """Feed one clip or block by the names of the inputs: float32 [T, 3, H, W]."""
        with self._turn:
            for name, array in inputs.items():
                self._pipeline.feed_input(name, [array])
            (batch,) = self._pipeline.run()
        prepared: torch.Tensor = from_dlpack(batch[0])
        return prepared


@lru_cache(maxsize=8)
def _graph(source: Source, device: Device, frame_of: Framing, mean: Triple, std: Triple) -> _Graph:
    """Built once per shape of clip; on a GPU that opens a decoder, which takes its time."""
    pipeline = Pipeline(
        batch_size=1,
        num_threads=1,
        device_id=None if device == "cpu" else torch.cuda.current_device(),
        prefetch_queue_depth=1,  # each run waits for its own clip
        exec_dynamic=True,  # results own their memory, so torch may keep them
    )
    with pipeline:
        video = _from_file(device) if source == "file" else _from_pictures(device)
        small = fn.resize(
            video,
            size=[frame_of.height, frame_of.width],
            roi_start=[frame_of.top, frame_of.left],
            roi_end=[frame_of.bottom, frame_of.right],
            interp_type=types.INTERP_LINEAR,
            antialias=True,
        )
        prepared = fn.crop_mirror_normalize(
            small, dtype=types.FLOAT, mean=list(mean), std=list(std), output_layout="FCHW"
        )
        pipeline.set_outputs(prepared)
    pipeline.build()
    return _Graph(pipeline)


def _from_file(device: Device) -> Any:
    clip = fn.external_source(name="clip", dtype=types.UINT8, ndim=1)
    frames = fn.external_source(name="frames", dtype=types.INT32, ndim=1)
    backend = "cpu" if device == "cpu" else "mixed"
    return fn.decoders.video(clip, frames=frames, device=backend)


def _from_pictures(device: Device) -> Any:
    pictures = fn.external_source(name="pictures", dtype=types.UINT8, ndim=4, layout="FHWC")
    return pictures if device == "cpu" else pictures.gpu()
