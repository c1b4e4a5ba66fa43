"""The turnstile: so often for one address, and so many at once for all."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from infra.api.problems import Trouble
from infra.api.turnstile import Turnstile, neighbourhood


class Watch:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def turnstile(watch: Watch, inside_max: int = 9, working_max: int = 1) -> Turnstile:
    return Turnstile(2, 6.0, inside_max, working_max, watch)


async def passes(turnstile: Turnstile, address: str) -> str | None:
    """How long an address is told to wait; None when it passes."""
    try:
        async with turnstile.inside(address):
            return None
    except Trouble as trouble:
        return trouble.headers.get("Retry-After", trouble.code)


async def test_an_address_passes_so_often_and_is_told_when_again() -> None:
    watch = Watch()
    gate = turnstile(watch)
    assert [await passes(gate, "192.0.2.1") for _ in range(3)] == [None, None, "10"]
    assert await passes(gate, "192.0.2.2") is None
    watch.now += 10.0
    assert [await passes(gate, "192.0.2.1") for _ in range(2)] == [None, "10"]
    watch.now += 3600.0
    assert [await passes(gate, "192.0.2.1") for _ in range(3)] == [None, None, "10"]


async def test_only_so_many_are_inside_at_once() -> None:
    gate = turnstile(Watch(), inside_max=2)
    async with AsyncExitStack() as stack:
        for number in range(2):
            await stack.enter_async_context(gate.inside(f"192.0.2.{number}"))
        with pytest.raises(Trouble) as full:
            await stack.enter_async_context(gate.inside("192.0.2.9"))
        assert full.value.code == "verifier-busy"
        assert full.value.response().headers["Retry-After"]
    assert await passes(gate, "192.0.2.9") is None


async def test_one_address_cannot_fill_the_room_alone() -> None:
    gate = Turnstile(9, 6.0, 9, 1, Watch())
    async with gate.inside("192.0.2.1"), gate.inside("192.0.2.1"):
        assert await passes(gate, "192.0.2.1") == "5"
        assert await passes(gate, "192.0.2.2") is None
    assert await passes(gate, "192.0.2.1") is None


async def test_a_turn_that_does_not_come_is_given_up() -> None:
    gate = turnstile(Watch())
    async with gate.at_work(1):
        with pytest.raises(Trouble) as busy:
            async with gate.at_work(0.01):
                raise AssertionError("two were at work")
        assert busy.value.code == "verifier-busy"
    async with asyncio.timeout(1), gate.at_work(1):
        pass


def test_neighbours_of_one_network_count_as_one() -> None:
    assert neighbourhood("2001:db8:1:2::3") == neighbourhood("2001:db8:1:2:ffff::9")
    assert neighbourhood("2001:db8:1:2::3") != neighbourhood("2001:db8:1:3::3")
    assert neighbourhood("::ffff:192.0.2.1") == "192.0.2.1" != neighbourhood("192.0.2.2")
    assert neighbourhood("") == neighbourhood("no address") == "unknown"
