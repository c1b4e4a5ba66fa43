"""How a generation stands right now: the read model, the log behind it, and the studio's heartbeat.

Whoever watches a generation shares one poller with everybody else who does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from activities.fronts import sample_take
from activities.ledger import Ledger
from activities.orders import SamplingProgress
from domain.generation.decider import GENERATION
from domain.generation.situations import Blank
from infra.api.deadlines import asking
from infra.api.doors import Limits
from infra.api.problems import Trouble
from infra.api.views import GenerationView, view_from_log, view_of, with_heartbeats
from infra.clock import Clock
from projections.generations import GenerationRow, GenerationsReader
from workflows.contracts import generation_workflow_id

_STUDIO: Final = sample_take.__name__
_DESCRIBE_SECONDS_MAX: Final = 1.0
_GLANCE_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Lookout:
    """Looks at one generation."""

    generations: GenerationsReader
    ledger: Ledger
    client: Client
    clock: Clock
    limits: Limits

    async def view(self, generation_id: str) -> GenerationView | None:
        """How it stands; ``None`` when nobody asked for it. What was recorded is always found."""
        async with asking("postgres"):
            row = await self.generations.get(generation_id)
            if row is None:
                return await self._from_log(generation_id)
            waiting = row.status == "requested"
            queue = await self.generations.queue_position(generation_id) if waiting else None
        view = view_of(row, queue)
        return await self._live(view, row) if row.status == "sampling" else view

    async def _from_log(self, generation_id: str) -> GenerationView | None:
        standing = await self.ledger.state(GENERATION, generation_id)
        if isinstance(standing.state, Blank):
            return None
        give_up_at = asyncio.get_running_loop().time() + self.limits.projection_seconds_max
        while asyncio.get_running_loop().time() < give_up_at:
            if row := await self.generations.get(generation_id):
                return view_of(row)
            await asyncio.sleep(_GLANCE_SECONDS)
        return view_from_log(standing.state)

    async def _live(self, view: GenerationView, row: GenerationRow) -> GenerationView:
        beats = await self._heartbeats(view.generation_id)
        return with_heartbeats(view, beats, row, self.clock()) if beats else view

    async def _heartbeats(self, generation_id: str) -> list[SamplingProgress]:
        """What the running steps last said; nothing where nobody can be asked."""
        handle = self.client.get_workflow_handle(generation_workflow_id(generation_id))
        try:
            async with asyncio.timeout(_DESCRIBE_SECONDS_MAX):
                described = await handle.describe(
                    rpc_timeout=timedelta(seconds=_DESCRIBE_SECONDS_MAX)
                )
                beats = []
                for pending in described.raw_description.pending_activities:
                    if pending.activity_type.name == _STUDIO and pending.heartbeat_details.payloads:
                        [beat] = await self.client.data_converter.decode(
                            pending.heartbeat_details.payloads[:1], [SamplingProgress]
                        )
                        if isinstance(beat, SamplingProgress):
                            beats.append(beat)
                return beats
        except (RPCError, TimeoutError, RuntimeError, ValueError):
            return []  # the read model's answer is good enough while Temporal is away


@dataclass
class _Watch:
    latest: GenerationView | None = None
    version: int = 0
    readers: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    poller: asyncio.Task[None] | None = None


class Watchers:
    """Everybody who watches, gathered by generation."""

    def __init__(self, lookout: Lookout) -> None:
        self.lookout = lookout
        self._limits = lookout.limits
        self._watches: dict[str, _Watch] = {}
        self._closed = asyncio.Event()

    async def news(self, generation_id: str) -> AsyncGenerator[GenerationView | None, None]:
        """How it stands, then each change; ``None`` after a silence. Ends when it is settled."""
        watch = self._join(generation_id)
        seen = 0
        try:
            while not self._closed.is_set():
                if await self._changed(watch, seen) and watch.latest is not None:
                    seen = watch.version
                    yield watch.latest
                    if watch.latest.is_settled:
                        return
                elif not self._closed.is_set():
                    yield None
        finally:
            self._leave(generation_id, watch)

    async def close(self) -> None:
        """End every stream; their callers come back to another process."""
        self._closed.set()
        for watch in list(self._watches.values()):
            async with watch.changed:
                watch.changed.notify_all()

    @property
    def pollers(self) -> int:
        """How many generations are being watched."""
        return len(self._watches)

    def _join(self, generation_id: str) -> _Watch:
        watch = self._watches.setdefault(generation_id, _Watch())
        watch.readers += 1
        if watch.poller is None:
            watch.poller = asyncio.create_task(self._poll(generation_id, watch))
        return watch

    def _leave(self, generation_id: str, watch: _Watch) -> None:
        watch.readers -= 1
        if watch.readers == 0:
            if watch.poller is not None:
                watch.poller.cancel()
            self._watches.pop(generation_id, None)

    async def _changed(self, watch: _Watch, seen: int) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.silence_seconds_max), watch.changed:
                await watch.changed.wait_for(lambda: watch.version > seen or self._closed.is_set())
        return watch.version > seen

    async def _poll(self, generation_id: str, watch: _Watch) -> None:
        while True:
            with suppress(Trouble):  # what is away now may be back at the next look
                view = await self.lookout.view(generation_id)
                if view is not None and _differs(watch.latest, view):
                    async with watch.changed:
                        watch.latest, watch.version = view, watch.version + 1
                        watch.changed.notify_all()
                    if view.is_settled:
                        return
            await asyncio.sleep(self._limits.watch_seconds)


def _differs(before: GenerationView | None, now: GenerationView) -> bool:
    """Whether there is news; that the end comes closer by the clock alone is none."""
    if before is None:
        return True
    return before.model_copy(update={"eta_at": None}) != now.model_copy(update={"eta_at": None})
