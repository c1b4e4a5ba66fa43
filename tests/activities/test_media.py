"""What the media activities do to the store and the log, and what they leave behind: nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.film.mux import encode_film
from activities.film.refusals import TakeUnusable
from activities.film.shape import Reel, Timing
from activities.kept import KeptTakes
from activities.ledger import Context, Decision, Ledger
from activities.media import AssemblyProgress, MediaActivities
from activities.orders import (
    Assembled,
    AssemblyOrder,
    ClearanceOrder,
    Cleared,
    StorageOrder,
    SweepOrder,
    Swept,
)
from activities.scratch import DiskFull, scratch_folder
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import StartEnrolment
from domain.catalog import EVENTS
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.generation.situations import Stored
from domain.generation.take import Take
from domain.kernel.model import Command
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore, StoreUnavailable
from domain.video.media import content_key
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.media.memory import MemoryObjectStore
from infra.media.s3 import S3ObjectStore
from tests import words
from tests.activities.takes import a_clip, write_take
from tests.contracts.object_store_server import SeaweedServer
from tests.servers import free_port
from tests.workflows.enrolling import a_release

FRAMES, FPS = 24, 24


@dataclass
class House:
    """The activities with their store, their log and their scratch folder."""

    media: MediaActivities
    store: ObjectStore
    ledger: Ledger
    scratch: Path
    take: Take

    async def perform(self, *commands: Command) -> None:
        for command in commands:
            decision = Decision(GENERATION, words.GENERATION_ID, command)
            await self.ledger.perform([decision], Context("test", "test"))

    async def keys(self, prefix: str = "") -> list[str]:
        return [key async for key, _ in self.store.list(prefix)]

    def left_in_scratch(self) -> list[Path]:
        return list(self.scratch.rglob("*"))

    def assembly(self) -> AssemblyOrder:
        return AssemblyOrder(**errand("assemble"), takes=(self.take,))

    def storage(self, assembled: Assembled) -> StorageOrder:
        return StorageOrder(**errand("store"), assembled=assembled, takes=(self.take,))


def errand(step: str) -> dict[str, Any]:
    return {
        "generation_id": words.GENERATION_ID,
        "account_id": words.ACCOUNT_ID,
        "command_id": f"generation/{words.GENERATION_ID}/{step}",
        "at": words.moment(10),
        "actor": "worker/media",
    }


async def build(store: ObjectStore, folder: Path, take_file: Path) -> House:
    """A house where the studio has just kept a take."""
    content = await asyncio.to_thread(take_file.read_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"takes/{words.GENERATION_ID}/{sha256}.mkv"
    take = Take(
        key=key,
        sha256=sha256,
        size=len(content),
        plan_key="c" * 64,
        frames=FRAMES,
        fps=FPS,
        sample_rate=24_000,
    )
    await store.put_file(key, take_file, "video/x-matroska")
    ledger = Ledger(MemoryEventLog(), CatalogCodec(EVENTS))
    scratch = folder / "scratch"
    media = MediaActivities(store, ledger, lambda: words.moment(11), scratch)
    house = House(media, store, ledger, scratch, take)
    await house.perform(words.request_video(), words.begin_sampling(), words.record_take(take))
    return house


def rewritten(house: House, key: str, data: bytes) -> None:
    """Another hand changes the bytes behind the store's back."""
    assert isinstance(house.store, MemoryObjectStore)
    house.store.entries[key] = replace(house.store.entries[key], data=data)


@pytest.fixture(scope="module")
def take_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_take(tmp_path_factory.mktemp("take"), a_clip(FRAMES, FPS))


@pytest.fixture
async def house(tmp_path: Path, take_file: Path) -> House:
    store = MemoryObjectStore(lambda: words.moment())
    return await build(store, tmp_path, take_file)


@pytest.fixture
def environment() -> ActivityEnvironment:
    return ActivityEnvironment()


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with SeaweedServer() as server:
        yield server


@pytest.fixture
async def s3(server: SeaweedServer) -> AsyncIterator[S3ObjectStore]:
    async with server.store() as store:
        yield store


# Assembling


