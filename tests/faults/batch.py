"""Ten generations at once, and the proof of what became of them: log, objects and feed agree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from domain.catalog import EVENTS
from domain.generation.decider import GENERATION
from domain.generation.situations import Completed, Sampling, Settled
from domain.kernel.ports import LogUnavailable
from domain.video.video import VIDEO, Released
from infra.bootstrap import object_store
from infra.cli.caller import Caller, ProblemAnswer
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings

SIZE: Final = 5
SECONDS_MAX: Final = 400.0
_CODEC: Final = CatalogCodec(EVENTS)
_ENDINGS: Final = ("generation-completed.v1", "generation-failed.v1", "generation-cancelled.v1")
_BRIEF: Final = {
    "prompt": "a dog runs on the beach at sunset",
    "shots": [{"prompt": "a dog runs on the beach at sunset", "seconds": 1.5}],
    "width": 256,
    "height": 144,
    "fps": 24,
}


@dataclass
class Batch:
    """Ten generations of one account, and the log in which their ends are read."""

    settings: Settings
    caller: Caller
    log: PostgresEventLog
    ids: list[str]

    async def states(self) -> list[object]:
        """How each stands in the log."""
        return [await self._state(each) for each in self.ids]

    async def until_in_the_middle(self) -> None:
        """Return once some are being sampled and others still wait."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                states = await self.states()
                at_work = sum(
                    isinstance(each, Sampling) and any(one.step for one in each.shots.values())
                    for each in states
                )
                ended = sum(isinstance(each, Settled) for each in states)
                if at_work and ended < SIZE // 2:
                    return
                await asyncio.sleep(0.05)

    async def until_one_shot_is_taken(self) -> int:
        """The number of the first shot of which there is a take, while another is sampled."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                [state] = await self.states()
                shots = state.shots if isinstance(state, Sampling) else {}
                at_work = any(each.take is None and each.step > 0 for each in shots.values())
                for number, each in shots.items():
                    if each.take is not None and at_work:
                        return number
                await asyncio.sleep(0.02)

    async def events(self, generation_id: str) -> list[object]:
        """What the log says of a generation."""
        recorded = await self.log.read_stream(GENERATION.stream(generation_id))
        return [_CODEC.decode(each) for each in recorded]

    async def until_settled(self) -> list[object]:
        """Return once the log says that all have ended; servers may be away meanwhile."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                try:
                    states = await self.states()
                except LogUnavailable:
                    states = []
                if states and all(isinstance(each, Settled) for each in states):
                    return states
                await asyncio.sleep(0.2)

    async def verify(self) -> None:
        """All completed, each released once, each object whole, and the feed agrees."""
        states = await self.until_settled()
        kinds = Counter(type(each).__name__ for each in states)
        assert kinds == {"Completed": len(self.ids)}, f"not all are completed: {dict(kinds)}"
        videos = [each.video_id for each in states if isinstance(each, Completed)]
        async with object_store(self.settings) as store:
            for generation_id, video_id in zip(self.ids, videos, strict=True):
                await self._ended_once(generation_id)
                released = await self._released_once(generation_id, video_id)
                rendition = released.rendition
                for file in (rendition.film, rendition.poster, rendition.contact_sheet):
                    kept = await store.verify(file.key, file.sha256)
                    assert kept.size == file.size, file.key
        await self._in_the_feed(set(videos))

    async def _state(self, generation_id: str) -> object:
        recorded = await self.log.read_stream(GENERATION.stream(generation_id))
        events = [_CODEC.decode(each) for each in recorded]
        return GENERATION.fold(events)  # type: ignore[arg-type]  # the stream holds only its own

    async def _ended_once(self, generation_id: str) -> None:
        recorded = await self.log.read_stream(GENERATION.stream(generation_id))
        endings = [each.type for each in recorded if each.type in _ENDINGS]
        assert len(endings) == 1, f"{generation_id} ended as {endings}"

    async def _released_once(self, generation_id: str, video_id: str) -> Released:
        recorded = await self.log.read_stream(VIDEO.stream(video_id))
        assert [each.type for each in recorded] == ["video-released.v1"], generation_id
        events = [_CODEC.decode(each) for each in recorded]
        state = VIDEO.fold(events)  # type: ignore[arg-type]  # the stream holds only its own
        assert isinstance(state, Released)
        assert state.generation_id == generation_id
        return state

    async def _in_the_feed(self, videos: set[str]) -> None:
        """The read model catches up, and shows each of them once."""
        shown: list[str] = []
        try:
            async with asyncio.timeout(90):
                while True:
                    try:
                        shown = [each["video_id"] for each in await self.caller.feed()]
                    except (httpx.HTTPError, ProblemAnswer):
                        shown = []
                    if videos <= set(shown):
                        break
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"the feed lacks {sorted(videos - set(shown))}") from None
        assert len(shown) == len(set(shown)), "the feed shows a video twice"


@asynccontextmanager
async def a_batch(settings: Settings, size: int = SIZE) -> AsyncIterator[Batch]:
    """Generations, ten unless said otherwise, accepted and on their way."""
    async with opened(settings) as batch:
        batch.ids = list(
            await asyncio.gather(
                *(batch.caller.request({**_BRIEF, "seed": seed}) for seed in range(size))
            )
        )
        yield batch


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Batch]:
    """A batch to which nothing has been added yet."""
    key = (settings.home / "api-key").read_text(encoding="utf-8").strip()
    async with (
        Caller.connected(settings.api_url, key) as caller,
        PostgresEventLog(settings.postgres_dsn) as log,
    ):
        yield Batch(settings, caller, log, [])


async def ask_until_accepted(caller: Caller, seed: int) -> str:
    """Ask as a careful caller does: the same key again, until there is an answer."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            try:
                return await caller.request({**_BRIEF, "seed": seed}, key=f"batch-{seed}")
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
            except ProblemAnswer as problem:
                if problem.status not in (409, 500, 503):
                    raise
                await asyncio.sleep(0.2)
