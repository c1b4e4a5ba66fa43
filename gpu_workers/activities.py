"""The studio's activity: sample a take, survive what can be survived, stop at a step when told to.

Everything of a job but its steps overlaps the steps of another one: only ``advance`` holds the
device.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.consent.office import CastingOffice
from activities.heartbeats import beating
from activities.kept import DAYS_KEPT, KeptFile, KeptTakes
from activities.ledger import Ledger
from activities.orders import SamplingOrder, SavedState
from activities.scratch import scratch_folder
from activities.threads import StopSign, in_thread
from domain.consent.refusals import CastNotPermitted
from domain.generation.take import Take
from domain.kernel.errors import Mishap, Refusal
from domain.kernel.ports import ObjectStore, StoreUnavailable
from domain.kernel.vault import Vault
from gpu_workers.books import Books
from gpu_workers.casting import Casting, streams_of
from gpu_workers.checkpoints import BEAT_SECONDS, Checkpoints
from gpu_workers.companions import beside
from gpu_workers.device import Device, Devices
from gpu_workers.fence import Fence, FenceWithoutNews
from gpu_workers.mezzanine import write_mezzanine
from gpu_workers.mishaps import (
    UNREADABLE,
    SamplerUnusable,
    StudioKeepsDying,
    after_a_shortage,
    is_shortage,
    require_audible,
)
from gpu_workers.opening import opened
from gpu_workers.previews import Looks, Strips
from gpu_workers.reel import Leaving, Reel, last_progress
from gpu_workers.references import references_folder
from gpu_workers.requests import order_request, require_all_shots, require_taken
from gpu_workers.sampler import Plan, Sampler, State, begun, decoded, forget, surroundings
from gpu_workers.shelf import Shelf

NEWS_SHARE: Final = 0.2
"""The log hears of progress about five times a take; heartbeats carry every step."""
DEATHS_MAX: Final = 3
FAREWELL_SECONDS_MAX: Final = 5.0
"""How long a worker that leaves may take to save where it is."""
_THREADS: Final = 16
_log: Final = structlog.get_logger(__name__)
_AT_ONCE: Final = timedelta(milliseconds=1)


class StudioActivities:
    """Runs samplers in threads of this process and keeps their takes without loss.

    Give it the ``fence`` that follows the log, and the ``devices`` where several such objects
    share them. ``references`` is the folder that its samplers read from;
    ``preview_seconds`` is how often a look is taken at what is sampled, if at all. Where people are
    cast, the ``office`` is asked, and the ``vault`` opens their likenesses.
    """

    def __init__(
        self,
        samplers: Callable[[str], Sampler],
        store: ObjectStore,
        ledger: Ledger,
        now: Callable[[], datetime],
        scratch: Path,
        fence: Fence | None = None,
        devices: Devices | None = None,
        references: Path | None = None,
        preview_seconds: float | None = None,
        kept_days: float = DAYS_KEPT,
        office: CastingOffice | None = None,
        vault: Vault | None = None,
    ) -> None:
        self._samplers, self._store, self._scratch = samplers, store, scratch
        self._preview_seconds = preview_seconds
        self._shelf = Shelf(store, references or references_folder(), vault=vault)
        self._casting = Casting(office, self._shelf, now)
        self._kept = KeptTakes(store, now, kept_days)
        self._books = Books(ledger, now)
        self._fence, self._devices = fence or Fence(), devices or Devices()
        self._loading = asyncio.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="studio")

    def sweep(self) -> None:
        """Remove what workers of this machine that died have left. Call it when one begins."""
        self._shelf.sweep()

    @activity.defn
    async def sample_take(self, order: SamplingOrder) -> Take:
        """Sample a shot; a take that was recorded, or kept for the same plan, is given again."""
        if last := last_progress():
            await self._books.account(order, last)
        heed = partial(self._fence.heed, order.generation_id)
        reel = Reel(heed, order.shot)
        if reel.deaths >= DEATHS_MAX:
            raise StudioKeepsDying(f"That happened {reel.deaths} times.")
        with self._fence.watching(order.generation_id, streams_of(order)) as doubt:
            try:
                async with beating(reel.progress, BEAT_SECONDS):
                    await self._casting.require(order, reel.attempt)
                    return await self._sample_cast(order, reel, doubt)
            except asyncio.CancelledError:
                if _is_called_off():
                    raise
                raise _elsewhere(reel) from None
            except Leaving:
                raise _elsewhere(reel) from None
            except Exception as error:
                if not is_shortage(error):
                    raise
                reel.shortages += 1
                raise after_a_shortage(error, reel.shortages) from None
            finally:
                activity.heartbeat(reel.progress(left=True))

    async def _sample_cast(self, order: SamplingOrder, reel: Reel, doubt: asyncio.Event) -> Take:
        """Sample while everybody's consent holds."""
        try:
            async with beside(self._casting.mind(order, doubt, self._fence)):
                return await self._sample(order, reel)
        except CastNotPermitted:
            await self._casting.require(order, reel.attempt)  # writes down why, and says so
            raise

    async def _sample(self, order: SamplingOrder, reel: Reel) -> Take:
        order, avoid = await self._casting.played(order)
        sampler = await self._loaded(order.brief.sampler)
        reel.device = device.name if (device := self._device_of(sampler)) else ""
        await asyncio.to_thread(require_all_shots, sampler, order, avoid)
        order = await opened(order, self._store, self._scratch)
        plan = await asyncio.to_thread(sampler.plan, order_request(order, avoid))
        require_taken(order, plan)
        if found := await self._found(order, plan):
            return found
        async with self._shelf.laid(order.references):
            return await self._sample_laid(order, reel, sampler, plan)

    async def _sample_laid(
        self, order: SamplingOrder, reel: Reel, sampler: Sampler, plan: Plan
    ) -> Take:
        with scratch_folder(self._scratch, "take-") as folder:
            checkpoints = Checkpoints(
                self._store, order.generation_id, reel.attempt, folder, order.shot
            )
            restored = None
            if reel.saved:
                restored = await checkpoints.restore(reel.saved, plan, surroundings(sampler))
            reel.begin(plan, restored, getattr(sampler, "entrusted", None))
            if recorded := await self._books.begin(order, reel.attempt, plan, reel.step):
                return recorded
            strips = Strips(self._store, order.generation_id, reel.attempt, folder, order.shot)
            looks = Looks(sampler, plan, self._preview_seconds)
            path = folder / "take.mkv"

            def shoot(sign: StopSign) -> None:
                reel.sign = sign
                self._shoot(sampler, plan, reel, looks, path)

            try:
                async with beside(
                    self._tell(order, reel),
                    _save_often(reel, checkpoints),
                    _show_often(reel, looks, strips),
                    _leave_when_told(reel),
                ):
                    await in_thread(shoot, self._threads)
            except (Leaving, FenceWithoutNews, asyncio.CancelledError):
                if not _is_called_off():
                    await _save_at_last(reel, checkpoints)
                raise
            finally:
                await self._books.account(order, reel.progress())
            take = await self._keep(order, plan, path)
        await self._release(sampler, plan, reel.state)
        return take

    async def _release(self, sampler: Sampler, plan: Plan, state: State | None) -> None:
        """What a sampler keeps elsewhere for this take, such as a job on a server, may go now."""
        release = getattr(sampler, "release", None)
        if release is None or state is None:
            return
        try:
            await asyncio.to_thread(release, plan, state)
        except (OSError, Mishap) as error:
            _log.warning("studio.release_failed", sampler=sampler.name, error=type(error).__name__)

    def _shoot(self, sampler: Sampler, plan: Plan, reel: Reel, looks: Looks, path: Path) -> None:
        """In a thread of its own: everything from the plan to the file."""

        def on_step(state: State) -> None:
            reel.on_step(state)
            looks.look(state)

        reel.heed()
        try:
            state = begun(sampler, plan, reel.state)
            if not reel.is_done:
                device = self._device_of(sampler)
                with nullcontext() if device is None else device.held(reel.turn, reel.heed):
                    reel.heed()
                    state = sampler.advance(plan, state, on_step)
        finally:
            forget(sampler, plan)
        clip = decoded(sampler, plan, state, reel.heed_a_stop)
        write_mezzanine(require_audible(clip), path, reel.heed_a_stop)

    async def _loaded(self, name: str) -> Sampler:
        """A sampler with its weights in memory; two jobs never load one at the same time."""
        async with self._loading:
            try:
                return await asyncio.to_thread(self._samplers, name)
            except UNREADABLE as error:
                raise SamplerUnusable(f"{name}: {type(error).__name__}.") from error

    def _device_of(self, sampler: Sampler) -> Device | None:
        """The device that this sampler steps on; None where a server does the work."""
        return self._devices.of(sampler) if getattr(sampler, "needs_device", True) else None

    async def _tell(self, order: SamplingOrder, reel: Reel) -> None:
        """Put a few of the steps into the log; a refusal there ends the work."""
        told = 0
        while True:
            if reel.step - told >= reel.steps * NEWS_SHARE and not reel.is_done:
                told = reel.step
                await self._books.advance(order, reel.attempt, told)
            await asyncio.sleep(BEAT_SECONDS)

    async def _found(self, order: SamplingOrder, plan: Plan) -> Take | None:
        """The kept take of this plan, written into the log as this shot's. Raises a Refusal."""
        if not order.shot:
            return None
        kept = await self._kept.find(order.account_id, plan.key, order.generation_id)
        if kept is None:
            return None
        elsewhere = kept.generation_id != order.generation_id
        return await self._books.record(order, _take(plan, kept), found=elsewhere)

    async def _keep(self, order: SamplingOrder, plan: Plan, path: Path) -> Take:
        kept = await self._kept.keep(order.account_id, plan.key, order.generation_id, path)
        try:
            return await self._books.record(order, _take(plan, kept))
        except Refusal:
            await self._store.delete(kept.key)  # it was stopped meanwhile: nobody will come for it
            raise


