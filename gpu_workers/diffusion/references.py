"""References as plain pictures: read from the studio's folder, checked against their hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Protocol

import av
import cv2
import numpy as np

from gpu_workers.clip import Pictures
from gpu_workers.diffusion.refusals import ReferenceUnreadable
from gpu_workers.sampler import Reference

PIXELS_MAX: Final = 4096 * 4096
BYTES_MAX: Final = 1 << 29
CLIP_BYTES_MAX: Final = 1 << 31


class References(Protocol):
    """Whoever can show a reference."""

    def picture(self, reference: Reference) -> Pictures:
        """uint8 [1, height, width, 3] in RGB. Raises ReferenceUnreadable."""
        ...

    def clip(self, reference: Reference, fps: float) -> Pictures:
        """All pictures at ``fps`` a second: uint8 [n, height, width, 3], n > 0.

        Raises ReferenceUnreadable.
        """
        ...


class FolderReferences:
    """Files named by their SHA-256, as the worker lays them down before it samples."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, reference: Reference) -> Pictures:
        """Decode a still picture of at most ``PIXELS_MAX`` pixels."""
        raw = np.frombuffer(self._checked(reference).read_bytes(), np.uint8)
        try:
            decoded = cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB)
        except cv2.error:
            decoded = None
        if decoded is None or decoded.shape[0] * decoded.shape[1] > PIXELS_MAX:
            raise ReferenceUnreadable(f"It is no picture of at most {PIXELS_MAX} pixels.")
        return np.asarray(decoded, np.uint8)[None]

    def clip(self, reference: Reference, fps: float) -> Pictures:
        """For each moment, the picture shown then: phones record at changing rates."""
        path = self._checked(reference)
        shown: list[Pictures] = []
        try:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                stream.thread_count = 1
                last: Pictures | None = None
                for frame in container.decode(stream):
                    moment = round((frame.time or 0.0) * fps)
                    if (moment + 1) * frame.width * frame.height * 3 > CLIP_BYTES_MAX:
                        raise ReferenceUnreadable(
                            f"Its pictures are more than {CLIP_BYTES_MAX >> 20} MiB."
                        )
                    while last is not None and len(shown) < moment:
                        shown.append(last)
                    last = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                if last is not None:
                    shown.append(last)
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise ReferenceUnreadable("It is no clip.") from error
        if len({each.shape for each in shown}) != 1:
            raise ReferenceUnreadable("The clip has no pictures, or changes its size.")
        return np.stack(shown)

    def _checked(self, reference: Reference) -> Path:
        path = self._folder / reference.sha256
        if not path.is_file():
            raise ReferenceUnreadable("It is not in the studio's folder.")
        if path.stat().st_size > BYTES_MAX:
            raise ReferenceUnreadable(f"It has more than {BYTES_MAX >> 20} MiB.")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != reference.sha256:
                raise ReferenceUnreadable("Its bytes are not those that were promised.")
        return path


def fitted(pictures: Pictures, width: int, height: int) -> Pictures:
    """Fill ``width``×``height`` pixels, cutting off what is left over at the sides."""
    tall, wide = pictures.shape[1:3]
    scale = max(width / wide, height / tall)
    size = (max(width, round(wide * scale)), max(height, round(tall * scale)))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = [cv2.resize(each, size, interpolation=method) for each in pictures]
    return np.stack([each[top : top + height, left : left + width] for each in resized])


def held_to(pictures: Pictures, count: int) -> Pictures:
    """Exactly ``count`` pictures: cut, or with the last one held."""
    index = np.minimum(np.arange(count), len(pictures) - 1)
    return pictures[index]
