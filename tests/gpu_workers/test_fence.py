"""The fence: what the log stops, the thread that samples it knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.ledger import Context, Decision, Ledger
from domain.catalog import EVENTS
from domain.consent.events import ChangeDeclined, ConsentEvent, ConsentRevoked, UseReserved
from domain.consent.refusals import CastNotPermitted
from domain.generation.commands import GenerationCommand
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import LogUnavailable
from gpu_workers.fence import Fence, FenceWithoutNews
from infra.cli.consent_proofs import tell
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.temporal.failures import as_failure
from tests import words
from tests.domain.consent_words import CAMEO, CASTER, consent_opened, tier_changed


async def happen(log: MemoryEventLog, *commands: GenerationCommand) -> None:
    ledger = Ledger(log, CatalogCodec(EVENTS))
    for command in commands:
        decision = Decision(GENERATION, words.GENERATION_ID, command)
        await ledger.perform([decision], Context("client/test", "test"))


async def known(fence: Fence, generation_id: str = words.GENERATION_ID) -> bool:
    for _ in range(20):
        await asyncio.sleep(0)
        try:
            fence.heed(generation_id)
        except AlreadySettled:
            return True
    return False


@pytest.fixture
async def log() -> MemoryEventLog:
    log = MemoryEventLog()
    await happen(log, words.request_video(), words.begin_sampling())
    return log


@pytest.mark.parametrize("stop", [words.cancel_generation(), words.fail_generation()])
async def test_what_the_log_stops_is_known_at_the_next_look(
    log: MemoryEventLog, stop: GenerationCommand
) -> None:
    fence = Fence()
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            assert not await known(fence)
            await happen(log, stop)
            assert await known(fence)


async def test_other_news_stops_nothing(log: MemoryEventLog) -> None:
    fence = Fence()
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            await happen(log, words.advance_sampling(3), words.record_studio_time())
            await happen(log, words.record_take(), words.record_rendition())
            await happen(log, words.record_proof(), words.complete_generation())
            assert not await known(fence)


async def test_another_generation_goes_on(log: MemoryEventLog) -> None:
    fence, other = Fence(), words.an_id("gen", 2)
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID), fence.watching(other):
            await happen(log, words.cancel_generation())
            assert await known(fence)
            assert not await known(fence, other)


async def test_it_remembers_nothing_of_what_is_not_at_work(log: MemoryEventLog) -> None:
    fence = Fence()
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            await happen(log, words.cancel_generation())
            assert await known(fence)
        assert not await known(fence)
        assert (fence._stopped, dict(fence._watched)) == (set(), {})


async def test_another_rule_can_stop_for_another_reason(log: MemoryEventLog) -> None:
    def when_sampled(event: RecordedEvent) -> str | None:
        return words.GENERATION_ID if event.type == "take-sampled.v1" else None

    fence = Fence(when_sampled)
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            await happen(log, words.record_take())
            assert await known(fence)


async def test_a_fence_that_breaks_ends_the_work_behind_it() -> None:
    class Broken(MemoryEventLog):
        async def subscribe(self, after: int = 0) -> AsyncIterator[list[RecordedEvent]]:
            await asyncio.sleep(0.01)
            raise RuntimeError("the follower is broken")
            yield []

    with pytest.raises(RuntimeError, match="broken"):
        async with Fence().following(Broken()):
            await asyncio.sleep(10)


async def test_it_waits_for_a_log_that_is_away() -> None:
    class Away(MemoryEventLog):
        asked = 0

        async def head(self) -> int:
            self.asked += 1
            if self.asked < 3:
                raise LogUnavailable("away")
            return await super().head()

    log = Away()
    async with Fence().following(log):
        assert log.asked == 3


class Deaf(MemoryEventLog):
    """Nobody is told that it grows, and while it is ``away`` it cannot be read."""

    away = False

    async def subscribe(self, after: int = 0) -> AsyncIterator[list[RecordedEvent]]:
        await asyncio.Event().wait()
        yield []

    async def read_all(self, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        if self.away:
            raise LogUnavailable("away")
        return await super().read_all(after, limit)


async def test_a_stop_that_nobody_told_of_is_read_all_the_same() -> None:
    log, fence = Deaf(), Fence()
    await happen(log, words.request_video(), words.begin_sampling())
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            await happen(log, words.cancel_generation())
            async with asyncio.timeout(1):
                while not await known(fence):
                    await asyncio.sleep(0.01)


async def test_no_step_begins_on_old_news_and_it_goes_on_when_the_log_is_back() -> None:
    log, fence = Deaf(), Fence(news_seconds_max=0.3)
    await happen(log, words.request_video(), words.begin_sampling())
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            log.away = True
            await asyncio.sleep(0.4)
            step = asyncio.create_task(asyncio.to_thread(fence.heed, words.GENERATION_ID))
            await asyncio.sleep(0.1)
            assert not step.done()
            log.away = False
            await step


async def test_a_stop_while_the_log_was_away_is_heard_before_the_next_step() -> None:
    log, fence = Deaf(), Fence(news_seconds_max=0.3)
    await happen(log, words.request_video(), words.begin_sampling())
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            log.away = True
            await asyncio.sleep(0.4)
            step = asyncio.create_task(asyncio.to_thread(fence.heed, words.GENERATION_ID))
            await happen(log, words.cancel_generation())
            log.away = False
            with pytest.raises(AlreadySettled):
                await step


async def test_waiting_for_news_has_an_end_with_a_reason_and_hears_the_caller() -> None:
    log, fence = Deaf(), Fence(news_seconds_max=0.01, patience_seconds_max=0.1)
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID):
            log.away = True
            await asyncio.sleep(0.02)
            with pytest.raises(FenceWithoutNews, match=r"0\.1 s") as without:
                await asyncio.to_thread(fence.heed, words.GENERATION_ID)
            failure = as_failure(without.value, 99, "sampling")
            assert isinstance(failure, ApplicationError)
            assert (failure.type, failure.non_retryable) == ("log-unavailable", False)

            def called_off() -> None:
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                fence.heed(words.GENERATION_ID, called_off)


async def test_the_log_is_read_only_while_something_is_at_work() -> None:
    class Counting(Deaf):
        reads = 0

        async def read_all(self, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
            self.reads += 1
            return await super().read_all(after, limit)

    log, fence = Counting(), Fence(news_seconds_max=0.05)
    async with fence.following(log):
        await asyncio.sleep(0.1)
        assert log.reads == 0
        with fence.watching(words.GENERATION_ID):
            await asyncio.sleep(0.02)
            begun = time.monotonic()
            fence.heed(words.GENERATION_ID)
            assert time.monotonic() - begun < 0.02, "the first reading comes with the job"
            assert log.reads == 1


CONSENT_STREAM = f"consent-{CAMEO}"


async def tell_consent(log: MemoryEventLog, *events: ConsentEvent) -> None:
    await tell(log, [(CONSENT_STREAM, each) for each in events], f"after {await log.head()}")


def reserved(generation_id: str) -> UseReserved:
    return UseReserved(
        at=words.moment(),
        cameo_id=CAMEO,
        generation_id=generation_id,
        caster_id=CASTER,
        version=1,
        rule="everyone",
        counted=True,
        revision=1,
        position=1,
    )


async def test_a_revocation_stops_whoever_rests_on_that_consent_and_nobody_else(
    log: MemoryEventLog,
) -> None:
    fence, other = Fence(), words.an_id("gen", 2)
    revoked = ConsentRevoked(at=words.moment(), cameo_id=CAMEO, reason="mine", revision=2)
    async with fence.following(log):
        with (
            fence.watching(words.GENERATION_ID, [CONSENT_STREAM]) as doubt,
            fence.watching(other, ["consent-of-another"]),
        ):
            await tell_consent(log, consent_opened(), revoked)
            async with asyncio.timeout(5):
                await doubt.wait()
            with pytest.raises(CastNotPermitted):
                fence.heed(words.GENERATION_ID)
            fence.heed(other)
        fence.heed(words.GENERATION_ID)
        assert (fence._fallen, fence._resting, fence._doubts) == (set(), {}, {})


async def test_a_change_of_the_terms_is_a_doubt_and_neither_a_use_nor_a_refused_change_is(
    log: MemoryEventLog,
) -> None:
    fence = Fence()
    await tell_consent(log, consent_opened())
    async with fence.following(log):
        with fence.watching(words.GENERATION_ID, [CONSENT_STREAM]) as doubt:
            refused = ChangeDeclined(
                at=words.moment(), cameo_id=CAMEO, setting="tier", reason="tier-unknown"
            )
            await tell_consent(log, reserved(words.an_id("gen", 2)), refused)
            assert not await known(fence)
            assert not doubt.is_set()
            await tell_consent(log, tier_changed("only-me"))
            assert not await known(fence)
            assert doubt.is_set()
            fence.fell(words.GENERATION_ID)
            with pytest.raises(CastNotPermitted):
                fence.heed(words.GENERATION_ID)