def _take(plan: Plan, kept: KeptFile) -> Take:
    return Take(
        key=kept.key,
        sha256=kept.sha256,
        size=kept.size,
        plan_key=plan.key,
        frames=plan.frames,
        fps=plan.fps,
        sample_rate=plan.sample_rate,
    )


async def _leave_when_told(reel: Reel) -> None:
    """When this worker shuts down, steps end at once; decoding and keeping go on."""
    await activity.wait_for_worker_shutdown()
    reel.leave()


async def _save_often(reel: Reel, checkpoints: Checkpoints) -> None:
    while True:
        await reel.moved.wait()
        reel.moved.clear()
        if reel.is_due():
            await _save(reel, checkpoints)


async def _show_often(reel: Reel, looks: Looks, strips: Strips) -> None:
    """Bring each new look to the store and name it. Where that fails, the next one may not."""
    while True:
        if taken := looks.take():
            with suppress(StoreUnavailable, OSError):
                reel.preview = await strips.save(*taken)
        await asyncio.sleep(BEAT_SECONDS)


async def _save_at_last(reel: Reel, checkpoints: Checkpoints) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL_SECONDS_MAX):
            if not reel.is_saved:
                await _save(reel, checkpoints)


async def _save(reel: Reel, checkpoints: Checkpoints) -> None:
    """Save the state reached. Where that fails, the work goes on and can lose more."""
    state, begun = reel.state, time.monotonic()
    if state is None:
        return

    def tell(saved: SavedState) -> None:
        reel.kept(state, saved)
        reel.write_seconds = time.monotonic() - begun
        activity.heartbeat(reel.progress())

    with suppress(StoreUnavailable, OSError):
        await checkpoints.save(state, tell)


def _is_called_off() -> bool:
    """Whether nobody wants the take any more, rather than wanting it from another worker."""
    details = activity.cancellation_details()
    return details is not None and (details.cancel_requested or details.not_found)


def _elsewhere(reel: Reel) -> ApplicationError:
    return ApplicationError(
        f"This worker ends; another one goes on from step {reel.saved.step if reel.saved else 0}.",
        "sampling",
        "Wait; it is tried again by itself.",
        type="studio-leaving",
        next_retry_delay=_AT_ONCE,
    )
