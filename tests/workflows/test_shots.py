"""A story of several shots: each is sampled by itself, or found, and all become one film."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from domain.generation.brief import Brief, Shot
from domain.generation.events import StudioTimeUsed, TakeFound, TakeSampled
from domain.generation.revision import revised
from tests.workflows.lab import SMALL, STORY, Lab
from workflows.contracts import CancelAnswer, CancelRequest, Outcome
from workflows.video_generation import SHOTS_AT_ONCE

pytestmark = pytest.mark.servers

FRAMES = 4
"""Half a second at eight pictures a second."""
MARKS = 5.0
"""How far two marks may set the same picture apart, in levels of 255 on the mean."""
BIRD = "A blue bird flies over the sea at noon"


def story(seed: int) -> Brief:
    return STORY.model_copy(update={"seed": seed})


async def takes(lab: Lab, handle: WorkflowHandle[Any, Outcome]) -> dict[int, str]:
    """How each shot came by its take."""
    ways = {TakeSampled: "sampled", TakeFound: "found"}
    events = await lab.events(handle)
    return {
        each.shot: ways[type(each)] for each in events if isinstance(each, TakeSampled | TakeFound)
    }


async def sampled_shots(lab: Lab, handle: WorkflowHandle[Any, Outcome]) -> list[int]:
    """The shots for which a device was taken."""
    return sorted(
        each.shot for each in await lab.events(handle) if isinstance(each, StudioTimeUsed)
    )


async def pictures(lab: Lab, outcome: Outcome, tmp_path: Any) -> NDArray[np.uint8]:
    assert outcome.film_key is not None, outcome.failure
    path = tmp_path / f"{outcome.generation_id}.mp4"
    await lab.store.get_file(outcome.film_key, path)
    with av.open(str(path)) as film:
        return np.stack(
            [np.asarray(each.to_ndarray(format="rgb24")) for each in film.decode(video=0)]
        )


async def scheduled(handle: WorkflowHandle[Any, Any]) -> Counter[str]:
    """How often each activity was scheduled."""
    return Counter(
        [
            event.activity_task_scheduled_event_attributes.activity_type.name
            async for event in handle.fetch_history_events()
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        ]
    )


async def test_each_shot_is_an_activity_and_all_become_one_film(lab: Lab, tmp_path: Any) -> None:
    handle = await lab.start(story(51))
    outcome = await handle.result()
    assert len(await pictures(lab, outcome, tmp_path)) == 3 * FRAMES
    assert (await scheduled(handle))["sample_take"] == 3
    assert (await scheduled(handle))["assemble_rendition"] == 1
    assert await takes(lab, handle) == {1: "sampled", 2: "sampled", 3: "sampled"}
    assert await sampled_shots(lab, handle) == [1, 2, 3]
    assert await lab.left_behind(handle) == []


async def test_changing_a_shot_samples_that_shot_only(lab: Lab, tmp_path: Any) -> None:
    first = await lab.start(story(52))
    before = await first.result()
    change = revised(story(52), before.generation_id, {2: {"prompt": BIRD}})
    second = await lab.start(change)
    after = await second.result()
    assert await takes(lab, second) == {1: "found", 2: "sampled", 3: "found"}
    assert await sampled_shots(lab, second) == [2]

    old, new = [await pictures(lab, each, tmp_path) for each in (before, after)]
    assert _apart(old, new, 0) < MARKS, "the first shot is another one"
    assert _apart(old, new, 2) < MARKS, "the third shot is another one"
    assert _apart(old, new, 1) > 10, "the second shot is still the same"
    kept = {each.take.key for each in await lab.events(second) if isinstance(each, TakeFound)}
    assert kept < {
        each.take.key for each in await lab.events(first) if isinstance(each, TakeSampled)
    }


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8], shot: int) -> float:
    part = slice(shot * FRAMES, (shot + 1) * FRAMES)
    return float(np.abs(one[part].astype(int) - other[part].astype(int)).mean())


async def test_the_same_brief_again_is_found_whole_and_gives_the_same_film_but_for_its_marks(
    lab: Lab, tmp_path: Any
) -> None:
    handles = [await lab.start(story(53))]
    first = await handles[0].result()
    handles.append(await lab.start(story(53)))
    second = await handles[1].result()
    assert await takes(lab, handles[1]) == {1: "found", 2: "found", 3: "found"}
    assert first.film_key != second.film_key
    one, other = [await pictures(lab, each, tmp_path) for each in (first, second)]
    for shot in range(3):
        assert _apart(one, other, shot) < MARKS


async def test_another_accounts_takes_are_not_found(lab: Lab) -> None:
    other = await lab.another_account()
    await (await lab.start(story(54))).result()
    handle = await lab.start(story(54), account_id=other)
    await handle.result()
    assert set((await takes(lab, handle)).values()) == {"sampled"}


async def test_a_damaged_take_is_not_used_again(lab: Lab) -> None:
    first = await lab.start(story(55))
    await first.result()
    [key] = [
        each.take.key
        for each in await lab.events(first)
        if isinstance(each, TakeSampled) and each.shot == 2
    ]
    lab.damage(key)
    second = await lab.start(story(55))
    assert (await second.result()).stage == "completed"
    assert await takes(lab, second) == {1: "found", 2: "sampled", 3: "found"}


async def test_a_stop_ends_all_shots_and_no_further_one_begins(lab: Lab) -> None:
    shots = tuple(Shot(prompt=f"a dog runs, part {n}", seconds=6) for n in range(3))
    handle = await lab.start(SMALL.model_copy(update={"shots": shots, "fps": 30, "seed": 56}))
    await lab.until_sampling(handle)
    stop = CancelRequest(requested_by="client/app")
    answer = await handle.execute_update("cancel_generation", stop, result_type=CancelAnswer)
    assert answer.stage == "cancelled"
    assert (await handle.result()).stage == "cancelled"
    assert (await scheduled(handle))["sample_take"] == SHOTS_AT_ONCE
    assert await takes(lab, handle) == {}
    assert await lab.left_behind(handle) == []
    quiet = len(await lab.events(handle))
    await asyncio.sleep(0.5)
    assert len(await lab.events(handle)) == quiet


@pytest.mark.parametrize(
    ("direction", "said"),
    [
        ({"lines": [{"text": "Bonjour", "language": "fr"}]}, "speaks en"),
        ({"continues": True}, "cannot go on from a picture"),
    ],
)
async def test_what_a_later_shot_asks_in_vain_is_refused_before_the_first_takes_a_device(
    lab: Lab, direction: dict[str, Any], said: str
) -> None:
    last = Shot.model_validate(STORY.shots[2].model_dump() | direction)
    brief = STORY.model_copy(update={"shots": (*STORY.shots[:2], last), "seed": 57})
    handle = await lab.start(brief)
    outcome = await handle.result()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.stage) == ("direction-not-taken", "planning")
    assert said in outcome.failure.explanation
    assert await sampled_shots(lab, handle) == []


async def test_a_studio_that_ends_between_shots_leaves_the_finished_ones_finished(
    lab: Lab,
) -> None:
    """Its worker is replaced when one of three shots is sampled: either of two came first."""
    shots = tuple(Shot(prompt=f"a cat sits in the snow, {n}", seconds=3.0) for n in range(3))
    brief = SMALL.model_copy(update={"shots": shots, "fps": 30, "seed": 58})
    handle = await lab.start(brief)
    async with asyncio.timeout(60):
        while not (taken := await takes(lab, handle)):
            await asyncio.sleep(0.02)
    assert len(taken) == 1
    first = next(each for each in await lab.events(handle) if isinstance(each, TakeSampled))
    await lab.replace_studio()
    outcome = await asyncio.wait_for(handle.result(), 120)
    assert outcome.stage == "completed", outcome.failure
    again = [
        each
        for each in await lab.events(handle)
        if isinstance(each, TakeSampled | TakeFound) and each.shot == first.shot
    ]
    assert again == [first]
    used = [each for each in await lab.events(handle) if isinstance(each, StudioTimeUsed)]
    assert [each.attempt for each in used if each.shot == first.shot] == [1]
    assert max(each.attempt for each in used if each.shot != first.shot) == 2


async def test_the_first_shots_film_depends_on_nothing_of_the_others(lab: Lab) -> None:
    """Its plan, and with it its take, is the same in a story of one and in a story of three."""
    alone = STORY.model_copy(update={"shots": STORY.shots[:1], "seed": 59})
    await (await lab.start(story(59))).result()
    handle = await lab.start(alone)
    await handle.result()
    assert await takes(lab, handle) == {1: "found"}
