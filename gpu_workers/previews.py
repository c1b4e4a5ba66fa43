"""Previews: while a take is sampled, a small strip of what can be seen of it so far.

Off unless the operator says how often (``CALLSHEET_PREVIEW_SECONDS``), because a look costs time on
the device. However dear a look is, all of them together take a small share of it. Strips lie under
``takes/{generation}/previews/``, so whatever clears a generation's takes clears them too.
"""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import structlog
from PIL import Image

from activities.orders import SavedStrip, previews_prefix
from domain.kernel.ports import ObjectStore, StoreUnavailable
from gpu_workers.clip import Pictures
from gpu_workers.sampler import Plan, Sampler, State

SHARE_MAX: Final = 0.05
"""How much of a job's time on the device may go into looking at it."""
STRIP_WIDTH_MAX: Final = 512
STRIP_PICTURES_MAX: Final = 4
KEPT: Final = 2
"""A reader may be on the way to the one before."""

_QUALITY: Final = 70
_log: Final = structlog.get_logger(__name__)


class Looks:
    """Looks at one job's states now and then, in the thread that samples."""

    def __init__(
        self,
        sampler: Sampler,
        plan: Plan,
        every_seconds: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sampler, self._plan, self._clock = sampler, plan, clock
        self._every, self._cost = every_seconds, 0.0
        self._looked_at = clock()
        self._strip: tuple[int, bytes] | None = None
        self._between = threading.Lock()

    def look(self, state: State) -> None:
        """Make a strip of this state if it is time. What goes wrong costs previews and no take."""
        if self._every is None or state.step >= self._plan.steps:
            return
        begun = self._clock()
        if begun - self._looked_at < max(self._every, self._cost / SHARE_MAX):
            return
        try:
            pictures = self._sampler.preview(self._plan, state)
            made = strip(pictures) if len(pictures) else None
        except Exception as error:  # noqa: BLE001 - nobody's take is lost for a look at it
            self._every = None
            _log.warning("studio.preview_failed", error=type(error).__name__)
            return
        self._looked_at = self._clock()
        self._cost = self._looked_at - begun
        if made is not None:
            with self._between:
                self._strip = (state.step, made)

    def take(self) -> tuple[int, bytes] | None:
        """The newest strip that nobody took, with its step."""
        with self._between:
            taken, self._strip = self._strip, None
        return taken


@dataclass(frozen=True)
class Strips:
    """The strips of one attempt at a shot in the store; ``folder`` holds them on their way."""

    store: ObjectStore
    generation_id: str
    attempt: int
    folder: Path
    shot: int = 0

    @property
    def prefix(self) -> str:
        """Where all attempts of this generation keep theirs."""
        return previews_prefix(self.generation_id)

    async def save(self, step: int, content: bytes) -> SavedStrip:
        """Write a strip and forget all but the last two. Raises StoreUnavailable, OSError."""
        ours = f"{self.shot:02d}-"
        name = f"{ours}{self.attempt:05d}-{step:06d}.jpg"
        path = self.folder / name
        try:
            await asyncio.to_thread(path.write_bytes, content)
            stored = await self.store.put_file(self.prefix + name, path, "image/jpeg")
        finally:
            path.unlink(missing_ok=True)
        with suppress(StoreUnavailable):  # what is not removed now goes with the takes
            keys = sorted([key async for key, _ in self.store.list(self.prefix + ours)])
            for key in keys[:-KEPT]:
                await self.store.delete(key)
        return SavedStrip(key=stored.key, step=step)


def strip(pictures: Pictures) -> bytes:
    """A few of the pictures side by side, at most ``STRIP_WIDTH_MAX`` pixels wide, as JPEG."""
    count = min(STRIP_PICTURES_MAX, len(pictures))
    shown = pictures[(2 * np.arange(count) + 1) * len(pictures) // (2 * count)]
    tall, wide = shown.shape[1:3]
    width = min(wide, STRIP_WIDTH_MAX // count)
    size = (width, max(1, round(tall * width / wide)))
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in shown]
    written = io.BytesIO()
    Image.fromarray(np.concatenate(small, axis=1)).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
