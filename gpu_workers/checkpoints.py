"""Checkpoints: how often a state is saved, where, and whether a saved one can be trusted.

They lie under ``takes/{generation}/checkpoints/``, each shot's apart, so whatever clears what a
generation left clears them too. An attempt writes to a few names in turn, so nothing has to be
removed while it runs; its second state removes what attempts before it left, never its successor's.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from activities.orders import SavedState
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore, StoreUnavailable
from gpu_workers.sampler import Plan, State, StateOfAnotherPlan, StateUnreadable

REDO_SHARE_AIM: Final = 0.1
"""How much of the work a death may cost by the clock; 0.15 is promised, the rest is for delays."""
WRITE_SHARE_MAX: Final = 0.25
"""How much of the time a state may be on its way to the store; steps go on meanwhile."""
WORTH_SECONDS_MIN: Final = 0.25
"""Shorter work is done again: saving it would cost more than that."""
FIRST_WRITE_SECONDS: Final = 0.02
"""What saving is taken to cost before it was measured: little, since short work has no time to
find out, and where it is much, one state is saved too early."""
BEAT_SECONDS: Final = 0.1
"""How long the news of a saved state waits for the next heartbeat."""
SLOTS: Final = 3
"""Names that an attempt writes to: for the state on its way, the last whole one, and the one before
it, of which the last heartbeat may still tell."""

_log: Final = structlog.get_logger(__name__)
_CONTENT_TYPE: Final = "application/octet-stream"


Tell = Callable[[SavedState], None]


def steps_between(steps: int, step_seconds: float, write_seconds: float) -> int | None:
    """How many steps may pass between two saved states; None where saving is not worth it.

    As many as keep what is lost within its share: the steps since the last saved state, those done
    while it was written and told, and the one that was cut off. Where the last two alone are more
    than that, the steps have the share for themselves. Where writing is slow, its own share of the
    time comes first.
    """
    whole = steps * step_seconds
    if whole < WORTH_SECONDS_MIN:
        return None
    lost_anyway = write_seconds + BEAT_SECONDS + step_seconds
    most = math.floor((REDO_SHARE_AIM * whole - lost_anyway) / step_seconds)
    if most < 1:
        most = math.floor(REDO_SHARE_AIM * steps)
    least = math.ceil(write_seconds / (WRITE_SHARE_MAX * step_seconds))
    return max(most, least, 1)


@dataclass
class Checkpoints:
    """The saved states of one attempt at one shot; ``folder`` holds them on their way.

    ``shot`` counts from 1; 0 stands for all shots in one take.
    """

    store: ObjectStore
    generation_id: str
    attempt: int
    folder: Path
    shot: int = 0
    _saved: int = field(default=0, init=False)

    @property
    def prefix(self) -> str:
        """Where all attempts at this shot keep theirs."""
        apart = f"shot-{self.shot:03d}/" if self.shot else ""
        return f"takes/{self.generation_id}/checkpoints/{apart}"

    async def save(self, state: State, tell: Tell = lambda _: None) -> SavedState:
        """Write a state over the oldest of this attempt, and tell of it.

        Raises StoreUnavailable, OSError.
        """
        name = f"{self.attempt:05d}-{self._saved % SLOTS}.safetensors"
        path = self.folder / f"{state.step:06d}-{name}"  # a save that was cut off may still write
        try:
            await asyncio.to_thread(lambda: path.write_bytes(state.dump()))
            stored = await self.store.put_file(self.prefix + name, path, _CONTENT_TYPE)
        finally:
            path.unlink(missing_ok=True)
        self._saved += 1
        saved = SavedState(key=stored.key, sha256=stored.sha256, step=state.step)
        tell(saved)
        if self._saved == SLOTS - 1:
            with suppress(StoreUnavailable):  # what is not removed now goes with the takes
                await self._forget_attempts_before()
        return saved

    async def restore(self, saved: SavedState, plan: Plan, here: Mapping[str, str]) -> State | None:
        """The state of a plan, or None where what was saved is gone, damaged or another's.

        It is None, too, where it was made in another environment than the one ``here``: the same
        bytes are promised, and only a start from the beginning keeps that. Raises StoreUnavailable:
        nobody knows yet whether it is there.
        """
        if not saved.key.startswith(self.prefix):
            return None
        path = self.folder / "restored.safetensors"
        try:
            await self.store.get_file(saved.key, path, saved.sha256)
            state = await asyncio.to_thread(lambda: State.load(path.read_bytes()))
            state.require(plan)
        except (ObjectMissing, HashMismatch, StateUnreadable, StateOfAnotherPlan):
            return None
        finally:
            path.unlink(missing_ok=True)
        if differing := state.differing(here):
            _log.warning("studio.environment_differs", step=state.step, differing=list(differing))
            return None
        return state

    async def _forget_attempts_before(self) -> None:
        own = f"{self.prefix}{self.attempt:05d}-"
        for key in [key async for key, _ in self.store.list(self.prefix)]:
            if key < own:
                await self.store.delete(key)
