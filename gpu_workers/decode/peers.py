"""Five ways to the same tensor, each in a process of its own, for ``bench decode``.

``python -m gpu_workers.decode.peers NAME`` answers each path on its input with one JSON line: how
many pictures, the processor seconds of all its threads, and the mean level of red, green and blue.
What is opened once per clip is measured; starting the process and probing the clip are not.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import torch

from activities.clip.probe import probe
from gpu_workers.decode.preparation import Preparation

WIDTH, HEIGHT = 256, 144
MEAN: Final = (123.675, 116.28, 103.53)
STD: Final = (58.395, 57.12, 57.375)
_BLOCK: Final = 16
_WANTED: Final = Preparation(WIDTH, HEIGHT, MEAN, STD)

Way = Callable[[Path], Callable[[], torch.Tensor]]
"""Learns of a clip, and gives what is to be measured."""


def ours(path: Path) -> Callable[[], torch.Tensor]:
    """The fast path."""
    from gpu_workers.decode.fast import prepare_fast

    facts = probe(path)
    return lambda: prepare_fast(path, facts, _WANTED)


def dali(path: Path) -> Callable[[], torch.Tensor]:
    """DALI's CPU backend; where it has no decoder, behind PyAV."""
    from gpu_workers.decode.dali import prepare_dali

    facts = probe(path)
    return lambda: prepare_dali(path, facts, _WANTED)


def pyav_torch(path: Path) -> Callable[[], torch.Tensor]:
    """PyAV to RGB, then torch's own shrinking of bytes."""
    import av

    pictures = len(probe(path).times)

    def run() -> torch.Tensor:
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            video.codec_context.thread_count = 1
            return _gathered(
                pictures,
                (
                    torch.nn.functional.interpolate(
                        torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1)[None],
                        (HEIGHT, WIDTH),
                        mode="bilinear",
                        antialias=True,
                    )
                    for frame in container.decode(video)
                ),
            )

    return run


def decord(path: Path) -> Callable[[], torch.Tensor]:
    """decord, which shrinks while it decodes."""
    reading = importlib.import_module("decord")

    def run() -> torch.Tensor:
        clip = reading.VideoReader(
            str(path), ctx=reading.cpu(0), width=WIDTH, height=HEIGHT, num_threads=1
        )
        blocks = (range(at, min(at + _BLOCK, len(clip))) for at in range(0, len(clip), _BLOCK))
        return _gathered(
            len(clip),
            (
                torch.from_numpy(clip.get_batch(block).asnumpy()).permute(0, 3, 1, 2)
                for block in blocks
            ),
        )

    return run


def torchcodec(path: Path) -> Callable[[], torch.Tensor]:
    """torchcodec, which shrinks while it decodes."""
    decoding = importlib.import_module("torchcodec.decoders")
    transforms = importlib.import_module("torchcodec.transforms")

    def run() -> torch.Tensor:
        clip = decoding.VideoDecoder(
            str(path),
            num_ffmpeg_threads=1,
            seek_mode="approximate",
            transforms=[transforms.Resize((HEIGHT, WIDTH))],
        )
        blocks = range(0, len(clip), _BLOCK)
        return _gathered(
            len(clip),
            (clip.get_frames_in_range(at, min(at + _BLOCK, len(clip))).data for at in blocks),
        )

    return run


WAYS: Final[dict[str, Way]] = {
    "ours": ours,
    "decord": decord,
    "torchcodec": torchcodec,
    "pyav_torch": pyav_torch,
    "dali": dali,
}


def _gathered(pictures: int, blocks: Iterable[torch.Tensor]) -> torch.Tensor:
    """Bytes [n, 3, H, W], block by block, normalised into one tensor of the whole clip."""
    prepared = torch.empty(pictures, 3, HEIGHT, WIDTH)
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    filled = 0
    for block in blocks:
        part = prepared[filled : filled + len(block)]
        torch.sub(block, mean, out=part).div_(std)
        filled += len(block)
    return prepared[:filled]


def measured(run: Callable[[], torch.Tensor]) -> dict[str, object]:
    """One run: its pictures, processor seconds, and mean levels of 0 to 255."""
    begun = time.process_time()
    prepared = run()
    seconds = time.process_time() - begun
    levels = prepared[:: max(1, len(prepared) // 24)].mean(dim=(0, 2, 3))
    means = (levels * torch.tensor(STD) + torch.tensor(MEAN)).tolist()
    return {"pictures": len(prepared), "cpu_seconds": seconds, "levels": means}


def main() -> None:
    """Serve until the input ends."""
    torch.set_num_threads(1)
    way = WAYS[sys.argv[1]]
    ready: dict[str, Callable[[], torch.Tensor]] = {}
    for line in sys.stdin:
        path = line.strip()
        try:
            if path not in ready:
                ready[path] = way(Path(path))
            answer = measured(ready[path])
        except Exception as error:  # noqa: BLE001 - whatever a peer dies of is its figure
            answer = {
                "error": f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
            }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
