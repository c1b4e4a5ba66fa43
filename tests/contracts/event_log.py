"""What every event log must do, said once and run on each of them.

Revisions count from 0 in each stream. Positions only grow: they may leave gaps, and nothing here
assumes otherwise. A log may hold other events already, so each test starts at the log's head.
"""

from __future__ import annotations

import asyncio

import pytest

from domain.kernel.ports import (
    START,
    Appended,
    EventLog,
    Expected,
    StreamAppend,
    StreamCheck,
    WrongRevision,
)
from infra.eventlog.requests import InvalidAppend
from tests.contracts.events import METADATA, Scope, said, take, write

NEW, ANY, EXISTS = Expected.NO_STREAM, Expected.ANY, Expected.EXISTS


class EventLogContract:
    """Inherit and provide the fixture ``log``."""

    @pytest.fixture
    def scope(self) -> Scope:
        return Scope()

    # Writing and reading one stream

    async def test_what_was_written_is_read_back_whole(self, log: EventLog, scope: Scope) -> None:
        ended = await write(log, scope.entry(NEW, "action"))
        [event] = await log.read_stream(scope.stream())
        wanted = scope.event("action")
        assert (event.event_id, event.type, event.data) == (
            wanted.event_id,
            wanted.type,
            wanted.data,
        )
        assert event.metadata == METADATA
        assert (event.stream, event.revision, event.position) == (
            scope.stream(),
            0,
            ended.position,
        )
        assert event.recorded_at.tzinfo is not None

    async def test_any_bytes_survive(self, log: EventLog, scope: Scope) -> None:
        event = scope.event("bytes")
        data = bytes(range(256)) * 400
        odd = type(event)(event.event_id, event.type, data, event.metadata)
        await write(log, StreamAppend(scope.stream(), NEW, [odd]))
        assert (await log.read_stream(scope.stream()))[0].data == data

    async def test_revisions_count_from_zero(self, log: EventLog, scope: Scope) -> None:
        assert (await write(log, scope.entry(NEW, "a", "b"))).revisions == (1,)
        assert (await write(log, scope.entry(1, "c"))).revisions == (2,)
        assert [e.revision for e in await log.read_stream(scope.stream())] == [0, 1, 2]

    async def test_a_stream_nobody_wrote_to_is_empty(self, log: EventLog, scope: Scope) -> None:
        assert await log.read_stream(scope.stream()) == []

    async def test_reading_begins_after_a_revision(self, log: EventLog, scope: Scope) -> None:
        await write(log, scope.entry(NEW, "a", "b", "c", "d"))
        assert said(await log.read_stream(scope.stream(), after=1)) == ["c", "d"]
        assert said(await log.read_stream(scope.stream(), after=0, limit=2)) == ["b", "c"]
        assert await log.read_stream(scope.stream(), after=3) == []

    async def test_streams_do_not_mix(self, log: EventLog, scope: Scope) -> None:
        await write(log, scope.entry(NEW, "a", stream="one"))
        await write(log, scope.entry(NEW, "b", stream="two"))
        assert said(await log.read_stream(scope.stream("one"))) == ["a"]
        assert said(await log.read_stream(scope.stream("two"))) == ["b"]

    # Expectations

    async def test_a_stream_that_exists_is_not_new(self, log: EventLog, scope: Scope) -> None:
        await write(log, scope.entry(NEW, "a"))
        with pytest.raises(WrongRevision) as refusal:
            await write(log, scope.entry(NEW, "b"))
        assert (refusal.value.stream, refusal.value.expected, refusal.value.actual) == (
            scope.stream(),
            NEW,
            0,
        )
        assert said(await log.read_stream(scope.stream())) == ["a"]

    @pytest.mark.parametrize("expected", [0, 2])
    async def test_neither_an_older_nor_a_later_revision_will_do(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        await write(log, scope.entry(NEW, "a", "b"))
        with pytest.raises(WrongRevision) as refusal:
            await write(log, scope.entry(expected, "c"))
        assert refusal.value.actual == 1

    async def test_a_missing_stream_is_at_no_revision(self, log: EventLog, scope: Scope) -> None:
        for expected in (0, EXISTS):
            with pytest.raises(WrongRevision) as refusal:
                await write(log, scope.entry(expected, "a"))
            assert refusal.value.actual == -1

    async def test_any_state_and_mere_existence_can_be_enough(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(ANY, "a"))
        await write(log, scope.entry(EXISTS, "b"))
        await write(log, scope.entry(ANY, "c"))
        assert said(await log.read_stream(scope.stream())) == ["a", "b", "c"]

    async def test_one_of_many_rivals_wins_each_revision(self, log: EventLog, scope: Scope) -> None:
        async def rival(name: str) -> bool:
            try:
                await write(log, scope.entry(NEW, name))
            except WrongRevision:
                return False
            return True

        won = await asyncio.gather(*(rival(f"rival {n}") for n in range(12)))
        assert sum(won) == 1
        assert len(await log.read_stream(scope.stream())) == 1

    # Several streams, and checks

    async def test_several_streams_are_written_together(self, log: EventLog, scope: Scope) -> None:
        await write(log, scope.entry(NEW, "a", "b", stream="one"))
        ended = await write(
            log, scope.entry(1, "c", stream="one"), scope.entry(NEW, "d", "e", stream="two")
        )
        assert ended.revisions == (2, 1)
        last = (await log.read_stream(scope.stream("two")))[-1]
        assert ended.position == last.position

    async def test_one_wrong_stream_keeps_all_of_them_as_they_were(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a", stream="two"))
        with pytest.raises(WrongRevision) as refusal:
            await write(
                log, scope.entry(NEW, "b", stream="one"), scope.entry(NEW, "c", stream="two")
            )
        assert refusal.value.stream == scope.stream("two")
        assert await log.read_stream(scope.stream("one")) == []
        assert said(await log.read_stream(scope.stream("two"))) == ["a"]
        # and nothing of the refused append stands in the way later
        await write(log, scope.entry(NEW, "b", stream="one"), scope.entry(0, "c", stream="two"))

    async def test_a_check_that_holds_lets_the_append_through(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "consent", stream="consent"))
        ended = await log.append(
            [scope.entry(NEW, "release")],
            [
                StreamCheck(scope.stream("consent"), 0),
                StreamCheck(scope.stream("block"), NEW),
            ],
        )
        assert ended.revisions == (0,)
        assert len(await log.read_stream(scope.stream("consent"))) == 1
        assert await log.read_stream(scope.stream("block")) == []

    @pytest.mark.parametrize("expected", [NEW, 0, 2])
    async def test_a_check_that_fails_keeps_the_append_out(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        await write(log, scope.entry(NEW, "granted", "revoked", stream="consent"))
        with pytest.raises(WrongRevision) as refusal:
            await log.append(
                [scope.entry(NEW, "release")], [StreamCheck(scope.stream("consent"), expected)]
            )
        assert (refusal.value.stream, refusal.value.actual) == (scope.stream("consent"), 1)
        assert await log.read_stream(scope.stream()) == []

    async def test_a_check_and_the_write_it_forbids_never_both_succeed(
        self, log: EventLog, scope: Scope
    ) -> None:
        for round_number in range(8):
            consent, video = f"consent {round_number}", f"video {round_number}"
            await write(log, scope.entry(NEW, f"granted {round_number}", stream=consent))
            released, revoked = await asyncio.gather(
                log.append(
                    [scope.entry(NEW, f"released {round_number}", stream=video)],
                    [StreamCheck(scope.stream(consent), 0)],
                ),
                write(log, scope.entry(0, f"revoked {round_number}", stream=consent)),
                return_exceptions=True,
            )
            assert isinstance(revoked, Appended)
            if isinstance(released, Appended):
                assert released.position < revoked.position
            else:
                assert isinstance(released, WrongRevision)

    # Doing it again

    @pytest.mark.parametrize("expected", [NEW, ANY])
    async def test_appending_the_same_again_gives_the_same_answer(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        first = await write(log, scope.entry(expected, "a", "b"))
        again = await write(log, scope.entry(expected, "a", "b"))
        assert again == first
        assert said(await log.read_stream(scope.stream())) == ["a", "b"]

    async def test_a_retry_is_recognised_after_others_have_written(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a"))
        first = await write(log, scope.entry(0, "b", "c"))
        await write(log, scope.entry(2, "d"))
        assert await write(log, scope.entry(0, "b", "c")) == first
        assert said(await log.read_stream(scope.stream())) == ["a", "b", "c", "d"]

    async def test_a_retry_over_several_streams_is_recognised(
        self, log: EventLog, scope: Scope
    ) -> None:
        entries = (scope.entry(NEW, "a", stream="one"), scope.entry(NEW, "b", "c", stream="two"))
        check = StreamCheck(scope.stream("consent"), NEW)
        first = await log.append(entries, [check])
        await write(log, scope.entry(NEW, "moved on", stream="consent"))
        await write(log, scope.entry(0, "d", stream="one"))
        assert await log.append(entries, [check]) == first

    async def test_the_same_append_twice_at_once_is_one_append(
        self, log: EventLog, scope: Scope
    ) -> None:
        answers = await asyncio.gather(*(write(log, scope.entry(NEW, "a", "b")) for _ in range(6)))
        assert len(set(answers)) == 1
        assert said(await log.read_stream(scope.stream())) == ["a", "b"]

    async def test_a_retry_with_more_events_than_before_is_a_conflict(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a", "b"))
        with pytest.raises(WrongRevision) as refusal:
            await write(log, scope.entry(NEW, "a", "b", "c"))
        assert refusal.value.actual == 1
        assert said(await log.read_stream(scope.stream())) == ["a", "b"]

    async def test_the_same_events_in_another_order_are_a_conflict(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a", "b"))
        with pytest.raises(WrongRevision):
            await write(log, scope.entry(NEW, "b", "a"))

    async def test_half_a_retry_over_several_streams_is_a_conflict(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a", stream="one"))
        with pytest.raises(WrongRevision) as refusal:
            await write(
                log, scope.entry(NEW, "a", stream="one"), scope.entry(NEW, "b", stream="two")
            )
        assert (refusal.value.stream, refusal.value.actual) == (scope.stream("one"), 0)
        assert await log.read_stream(scope.stream("two")) == []

    async def test_a_losing_writer_is_told_even_when_its_stream_has_grown_long(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, *(f"line {n}" for n in range(50))))
        with pytest.raises(WrongRevision) as refusal:
            await write(log, scope.entry(10, "late"))
        assert refusal.value.actual == 49

    # All streams together

    async def test_all_events_come_in_the_order_of_their_positions(
        self, log: EventLog, scope: Scope
    ) -> None:
        head = await log.head()
        await write(log, scope.entry(NEW, "a", stream="one"))
        await write(log, scope.entry(NEW, "b", stream="two"), scope.entry(0, "c", stream="one"))
        await write(log, scope.entry(0, "d", stream="two"))
        events = await log.read_all(head)
        assert said(events) == ["a", "b", "c", "d"]
        positions = [event.position for event in events]
        assert positions == sorted(set(positions))
        assert positions[0] > head
        assert await log.head() == positions[-1]

    async def test_reading_on_from_a_position_leaves_it_out(
        self, log: EventLog, scope: Scope
    ) -> None:
        head = await log.head()
        await write(log, scope.entry(NEW, "a", "b", "c", "d", "e"))
        pages: list[list[str]] = []
        while page := await log.read_all(head, limit=2):
            pages.append(said(page))
            head = page[-1].position
        assert pages == [["a", "b"], ["c", "d"], ["e"]]

    async def test_everything_is_after_the_start(self, log: EventLog, scope: Scope) -> None:
        await write(log, scope.entry(NEW, "a"))
        [first] = await log.read_all(START, limit=1)
        assert first.position > START

    # Subscriptions

    async def test_a_subscription_brings_the_past_and_then_what_is_new(
        self, log: EventLog, scope: Scope
    ) -> None:
        head = await log.head()
        await write(log, scope.entry(NEW, "a", "b"))
        subscription = log.subscribe(head)
        async with asyncio.timeout(10):
            assert said(await take(subscription, 2)) == ["a", "b"]
            waiting = asyncio.ensure_future(take(subscription, 1))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            await write(log, scope.entry(1, "c"))
            assert said(await waiting) == ["c"]
        await subscription.aclose()  # type: ignore[attr-defined]  # an async generator

    async def test_each_subscriber_gets_everything_once_and_in_order(
        self, log: EventLog, scope: Scope
    ) -> None:
        head = await log.head()
        subscriptions = [log.subscribe(head) for _ in range(3)]
        readers = [asyncio.ensure_future(take(each, 40)) for each in subscriptions]

        async def writer(stream: str) -> None:
            for n in range(10):
                await write(log, scope.entry(n - 1, f"{stream} {n}", stream=stream))

        async with asyncio.timeout(10):
            await asyncio.gather(*(writer(f"stream {n}") for n in range(4)))
            heard = [said(await reader) for reader in readers]
        assert heard[0] == said(await log.read_all(head))
        assert heard[1:] == heard[:1] * 2
        assert len(set(heard[0])) == len(heard[0]) == 40
        for subscription in subscriptions:
            await subscription.aclose()  # type: ignore[attr-defined]  # an async generator

    async def test_a_reader_may_leave_and_come_back_where_it_was(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a"))
        left_at = await log.head()
        await write(log, scope.entry(0, "b"))
        async with asyncio.timeout(10):
            async for batch in log.subscribe(left_at):
                assert said(batch) == ["b"]
                break

    # Requests that can never succeed

    async def test_an_append_of_nothing_is_a_mistake(self, log: EventLog, scope: Scope) -> None:
        with pytest.raises(InvalidAppend):
            await log.append([])
        with pytest.raises(InvalidAppend):
            await write(log, StreamAppend(scope.stream(), NEW, []))

    async def test_a_stream_that_is_written_cannot_be_checked_too(
        self, log: EventLog, scope: Scope
    ) -> None:
        with pytest.raises(InvalidAppend):
            await log.append([scope.entry(NEW, "a")], [StreamCheck(scope.stream(), NEW)])

    async def test_a_stream_stands_in_one_entry_of_a_request(
        self, log: EventLog, scope: Scope
    ) -> None:
        with pytest.raises(InvalidAppend):
            await write(log, scope.entry(NEW, "a"), scope.entry(0, "b"))
        check = StreamCheck(scope.stream("two"), NEW)
        with pytest.raises(InvalidAppend):
            await log.append([scope.entry(NEW, "a")], [check, check])
        assert await log.read_stream(scope.stream()) == []

    async def test_an_event_stands_once_in_a_request(self, log: EventLog, scope: Scope) -> None:
        with pytest.raises(InvalidAppend):
            await write(log, scope.entry(NEW, "a", "a"))

    @pytest.mark.parametrize("name", ["", "scene-\x00", "scene-\ud800", "s" * 513])
    async def test_a_stream_has_a_printable_name_of_moderate_length(
        self, log: EventLog, scope: Scope, name: str
    ) -> None:
        with pytest.raises(InvalidAppend):
            await write(log, StreamAppend(name, ANY, scope.events("a")))

    @pytest.mark.parametrize("expected", [-3, -5])
    async def test_an_expectation_is_a_revision_or_a_known_situation(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        with pytest.raises(InvalidAppend):
            await write(log, scope.entry(expected, "a"))
        with pytest.raises(InvalidAppend):
            await log.append([scope.entry(NEW, "a")], [StreamCheck(scope.stream("two"), ANY)])


class UniqueEventIds:
    """What logs with an index over all event ids do besides; KurrentDB has no such index."""

    @pytest.fixture
    def scope(self) -> Scope:
        return Scope()

    async def test_an_event_of_another_stream_is_not_written_again(
        self, log: EventLog, scope: Scope
    ) -> None:
        await write(log, scope.entry(NEW, "a", stream="one"))
        with pytest.raises(InvalidAppend, match="already stands elsewhere"):
            await write(log, scope.entry(NEW, "a", stream="two"))
        assert await log.read_stream(scope.stream("two")) == []

    @pytest.mark.parametrize("expected", [1, ANY, EXISTS])
    async def test_a_known_event_among_new_ones_is_a_mistake(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        await write(log, scope.entry(NEW, "a", "b"))
        with pytest.raises(InvalidAppend, match="already stands elsewhere"):
            await write(log, scope.entry(expected, "b", "c"))
        assert said(await log.read_stream(scope.stream())) == ["a", "b"]

    @pytest.mark.parametrize("expected", [ANY, EXISTS])
    async def test_a_retry_without_a_revision_is_recognised_after_others_have_written(
        self, log: EventLog, scope: Scope, expected: int
    ) -> None:
        await write(log, scope.entry(NEW, "a"))
        first = await write(log, scope.entry(expected, "b", "c"))
        await write(log, scope.entry(ANY, "d"))
        assert await write(log, scope.entry(expected, "b", "c")) == first
        assert said(await log.read_stream(scope.stream())) == ["a", "b", "c", "d"]
