"""`kill -9` of each part, amid five generations: all end truly, each released once, all agree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from domain.generation.events import SamplingStarted, TakeSampled
from domain.kernel.ports import START
from infra.settings import Settings
from infra.supervision.stack import Stack, running
from tests.faults.batch import SIZE, a_batch, ask_until_accepted, opened

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

STORY = {
    "prompt": "a story",
    "shots": [
        {"prompt": "a red boat sails", "seconds": 1},
        {"prompt": "a dog runs in the snow", "seconds": 12},
        {"prompt": "a robot dances", "seconds": 1},
    ],
    "width": 320,
    "height": 192,
    "fps": 24,
}
PROCESSES = ("studio", "orchestration", "media", "projector", "api")
SERVERS = ("temporal", "postgres", "s3")


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    home = tmp_path_factory.mktemp("faults")
    async with running(Settings.read().filled(home=home)) as stack:
        yield stack


def kill(stack: Stack, part: str) -> int:
    """Kill a part as a fault would; the pid that it had."""
    server = stack.servers.all.get(part)
    victim = server if server is not None else stack.supervisor.processes[part]
    pid = victim.pid
    assert pid is not None, f"{part} is not running"
    victim.kill()
    return pid


def pid_of(stack: Stack, part: str) -> int | None:
    server = stack.servers.all.get(part)
    return server.pid if server is not None else stack.supervisor.pids[part]


@pytest.mark.parametrize("part", [*PROCESSES, *SERVERS])
async def test_a_killed_part_costs_time_and_nothing_else(stack: Stack, part: str) -> None:
    async with a_batch(stack.settings) as batch:
        await batch.until_in_the_middle()
        dead = kill(stack, part)
        await batch.until_settled()
        await batch.verify()
    assert pid_of(stack, part) not in (None, dead), f"{part} was not started again"


async def test_a_studio_killed_between_shots_samples_no_finished_shot_again(stack: Stack) -> None:
    async with opened(stack.settings) as batch:
        batch.ids = [await batch.caller.request(STORY)]
        finished = await batch.until_one_shot_is_taken()
        kill(stack, "studio")
        await batch.verify()
        events = await batch.events(batch.ids[0])
    begun = Counter(each.shot for each in events if isinstance(each, SamplingStarted))
    taken = Counter(each.shot for each in events if isinstance(each, TakeSampled))
    assert begun[finished] == 1
    assert max(begun.values()) == 2, "nothing was being sampled when the studio died"
    assert taken == {1: 1, 2: 1, 3: 1}


async def test_requests_that_meet_a_dying_api_are_each_accepted_once(stack: Stack) -> None:
    async with opened(stack.settings) as batch:
        before = await batch.log.head()
        asking = [
            asyncio.create_task(ask_until_accepted(batch.caller, seed)) for seed in range(SIZE)
        ]
        await asyncio.sleep(0.05)
        kill(stack, "api")
        batch.ids = list(await asyncio.gather(*asking))
        assert len(set(batch.ids)) == SIZE
        await batch.verify()
        requested = [
            each.stream
            for each in await batch.log.read_all(before or START, limit=10_000)
            if each.type == "video-requested.v1"
        ]
    assert sorted(requested) == sorted(f"generation-{each}" for each in batch.ids)
