"""The reel: what the thread that samples and those beside it share about one attempt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from temporalio import activity

from activities.orders import SamplingProgress, SavedState, SavedStrip
from activities.threads import StopSign
from gpu_workers.checkpoints import BEAT_SECONDS, FIRST_WRITE_SECONDS, steps_between
from gpu_workers.device import Turn
from gpu_workers.mishaps import require_finite
from gpu_workers.sampler import Plan, State

Entrusted = Callable[[State], tuple[str, ...]]
"""What a state has given others to do, such as the ids of jobs on a server."""


Heed = Callable[[Callable[[], None]], None]
"""Raises what stops the work; may wait, and then calls what it is given now and then."""


class Leaving(Exception):
    """This worker ends; what was reached is saved, and another one goes on."""

    goes_on_elsewhere = True


class Reel:
    """How far an attempt is, what of it is saved, and whether it has to stop.

    The sampling thread moves it with ``on_step``; the event loop reads it for heartbeats, news
    and checkpoints.
    """

    def __init__(self, fence: Heed, shot: int = 0) -> None:
        info = activity.info()
        self.shot = shot
        last = last_progress()
        self.attempt, self.device = info.attempt, ""
        self.turn = Turn()
        self.deaths = _deaths(last)
        self.shortages = last.shortages if last else 0
        self.preview: SavedStrip | None = None
        self.saved: SavedState | None = last.checkpoint if last else None
        self.step = self.saved.step if self.saved else 0
        self.steps = last.steps if last else 0
        self.state: State | None = None
        self.write_seconds = FIRST_WRITE_SECONDS
        self.moved = asyncio.Event()
        self.sign = StopSign()
        self._kept: State | None = None
        self._entrusted: Entrusted = _nothing
        self._loop = asyncio.get_running_loop()
        self._fence = fence
        self._leaving = False
        self._began_at_step = self.step

    @property
    def is_done(self) -> bool:
        """Whether every step is done."""
        return 0 < self.steps == self.step

    @property
    def is_saved(self) -> bool:
        """Whether nothing would be lost if the worker died now."""
        return self.state is None or self.state is self._kept

    def begin(self, plan: Plan, restored: State | None, entrusted: Entrusted | None = None) -> None:
        """The plan is known, and the state to go on from, where there is one.

        Where a state has ``entrusted`` work to somebody that the saved one does not know of, it is
        saved and told before anything else is done.
        """
        self.steps, self.state, self._kept = plan.steps, restored, restored
        self._entrusted = entrusted or _nothing
        if restored is None:
            self.saved = None
        self.step = self._began_at_step = restored.step if restored else 0

    def heed(self) -> None:
        """Raise what stops the work: a wish of the caller, the log, or the end of this worker."""
        self.sign.heed()
        self._fence(self._heed_the_caller)
        self._heed_the_caller()

    def heed_a_stop(self) -> None:
        """Raise when nobody wants the take; a worker that ends still finishes what is sampled."""
        self.sign.heed()
        self._fence(self.sign.heed)

    def _heed_the_caller(self) -> None:
        self.sign.heed()
        if self._leaving:
            raise Leaving

    def on_step(self, state: State) -> None:
        """Called by the sampler after each step: the fence before the next one."""
        require_finite(state, self.state)
        is_owed = self._is_owed(state)  # once it is seen, it may be saved before it is asked about
        self.state, self.step = state, state.step
        self._loop.call_soon_threadsafe(self.moved.set)
        if is_owed:
            self._wait_until_told()
        if not self.is_done:
            self.heed()

    def kept(self, state: State, saved: SavedState) -> None:
        """This state is saved now; the next heartbeat says so."""
        self._kept, self.saved = state, saved

    def leave(self) -> None:
        """Stop before the next step, to go on elsewhere."""
        self._leaving = True
        self.moved.set()

    def is_due(self) -> bool:
        """Whether the state reached should be saved now."""
        if self.state is None or self.is_saved:
            return False
        if self._leaving or self._is_owed(self.state):
            return True
        every = steps_between(self.steps, self._step_seconds, self.write_seconds)
        since = self.step - (self.saved.step if self.saved else 0)
        return every is not None and since >= every and not self.is_done

    def progress(self, left: bool = False) -> SamplingProgress:
        """What the heartbeat says."""
        return SamplingProgress(
            shot=self.shot,
            attempt=self.attempt,
            step=self.step,
            steps=self.steps,
            restored=self._began_at_step,
            deaths=self.deaths,
            left=left,
            shortages=self.shortages,
            checkpoint=self.saved,
            device=self.device,
            seconds=round(self.turn.seconds, 3),
            preview=self.preview,
        )

    @property
    def _step_seconds(self) -> float:
        done = max(self.step - self._began_at_step, 1)
        return max(self.turn.seconds / done, 1e-6)

    def _is_owed(self, state: State) -> bool:
        """Whether what is entrusted to others is not what the saved state says."""
        known = self._entrusted(self._kept) if self._kept else ()
        return self._entrusted(state) != known

    def _wait_until_told(self) -> None:
        """Go on only when a heartbeat has carried this state: its work must not be done twice."""
        while not self.is_saved:
            self.heed()
            self._loop.call_soon_threadsafe(self.moved.set)  # saving may have failed
            time.sleep(BEAT_SECONDS / 2)
        time.sleep(2 * BEAT_SECONDS)


def _nothing(state: State) -> tuple[str, ...]:
    return ()


def last_progress() -> SamplingProgress | None:
    """What the attempt before this one said last."""
    details = activity.info().heartbeat_details
    return SamplingProgress.model_validate(details[0]) if details else None


def _deaths(last: SamplingProgress | None) -> int:
    """How many workers have died with this order: each left a heartbeat and no farewell."""
    if last is None:
        return 0
    return last.deaths + (0 if last.left else 1)
