"""The register and the index: the twin in memory and PostgreSQL answer the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import numpy as np
import pytest

from activities.provenance.ports import PrintIndex, Register
from activities.provenance.prints import Kind, Print
from infra.provenance.index import PostgresIndex, keys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from infra.provenance.register import PostgresRegister
from tests.servers import PostgresServer

BACKENDS = ["memory", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture
async def pool(server: PostgresServer) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(server.dsn, min_size=1, max_size=4) as pool:
        await pool.execute("DROP SCHEMA IF EXISTS provenance CASCADE")
        async with pool.acquire() as connection:
            for _ in range(2):  # safe to run again
                await PostgresRegister.migrate(connection)
                await PostgresIndex.migrate(connection)
        yield pool


@pytest.fixture(params=BACKENDS)
def register(request: pytest.FixtureRequest) -> Register:
    if request.param == "memory":
        return MemoryRegister()
    return PostgresRegister(request.getfixturevalue("pool"))


@pytest.fixture(params=BACKENDS)
def index(request: pytest.FixtureRequest) -> PrintIndex:
    if request.param == "memory":
        return MemoryIndex()
    return PostgresIndex(request.getfixturevalue("pool"))


def a_print(seed: int, at_ms: int = 0, kind: Kind = Kind.PICTURE, flipped: int = 0) -> Print:
    """A random hash, with so many of its bits flipped, spread over all of it."""
    bits = np.random.default_rng(seed).integers(0, 2, 256, np.uint8)
    bits[np.random.default_rng(seed + 1).choice(256, flipped, replace=False)] ^= 1
    return Print(kind, at_ms, np.packbits(bits).tobytes())


async def test_a_number_is_given_once_and_found_again(register: Register) -> None:
    numbers = [await register.issue(f"art_{each}") for each in (1, 2, 3, 2, 1)]
    assert numbers == [1, 2, 3, 2, 1]
    assert await register.artefact_of(2) == "art_2"
    assert await register.artefact_of(4) is None
    assert (await register.numbers(after=1)).tolist() == [2, 3]


async def test_many_who_ask_at_once_get_numbers_without_gaps(register: Register) -> None:
    asked = [f"art_{each % 12}" for each in range(36)]
    numbers = await asyncio.gather(*(register.issue(each) for each in asked))
    assert set(numbers) == set(range(1, 13))
    assert len(set(zip(asked, numbers, strict=True))) == 12


async def test_copies_are_known_by_their_video(register: Register) -> None:
    await register.sealed("exp_copied", "1" * 64, copy_of="vid_copied")
    await register.sealed("exp_copied", "1" * 64)
    await register.sealed("vid_copied", "2" * 64)
    await register.sealed("exp_of_another", "3" * 64, copy_of="vid_of_another")
    assert await register.copies("vid_copied") == ["exp_copied"]
    assert await register.copies("vid_never_copied") == []


async def test_bytes_that_are_served_are_known_by_their_hash(register: Register) -> None:
    await register.sealed("art_1", "aa")
    await register.sealed("art_1", "aa")
    assert await register.artefact_with("aa") == "art_1"
    assert await register.artefact_with("bb") is None


async def test_a_near_print_is_found_with_its_distance_and_a_far_one_is_not(
    index: PrintIndex,
) -> None:
    await index.remember("art_1", [a_print(1, 1000), a_print(2, 2000)])
    await index.remember("art_2", [a_print(3, 3000)])
    asked = [a_print(3, 40, flipped=12), a_print(2, 80, flipped=6), a_print(9)]
    found = {
        (match.query, match.artefact_id, match.at_ms, match.distance)
        for match in await index.near(asked, 64)
    }
    assert found == {(0, "art_2", 3000, 12), (1, "art_1", 2000, 6)}
    assert await index.near(asked, 5) == []


async def test_picture_and_sound_are_never_taken_for_each_other(index: PrintIndex) -> None:
    await index.remember("art_1", [a_print(1, kind=Kind.SOUND)])
    assert await index.near([a_print(1, kind=Kind.PICTURE)], 64) == []
    assert len(await index.near([a_print(1, kind=Kind.SOUND)], 64)) == 1
    assert await index.printed(["art_1"]) == set()


async def test_how_far_an_artefacts_pictures_are_is_told_however_far(index: PrintIndex) -> None:
    await index.remember("art_1", [a_print(1), a_print(2)])
    await index.remember("art_2", [a_print(3), a_print(9, kind=Kind.SOUND)])
    asked = [a_print(2, flipped=70), a_print(9)]
    apart = await index.nearest(["art_1", "art_2", "art_3"], asked)
    assert apart["art_1"] == 70
    assert 70 < apart["art_2"] < 180
    assert apart.keys() == {"art_1", "art_2"}


async def test_remembering_again_changes_nothing_and_forgetting_forgets(index: PrintIndex) -> None:
    for _ in range(2):
        await index.remember("art_1", [a_print(1), a_print(2)])
    assert len(await index.near([a_print(1)], 0)) == 1
    assert await index.printed(["art_1", "art_2"]) == {"art_1"}
    await index.forget("art_1")
    assert await index.near([a_print(1)], 0) == []
    assert await index.printed(["art_1"]) == set()


async def test_prints_a_copy_apart_are_found_in_some_of_their_moments(index: PrintIndex) -> None:
    """At 38 bits, as half size and CRF 28 cost, about 0.72 of single prints; a film asks many."""
    await index.remember("art_1", [a_print(seed, seed * 1000) for seed in range(40)])
    asked = [a_print(seed, flipped=38) for seed in range(40)]
    found = {match.query for match in await index.near(asked, 64)}
    assert len(found) >= 20


def test_keys_are_parts_with_their_place_and_kind() -> None:
    some, other = keys(a_print(1)), keys(a_print(1, kind=Kind.SOUND))
    assert len(set(some)) == 16
    assert not set(some) & set(other)
    assert max(other) < 2**31