async def test_a_take_becomes_three_staged_files(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    assert (assembled.frames, assembled.fps) == (FRAMES, FPS)
    assert (assembled.width, assembled.height) == (320, 192)
    assert assembled.picture_seconds == pytest.approx(1.0)
    assert assembled.sound_seconds == pytest.approx(1.0, abs=0.001)
    for staged in (assembled.film, assembled.poster, assembled.contact_sheet):
        assert staged.key.startswith(f"staging/{words.GENERATION_ID}/{staged.sha256}.")
        assert (await house.store.verify(staged.key, staged.sha256)).size == staged.size
    assert house.left_in_scratch() == []


async def test_assembling_twice_gives_the_same_files(
    house: House, environment: ActivityEnvironment
) -> None:
    first = await environment.run(house.media.assemble_rendition, house.assembly())
    staged = await house.keys("staging/")
    assert await environment.run(house.media.assemble_rendition, house.assembly()) == first
    assert await house.keys("staging/") == staged
    assert len(staged) == 3


async def test_heartbeats_say_how_far_it_has_come(
    house: House, environment: ActivityEnvironment
) -> None:
    beats: list[AssemblyProgress] = []
    environment.on_heartbeat = lambda *details: beats.append(details[0])
    await environment.run(house.media.assemble_rendition, house.assembly())
    assert beats[0] == AssemblyProgress(picture=0, pictures=2 * FRAMES)
    assert [each.picture for each in beats] == sorted(each.picture for each in beats)


async def test_cancelling_stops_at_once_and_leaves_nothing(
    tmp_path: Path, environment: ActivityEnvironment
) -> None:
    take = await asyncio.to_thread(write_take, tmp_path, a_clip(240))
    house = await build(MemoryObjectStore(), tmp_path, take)
    order = AssemblyOrder(
        **errand("assemble"), takes=(house.take.model_copy(update={"frames": 240}),)
    )
    running = asyncio.create_task(environment.run(house.media.assemble_rendition, order))
    while not any(path.name == "film.mp4" for path in house.left_in_scratch()):
        await asyncio.sleep(0.005)
    started = asyncio.get_running_loop().time()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.get_running_loop().time() - started < 2
    assert house.left_in_scratch() == []
    assert await house.keys("staging/") == []


async def test_a_take_with_other_bytes_is_not_used(
    house: House, environment: ActivityEnvironment
) -> None:
    rewritten(house, house.take.key, b"other bytes")
    with pytest.raises(HashMismatch):
        await environment.run(house.media.assemble_rendition, house.assembly())
    assert house.left_in_scratch() == []


async def test_a_take_that_is_gone_is_said_to_be_missing(
    house: House, environment: ActivityEnvironment
) -> None:
    await house.store.delete(house.take.key)
    with pytest.raises(ObjectMissing):
        await environment.run(house.media.assemble_rendition, house.assembly())


async def test_a_lying_take_is_refused(house: House, environment: ActivityEnvironment) -> None:
    lying = house.take.model_copy(update={"frames": FRAMES + 1})
    order = AssemblyOrder(**errand("assemble"), takes=(lying,))
    with pytest.raises(TakeUnusable, match="ends after 24 of 25 pictures"):
        await environment.run(house.media.assemble_rendition, order)
    assert house.left_in_scratch() == []
    assert await house.keys("staging/") == []


async def test_a_full_disk_is_waited_for_and_leaves_nothing(
    house: House, environment: ActivityEnvironment
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(DiskFull, match="make room on it"):
            await environment.run(house.media.assemble_rendition, house.assembly())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert house.left_in_scratch() == []


def test_a_disk_that_fills_up_while_encoding_is_named(tmp_path: Path, take_file: Path) -> None:
    def ignore(*_: object) -> None:
        return None

    with (
        pytest.raises(DiskFull, match="No space left on device"),
        scratch_folder(tmp_path / "scratch", "assembly-"),
    ):
        encode_film([Reel(take_file, Timing(FRAMES, FPS))], Path("/dev/full"), ignore)
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_what_a_killed_worker_left_is_removed(
    house: House, environment: ActivityEnvironment
) -> None:
    abandoned, recent = house.scratch / "assembly-old", house.scratch / "assembly-new"
    for folder in (abandoned, recent):
        folder.mkdir(parents=True)
        (folder / "film.mp4").touch()
    os.utime(abandoned, (0, 0))
    await environment.run(house.media.assemble_rendition, house.assembly())
    assert house.left_in_scratch() == [recent, recent / "film.mp4"]


# Storing


async def test_a_rendition_is_recorded_after_it_was_read_back(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    stored = await environment.run(house.media.store_rendition, house.storage(assembled))
    film = stored.rendition.film
    assert film.key == f"media/{film.sha256[:2]}/{film.sha256}.mp4"
    for file in (film, stored.rendition.poster, stored.rendition.contact_sheet):
        assert (await house.store.verify(file.key, file.sha256)).size == file.size
    standing = await house.ledger.state(GENERATION, words.GENERATION_ID)
    assert isinstance(standing.state, Stored)
    assert standing.state.rendition == stored.rendition


async def test_storing_twice_changes_nothing_even_when_staging_is_gone(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    first = await environment.run(house.media.store_rendition, house.storage(assembled))
    before = await house.ledger.state(GENERATION, words.GENERATION_ID)
    assert await house.keys("staging/") == await house.keys("takes/") == []
    assert await environment.run(house.media.store_rendition, house.storage(assembled)) == first
    after = await house.ledger.state(GENERATION, words.GENERATION_ID)
    assert after.revision == before.revision


async def test_a_broken_copy_is_written_over(
    house: House, environment: ActivityEnvironment, take_file: Path
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    key = content_key(assembled.film.sha256, assembled.film.content_type)
    await house.store.put_file(key, take_file, "video/mp4")  # an earlier attempt went wrong
    stored = await environment.run(house.media.store_rendition, house.storage(assembled))
    assert stored.rendition.film.key == key
    assert (await house.store.verify(key, assembled.film.sha256)).size == assembled.film.size


async def test_broken_bytes_are_neither_recorded_nor_kept(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    rewritten(house, assembled.film.key, b"other bytes")
    with pytest.raises(HashMismatch):
        await environment.run(house.media.store_rendition, house.storage(assembled))
    assert await house.keys("media/") == []
    standing = await house.ledger.state(GENERATION, words.GENERATION_ID)
    assert not isinstance(standing.state, Stored)


async def test_files_that_are_nowhere_are_said_to_be_missing(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    await environment.run(house.media.clear_staging, ClearanceOrder(**errand("clear")))
    with pytest.raises(ObjectMissing, match="staging/"):
        await environment.run(house.media.store_rendition, house.storage(assembled))


async def test_a_cancelled_generation_gets_no_rendition(
    house: House, environment: ActivityEnvironment
) -> None:
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    await house.perform(words.cancel_generation())
    with pytest.raises(AlreadySettled):
        await environment.run(house.media.store_rendition, house.storage(assembled))


# Tidying up


async def test_clearing_removes_what_one_generation_left_and_only_that(
    house: House, environment: ActivityEnvironment, take_file: Path
) -> None:
    await environment.run(house.media.assemble_rendition, house.assembly())
    others = ["media/aa/film.mp4", f"staging/{words.an_id('gen', 2)}/film.mp4"]
    for other in others:
        await house.store.put_file(other, take_file, "video/mp4")
    order = ClearanceOrder(**errand("clear"))
    assert await environment.run(house.media.clear_staging, order) == Cleared(objects=4)
    assert await environment.run(house.media.clear_staging, order) == Cleared(objects=0)
    assert await house.keys() == others


async def test_sweeping_removes_what_is_old_and_awaited_by_nobody(
    house: House, environment: ActivityEnvironment, take_file: Path
) -> None:
    unknown = f"staging/{words.an_id('gen', 2)}/film.mp4"
    await house.store.put_file(unknown, take_file, "video/mp4")
    early = SweepOrder(now=words.moment() + timedelta(hours=23))
    late = SweepOrder(now=words.moment() + timedelta(hours=25))
    assert await environment.run(house.media.sweep_staging, early) == Swept(objects=0)
    assert await environment.run(house.media.sweep_staging, late) == Swept(objects=1)
    assert await house.keys() == [house.take.key]  # it may be waiting for a long outage

    await house.perform(words.fail_generation())
    assert await environment.run(house.media.sweep_staging, late) == Swept(objects=1)
    assert await house.keys() == []


async def test_takes_are_kept_for_their_days_and_while_their_generation_lasts(
    house: House, environment: ActivityEnvironment, take_file: Path
) -> None:
    kept = KeptTakes(house.store, lambda: words.moment(), days=7)
    mine = await kept.keep(words.ACCOUNT_ID, "d" * 64, words.GENERATION_ID, take_file)
    old = await kept.keep(words.ACCOUNT_ID, "d" * 64, words.an_id("gen", 9), take_file)
    await environment.run(house.media.clear_staging, ClearanceOrder(**errand("clear")))
    sixth, eighth = (SweepOrder(now=words.moment() + timedelta(days=n)) for n in (6, 8))
    assert await environment.run(house.media.sweep_staging, sixth) == Swept(objects=0)
    assert await environment.run(house.media.sweep_staging, eighth) == Swept(objects=1)
    assert await house.keys() == [mine.key]
    assert old.key != mine.key
    await house.perform(words.fail_generation())
    assert await environment.run(house.media.sweep_staging, eighth) == Swept(objects=1)


async def test_a_kept_take_is_found_by_its_account_and_plan_until_it_is_nearly_due(
    house: House, take_file: Path
) -> None:
    kept = KeptTakes(house.store, lambda: words.moment(), days=7)
    mine = await kept.keep(words.ACCOUNT_ID, "d" * 64, words.GENERATION_ID, take_file)
    other = words.an_id("gen", 2)
    assert await kept.find(words.ACCOUNT_ID, "d" * 64, other) == mine
    assert await kept.find(words.ACCOUNT_ID, "e" * 64, other) is None
    assert await kept.find(words.an_id("acc", 2), "d" * 64, other) is None
    later = KeptTakes(house.store, lambda: words.moment() + timedelta(days=5), days=7)
    assert await later.find(words.ACCOUNT_ID, "d" * 64, other) is None, "it may go while in use"
    assert await later.find(words.ACCOUNT_ID, "d" * 64, words.GENERATION_ID) == mine


async def test_a_kept_take_whose_bytes_changed_is_not_handed_out_and_goes(
    house: House, take_file: Path
) -> None:
    kept = KeptTakes(house.store, lambda: words.moment(), days=7)
    mine = await kept.keep(words.ACCOUNT_ID, "d" * 64, words.GENERATION_ID, take_file)
    rewritten(house, mine.key, b"other bytes")
    assert await kept.find(words.ACCOUNT_ID, "d" * 64, words.an_id("gen", 2)) is None
    assert mine.key not in await house.keys()


async def test_several_takes_become_one_rendition(
    house: House, environment: ActivityEnvironment
) -> None:
    order = AssemblyOrder(**errand("assemble"), takes=(house.take, house.take))
    assembled = await environment.run(house.media.assemble_rendition, order)
    assert (assembled.frames, assembled.picture_seconds) == (2 * FRAMES, 2 * FRAMES / FPS)


def test_an_order_of_before_shots_were_sampled_apart_is_still_read(house: House) -> None:
    old = house.assembly().model_dump(mode="json", exclude={"takes"})
    assert AssemblyOrder.model_validate(old | {"take": house.take}) == house.assembly()


async def test_sweeping_removes_clips_of_attempts_that_have_ended_and_of_no_others(
    house: House, environment: ActivityEnvironment, take_file: Path
) -> None:
    running, unknown = words.an_id("enr", 1), words.an_id("enr", 2)
    begin = StartEnrolment(
        command_id="begin",
        at=words.moment(),
        enrolment_id=running,
        cameo_id=words.an_id("cam"),
        account_id=words.ACCOUNT_ID,
        kind="person",
        version=1,
        release=a_release(),
        age_band="adult",
    )
    decision = Decision(ENROLMENT, running, begin)
    await house.ledger.perform([decision], Context("client/test", "test"))
    kept = [f"uploads/{running}/1", f"enrolments/{running}/clip"]
    for key in (*kept, f"uploads/{unknown}/1"):
        await house.store.put_file(key, take_file, "video/mp4")
    late = SweepOrder(now=words.moment() + timedelta(hours=25))
    assert await environment.run(house.media.sweep_staging, late) == Swept(objects=1)
    assert await house.keys() == sorted([*kept, house.take.key])


# With a real S3


@pytest.mark.servers
async def test_the_whole_way_on_a_real_store(
    tmp_path: Path, take_file: Path, s3: S3ObjectStore, environment: ActivityEnvironment
) -> None:
    house = await build(s3, tmp_path, take_file)
    assembled = await environment.run(house.media.assemble_rendition, house.assembly())
    stored = await environment.run(house.media.store_rendition, house.storage(assembled))
    film = stored.rendition.film
    assert await house.keys() == sorted(
        [film.key, stored.rendition.poster.key, stored.rendition.contact_sheet.key]
    )
    found = await house.store.get_file(film.key, tmp_path / "film.mp4", film.sha256)
    assert found.size == film.size


async def test_a_dead_store_is_waited_for_and_leaves_nothing(
    tmp_path: Path, house: House, environment: ActivityEnvironment
) -> None:
    async with S3ObjectStore(f"127.0.0.1:{free_port()}", "key", "secret-key", "media") as dead:
        media = MediaActivities(dead, house.ledger, lambda: words.moment(), house.scratch)
        with pytest.raises(StoreUnavailable, match="try again later"):
            await environment.run(media.assemble_rendition, house.assembly())
    assert house.left_in_scratch() == []
