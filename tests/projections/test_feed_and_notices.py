"""Given what was released and told, then what the feed and the notices say."""

from __future__ import annotations

import asyncpg
import pytest

from domain.account.notice import Kind, NoticePosted
from domain.kernel.ports import EventLog
from domain.video.places import VideoPlaced, VideoUnplaced
from domain.video.video import VideoHidden, VideoReleased, VideoRemoved, VideoShown
from projections.feed import FEED, FeedCursor, FeedReader
from projections.notices import NOTICES, NoticesReader
from tests import words
from tests.projections.given import folded, happened

pytestmark = pytest.mark.servers


def released(number: int, seconds: float) -> VideoReleased:
    return VideoReleased(
        at=words.moment(seconds),
        video_id=words.an_id("vid", number),
        generation_id=words.an_id("gen", number),
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
    )


async def test_a_released_video_is_shown_with_its_files(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    position = await happened(log, released(1, 5))
    await folded(FEED, log, dsn)
    [row] = await FeedReader(pool).page(10)
    assert row == await FeedReader(pool).get(words.an_id("vid", 1))
    assert (row.generation_id, row.account_id) == (words.an_id("gen", 1), words.ACCOUNT_ID)
    assert (row.released_at, row.last_position) == (words.moment(5), position)
    assert row.film_key == words.RENDITION.film.key
    assert (row.film_sha256, row.poster_sha256, row.contact_sheet_sha256) == (
        "a" * 64,
        "d" * 64,
        "e" * 64,
    )
    assert (row.width, row.height, row.fps, row.frames, row.sample_rate) == (
        640,
        368,
        24,
        72,
        48000,
    )
    assert (row.picture_seconds, row.sound_seconds, row.film_size) == (3.0, 3.0, 1000)


async def test_a_video_that_was_taken_down_is_neither_found_nor_passed_by(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    gone = VideoRemoved(
        at=words.moment(7),
        video_id=words.an_id("vid", 1),
        generation_id=words.an_id("gen", 1),
        account_id=words.ACCOUNT_ID,
        reason="owner-asked",
    )
    await happened(log, released(1, 5), released(2, 6), gone)
    await folded(FEED, log, dsn)
    reader = FeedReader(pool)
    assert await reader.get(words.an_id("vid", 1)) is None
    assert [row.video_id for row in await reader.page(10)] == [words.an_id("vid", 2)]


async def test_a_video_is_hidden_while_any_case_stands_against_it(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    one, other = words.an_id("mod", 1), words.an_id("mod", 2)
    await happened(log, released(1, 5), released(2, 6))
    reader, seen = FeedReader(pool), []
    for event in (VideoHidden, one), (VideoHidden, other), (VideoShown, one), (VideoShown, other):
        await happened(log, of_case(*event))
        await folded(FEED, log, dsn)
        page = [row.video_id for row in await reader.page(10)]
        assert (words.an_id("vid", 1) in page) == (
            await reader.get(words.an_id("vid", 1)) is not None
        )
        assert [row.video_id for row in await reader.page(10, FeedCursor(2**62, ""))] == page
        seen.append(len(page))
    assert seen == [1, 1, 1, 2]


def of_case(event: type[VideoHidden | VideoShown], case_id: str) -> VideoHidden | VideoShown:
    return event(
        at=words.moment(7),
        video_id=words.an_id("vid", 1),
        generation_id=words.an_id("gen", 1),
        account_id=words.ACCOUNT_ID,
        case_id=case_id,
    )


async def test_each_surface_shows_what_was_released_or_placed_there(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    for_kids = released(2, 6).model_copy(update={"surface": "kids"})
    at_kids = {"surface": "kids", "case_id": words.an_id("mod", 1)}
    about = of_case(VideoShown, words.an_id("mod", 1)).model_dump()
    await happened(log, released(1, 5), for_kids)
    reader, seen = FeedReader(pool), []
    for event in (None, VideoPlaced(**about | at_kids), VideoUnplaced(**about | at_kids)):
        await happened(log, *([event] if event else []))
        await folded(FEED, log, dsn)
        pages = [
            [row.surfaces for row in await reader.page(10, after, surface)]
            for surface in ("feed", "kids", "elsewhere")
            for after in (None, FeedCursor(2**62, ""))
        ]
        assert pages[::2] == pages[1::2]
        seen.append(pages[::2])
    apart: list[list[str]] = [["feed"], ["kids"], []]
    assert seen == [apart, [["feed kids"], ["kids", "feed kids"], []], apart]


async def test_a_video_that_was_not_released_is_unknown(pool: asyncpg.Pool) -> None:
    assert await FeedReader(pool).get(words.VIDEO_ID) is None
    assert await FeedReader(pool).page(10) == []


async def test_the_pages_of_the_feed_repeat_nothing_while_videos_are_released(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    # two at a time in the same microsecond: the id decides between them
    await happened(log, *(released(number, number // 2) for number in range(9)))
    await folded(FEED, log, dsn)
    reader, seen, after = FeedReader(pool), [], None
    while page := await reader.page(2, after):
        seen += [row.video_id for row in page]
        after = page[-1].cursor
        await happened(log, released(100 + len(seen), 100 + len(seen)))
        await folded(FEED, log, dsn)
    assert seen == [words.an_id("vid", number) for number in range(8, -1, -1)]
    assert (await reader.page(1))[0].video_id == words.an_id("vid", 109)


async def test_an_account_reads_what_it_was_told_newest_first(
    log: EventLog, dsn: str, pool: asyncpg.Pool
) -> None:
    kinds: list[Kind] = ["generation-failed", "generation-cancelled", "video-released"]
    for number, kind in enumerate(kinds):
        await happened(log, told(number, kind))
    await happened(log, told(9, "video-released", words.an_id("acc", 2)))
    await folded(NOTICES, log, dsn)
    reader = NoticesReader(pool)
    first = await reader.list(words.ACCOUNT_ID, 2)
    rest = await reader.list(words.ACCOUNT_ID, 2, first[-1].posted_position)
    assert [(row.about, row.kind) for row in (*first, *rest)] == [
        (words.an_id("gen", number), kinds[number]) for number in (2, 1, 0)
    ]
    assert first[0].posted_at == words.moment(2)


def told(number: int, kind: Kind, account_id: str = words.ACCOUNT_ID) -> NoticePosted:
    return NoticePosted(
        at=words.moment(number),
        account_id=account_id,
        about=words.an_id("gen", number),
        kind=kind,
    )
