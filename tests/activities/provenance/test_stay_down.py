"""What was taken down is recognised where it comes again, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from activities.ledger import Context, Decision, Ledger
from activities.provenance.prints import Kind, Print
from activities.provenance.stay_down import TakenDownBefore, require_not_taken_down, resembled
from domain.catalog import EVENTS
from domain.video.video import VIDEO, ReleaseVideo, TakeDownVideo
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.provenance.memory import MemoryIndex
from tests import words


def prints(seed: int, moments: int = 5, flipped: int = 0, start: int = 0) -> tuple[Print, ...]:
    """Random hashes of a second each, ``flipped`` of 256 bits changed."""

    def made() -> Iterator[Print]:
        for moment in range(start, start + moments):
            bits = np.random.default_rng((seed, moment)).integers(0, 2, 256, np.uint8)
            bits[:flipped] ^= 1
            yield Print(Kind.PICTURE, (moment - start) * 1000, np.packbits(bits).tobytes())

    return tuple(made())


async def an_index() -> MemoryIndex:
    index = MemoryIndex()
    await index.remember(words.VIDEO_ID, prints(1))
    await index.remember(words.an_id("vid", 2), prints(2))
    return index


async def a_ledger(taken_down: bool) -> Ledger:
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    release = ReleaseVideo(
        command_id="release",
        at=words.moment(5),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
        proof=words.PROOF,
    )
    decisions = [Decision(VIDEO, words.VIDEO_ID, release)]
    await ledger.perform(decisions, Context("test", "test"))
    if taken_down:
        take_down = TakeDownVideo(
            command_id="down", at=words.moment(9), video_id=words.VIDEO_ID, reason="owner-asked"
        )
        down = [Decision(VIDEO, words.VIDEO_ID, take_down)]
        await ledger.perform(down, Context("test", "test"))
    return ledger


async def test_the_same_film_encoded_again_stays_down() -> None:
    with pytest.raises(TakenDownBefore, match=words.VIDEO_ID):
        await require_not_taken_down(await a_ledger(True), await an_index(), prints(1, flipped=20))


async def test_what_can_still_be_seen_may_be_made_again() -> None:
    await require_not_taken_down(await a_ledger(False), await an_index(), prints(1))


async def test_another_film_and_one_that_is_only_a_little_alike_are_released() -> None:
    index = await an_index()
    assert await resembled(index, prints(3)) == []
    assert await resembled(index, prints(1, flipped=48)) == []
    assert await resembled(index, (*prints(1, moments=2), *prints(3, moments=5)[2:])) == []


async def test_a_part_of_it_that_is_most_of_a_new_film_is_recognised() -> None:
    part = prints(1, moments=3, start=2)
    assert await resembled(await an_index(), part) == [words.VIDEO_ID]


async def test_a_film_without_anything_to_print_resembles_nothing() -> None:
    assert await resembled(await an_index(), ()) == []
