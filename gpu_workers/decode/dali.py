"""The graph of a GPU host: DALI decodes, cuts, scales and normalises in one pipeline.

On a GPU the decoder is the chip's own (``mixed``) and the result is handed to torch without a copy.
On a CPU the same graph runs on its other backend, so that every test run goes through it: VP8, VP9
and MJPEG are decoded by DALI itself. Codecs that it cannot decode, or of which it shows the wrong
pictures, are decoded by PyAV in front of the same graph.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from activities.clip.refusals import ClipDamaged
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
_BLOCK_BYTES: Final = 256 << 20
"""How much of a clip is on a device at once, as decoded or as prepared, whichever is more."""
_BLOCK_PICTURES: Final = 16
"""Pictures of full size that are in memory at once at the most where PyAV decodes them."""
_SHORTAGE_WORDS: Final = (
    *("Can't allocate", "Cannot allocate", "Failed to allocate", "CUDA allocation failed"),
    *("out of memory", "OUT_OF_MEMORY"),
)
_DEVICE_WORDS: Final = ("CUDA runtime", "CUDA driver", "NVML")


def source_for(facts: ClipFacts, device: Device) -> Source:
    """Who decodes. DALI counts pictures, so a clip with uncounted ones goes through PyAV."""
    native = facts.codec in _DECODED_BY[device] and not facts.repeated_times
    return "file" if native else "pictures"


def prepare_dali(
    path: Path, facts: ClipFacts, preparation: Preparation, device: Device = "cpu"
) -> torch.Tensor:
    """The wanted pictures of a probed clip: float32 [T, 3, height, width], RGB, normalised.

    On a GPU the tensor lies there. Besides it, the device holds pictures of ``_BLOCK_BYTES`` (one
    at the least), however large those of the clip are. Raises ClipTooShort, ClipDamaged;
    MemoryError where the device has too little.
    """
    times, frame_of = moments(facts, preparation), framing(facts, preparation)
    source, distinct = source_for(facts, device), sorted(set(times))
    decoded, made = facts.width * facts.height * 3, frame_of.width * frame_of.height * 12
    most = max(1, _BLOCK_BYTES // max(decoded, made))
    prepared: torch.Tensor | None = None
    filled = 0
    with _explained():
        graph = _graph(source, device, frame_of, preparation.mean, preparation.std)
        for fed in _fed(source, path, facts, distinct, most):
            block = graph.run(**fed)
            if prepared is None:
                prepared = block.new_empty((len(distinct), *block.shape[1:]))
            prepared[filled : filled + len(block)] = block
            filled += len(block)
    if prepared is None or filled < len(distinct):
        raise ClipDamaged(f"{len(distinct) - filled} of its pictures are no longer there.")
    if len(distinct) < len(times):
        place = {time: number for number, time in enumerate(distinct)}
        prepared = prepared[torch.tensor([place[time] for time in times], device=prepared.device)]
    return turned(prepared, frame_of)


def _fed(
    source: Source, path: Path, facts: ClipFacts, times: Sequence[int], most: int
) -> Iterator[dict[str, NDArray[Any]]]:
    """What the graph is given, run by run, for at most so many of the pictures of ``times``."""
    if source == "file":
        clip = np.fromfile(path, np.uint8)
        index = {time: number for number, time in enumerate(facts.times)}
        frames = np.array([index[time] for time in times], np.int32)
        for first in range(0, len(frames), most):
            yield {"clip": clip, "frames": frames[first : first + most]}
        return
    pictures = (
        frame.to_ndarray(format="rgb24", interpolation=_EXACT)
        for frame in pictures_at(path, facts, times)
    )
    while block := list(islice(pictures, min(most, _BLOCK_PICTURES))):
        yield {"pictures": np.stack(block)}


@contextmanager
def _explained() -> Iterator[None]:
    """DALI says nearly everything with a RuntimeError: it is memory, the device, or the clip.

    A pipeline that failed is not run again; the next clip of that shape has it built anew.
    """
    try:
        yield
    except (RuntimeError, ValueError, IndexError) as error:
        _graph.cache_clear()
        said = str(error).partition("Stacktrace")[0]
        if any(words in said for words in _SHORTAGE_WORDS):
            raise MemoryError("DALI ran out of memory") from None
        if any(words in said for words in _DEVICE_WORDS):
            raise
        raise ClipDamaged("It decodes differently than when it was examined.") from None


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
