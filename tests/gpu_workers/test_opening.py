"""A shot that continues is given the end of the shot before, in the form that its model takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from activities.clip.probe import probe
from activities.orders import SamplingOrder
from domain.generation.brief import Brief, Shot
from domain.generation.reference import ReferenceFile
from domain.generation.take import Take
from gpu_workers.clip import Clip, Pictures
from gpu_workers.mezzanine import write_mezzanine
from gpu_workers.opening import opened, write_last_moments
from gpu_workers.references import FolderReferences, Screen
from gpu_workers.sampler import Reference
from infra.media.memory import MemoryObjectStore
from tests import words
from tests.activities.takes import moving_pictures

FPS = 24


def write_take(path: Path, frames: Pictures, fps: int = FPS) -> Path:
    sound = np.zeros((2, len(frames) * 48_000 // fps), np.float32)
    write_mezzanine(Clip(frames, sound, fps, 48_000), path)
    return path


async def continuing(
    store: MemoryObjectStore, folder: Path, sampler: str, frames: Pictures,
    *references: ReferenceFile,
) -> SamplingOrder:  # fmt: skip
    """An order for a shot after a take of these pictures."""
    path = write_take(folder / "before.mkv", frames)
    stored = await store.put_file("before.mkv", path, "video/matroska")
    before = Take(
        key="before.mkv",
        sha256=stored.sha256,
        size=stored.size,
        plan_key="0" * 64,
        frames=len(frames),
        fps=FPS,
        sample_rate=48_000,
    )
    shot = Shot(prompt="grey", seconds=0.5)
    return SamplingOrder(
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        command_id="sample",
        at=words.moment(),
        actor="client/test",
        brief=Brief(prompt="grey", shots=(shot,), width=320, height=192, fps=FPS, sampler=sampler),
        seed=1,
        references=references,
        previous=before,
    )


@pytest.mark.parametrize("sampler", ["wan-vace", "ltx2-condition", "ltx2-in-context"])
async def test_a_model_that_extends_clips_is_given_the_last_half_second(
    tmp_path: Path, sampler: str
) -> None:
    store, frames = MemoryObjectStore(), moving_pictures(18)
    order = await continuing(store, tmp_path, sampler, frames)
    first, again = [await opened(order, store, tmp_path) for _ in range(2)]
    assert first == again, "the same take makes the same plan"
    [opening] = first.references
    assert (opening.kind, opening.use) == ("clip", "extend")
    await store.get_file(opening.key, tmp_path / opening.sha256)
    facts = probe(tmp_path / opening.sha256)
    assert len(facts.times) == 12
    assert facts.seconds == pytest.approx(0.5)
    screen = Screen(320, 192, FPS)
    reference = Reference(kind="clip", use="extend", sha256=opening.sha256)
    shown = FolderReferences(tmp_path).ending(reference, screen, 6).astype(int)
    assert np.abs(shown - frames[-6:]).mean() < 0.5 * np.abs(shown - frames[-7:-1]).mean()


async def test_a_model_that_has_its_clip_already_is_given_the_last_picture(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    likeness = ReferenceFile(kind="clip", use="likeness", key="likeness", sha256="1" * 64)
    order = await continuing(store, tmp_path, "wan-vace", moving_pictures(3), likeness)
    opening = (await opened(order, store, tmp_path)).references[-1]
    assert (opening.kind, opening.use) == ("picture", "first-frame")


async def test_a_cut_is_given_nothing(tmp_path: Path) -> None:
    store = MemoryObjectStore()
    order = await continuing(store, tmp_path, "wan-vace", moving_pictures(2))
    cut = order.model_copy(update={"previous": None})
    assert await opened(cut, store, tmp_path) == cut


def test_at_a_low_rate_there_are_as_many_pictures_as_the_longest_lead(tmp_path: Path) -> None:
    take = write_take(tmp_path / "take.mkv", moving_pictures(12, 64, 32), fps=8)
    write_last_moments(take, tmp_path / "tail.mp4")
    facts = probe(tmp_path / "tail.mp4")
    assert len(facts.times) == 9
    assert facts.seconds == pytest.approx(9 / 8)


def test_a_take_of_one_picture_of_odd_sides_can_be_gone_on_from(tmp_path: Path) -> None:
    take = write_take(tmp_path / "take.mkv", moving_pictures(1, 65, 33))
    write_last_moments(take, tmp_path / "tail.mp4")
    facts = probe(tmp_path / "tail.mp4")
    assert (facts.width, facts.height, len(facts.times)) == (64, 32, 1)
