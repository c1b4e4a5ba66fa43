"""References are fetched, examined and laid down before a device is taken, or refused by name."""

from __future__ import annotations

import asyncio
import hashlib
import io
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import psutil
import pytest
from PIL import Image
from temporalio.testing import ActivityEnvironment

from activities.clip.limits import Limits
from activities.clip.refusals import (
    ClipEmpty,
    ClipTooHeavy,
    ClipTooLong,
    ClipTruncated,
    CodecUnknown,
    ContainerUnknown,
    HeadersUntrue,
    PicturesTooLarge,
)
from activities.ledger import Context, Decision, Ledger
from activities.orders import SamplingOrder
from activities.scratch import file_sha256
from domain.catalog import EVENTS
from domain.generation.decider import GENERATION
from domain.generation.reference import ReferenceFile, Seal
from domain.kernel.errors import Refusal
from gpu_workers.activities import StudioActivities
from gpu_workers.cards.refusals import AbilityMissing, ReferencesNotTaken
from gpu_workers.clip import Clip
from gpu_workers.decode.stills import PictureRefused, PictureSize
from gpu_workers.device import Devices
from gpu_workers.references import FolderReferences, ReferenceUnreadable, Screen, facts_path
from gpu_workers.registry import make
from gpu_workers.sampler import Plan, SamplingRequest, State
from gpu_workers.shelf import Shelf
from gpu_workers.simulated import SimulatedSampler
from infra.clock import system_clock
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.media.memory import Entry, MemoryObjectStore
from infra.vault import FolderVault
from tests import words
from tests.gpu_workers.clips import archive_bomb, declaring, grey, picture, write
from tests.gpu_workers.test_studio_activity import ORDER

HOUR_MS = 3_600_000


def stored(store: MemoryObjectStore, raw: bytes, kind: str = "clip") -> ReferenceFile:
    """A file in the store, and the reference to it."""
    sha256 = hashlib.sha256(raw).hexdigest()
    key = f"uploads/{sha256[:16]}"
    store.entries[key] = Entry(raw, "application/octet-stream", system_clock())
    use = "remix" if kind == "clip" else "likeness"
    return ReferenceFile.model_validate({"kind": kind, "use": use, "key": key, "sha256": sha256})


def a_clip(folder: Path, pictures: int = 5) -> bytes:
    return write(folder / "good.mp4", [grey(60)] * pictures).read_bytes()


def png(width: int, height: int) -> bytes:
    """A PNG of one colour, whatever its size: a few bytes of zeros, well packed."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(min(height, 100) * (1 + 3 * width)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


@pytest.fixture
def store() -> MemoryObjectStore:
    return MemoryObjectStore()


@pytest.fixture
def shelf(store: MemoryObjectStore, tmp_path: Path) -> Shelf:
    return Shelf(store, tmp_path / "references")


async def test_a_file_lies_there_for_its_job_and_no_longer(
    shelf: Shelf, store: MemoryObjectStore, tmp_path: Path
) -> None:
    raw, folder = a_clip(tmp_path), tmp_path / "references"
    reference = stored(store, raw)
    async with shelf.laid([reference]):
        path = folder / reference.sha256
        assert path.read_bytes() == raw
        assert left(folder) == [path.name, facts_path(path).name]
    assert left(folder) == []


async def test_jobs_share_a_file_and_the_last_one_takes_it_away(
    shelf: Shelf, store: MemoryObjectStore, tmp_path: Path
) -> None:
    reference, folder = stored(store, a_clip(tmp_path)), tmp_path / "references"
    other_worker = Shelf(store, folder)
    async with shelf.laid([reference]):
        inode = (folder / reference.sha256).stat().st_ino
        store.entries.clear()
        async with other_worker.laid([reference, reference]):
            assert (folder / reference.sha256).stat().st_ino == inode
        assert (folder / reference.sha256).exists()
        assert other_worker.sweep() == 0
        assert (folder / reference.sha256).exists()
    assert left(folder) == []


async def test_two_jobs_that_begin_together_fetch_once(
    shelf: Shelf, store: MemoryObjectStore, tmp_path: Path
) -> None:
    reference, fetched = stored(store, a_clip(tmp_path)), 0
    get_file = store.get_file

    async def counted(*args: object) -> object:
        nonlocal fetched
        fetched += 1
        return await get_file(*args)  # type: ignore[arg-type]

    store.get_file = counted  # type: ignore[method-assign,assignment]  # only looks

    async def job() -> None:
        async with shelf.laid([reference]):
            await asyncio.sleep(0.05)

    await asyncio.gather(job(), job(), job())
    assert fetched == 1
    assert left(tmp_path / "references") == []


async def test_what_is_sealed_is_read_written_and_hashed_beside_the_loop(
    store: MemoryObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, raw = FolderVault(tmp_path / "keys"), png(64, 64)
    plain = stored(store, raw, "picture")
    content = await vault.seal("someone", "face", raw)
    sealed = Seal(subject="someone", name="face", sha256=hashlib.sha256(content).hexdigest())
    store.entries[plain.key] = Entry(content, "application/octet-stream", system_clock())
    seen: list[tuple[str, int]] = []

    def noting(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def noted(*given: object) -> object:
            seen.append((name, threading.get_ident()))
            return call(*given)

        return noted

    monkeypatch.setattr(Path, "read_bytes", noting("read", Path.read_bytes))
    monkeypatch.setattr(Path, "write_bytes", noting("write", Path.write_bytes))
    monkeypatch.setattr("gpu_workers.shelf.file_sha256", noting("hash", file_sha256))
    shelf = Shelf(store, tmp_path / "references", vault=vault)
    async with shelf.laid([plain.model_copy(update={"sealed": sealed})]):
        pass
    assert {name for name, _ in seen} == {"read", "write", "hash"}
    assert threading.get_ident() not in {thread for _, thread in seen}


async def test_a_failure_and_a_cancellation_leave_nothing(
    shelf: Shelf, store: MemoryObjectStore, tmp_path: Path
) -> None:
    reference, folder = stored(store, a_clip(tmp_path)), tmp_path / "references"
    with pytest.raises(RuntimeError):
        async with shelf.laid([reference]):
            raise RuntimeError
    assert left(folder) == []
    task = asyncio.create_task(shelf.laid([reference]).__aenter__())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(folder) == []


def test_what_a_killed_worker_left_is_swept(
    store: MemoryObjectStore, shelf: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "references"
    folder.mkdir()
    script = (
        "import os, sys; from pathlib import Path; from gpu_workers.shelf import _take; "
        f"path = Path({str(folder)!r}) / ('b' * 64); path.write_bytes(b'x'); "
        "path.with_name(path.name + '.facts.json').write_text('{}'); "
        "_take(path); print('held', flush=True); sys.stdin.read()"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"held\n"
    (folder / "notes.txt").write_text("an operator's own")
    assert shelf.sweep() == 0, "its worker lives"
    worker.kill()
    worker.communicate()
    assert shelf.sweep() == 1
    assert left(folder) == ["notes.txt"]


def zero_frames(folder: Path) -> bytes:
    with av.open(str(folder / "zero.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    return (folder / "zero.mkv").read_bytes()


def eight_k(folder: Path) -> bytes:
    return write(folder / "8k.mp4", [grey(60, 7680, 4320)], "mjpeg").read_bytes()


def three_hours(folder: Path) -> bytes:
    times = [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    return write(folder / "long.mp4", [grey(60)] * 4, times_ms=times).read_bytes()


def lying(folder: Path) -> bytes:
    clip = write(folder / "lies.mkv", [grey(60)] * 100)
    return declaring(clip, 1.0).read_bytes()


def truncated(folder: Path) -> bytes:
    clip = write(folder / "half.mkv", [picture(n) for n in range(100)])
    raw = clip.read_bytes()
    return raw[: len(raw) // 2]


def unknown_codec(folder: Path) -> bytes:
    with av.open(str(folder / "ffv1.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(grey(60), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return (folder / "ffv1.mkv").read_bytes()


def picture_called_mp4(folder: Path) -> bytes:
    return png(64, 64)


def bomb(folder: Path) -> bytes:
    return archive_bomb(folder / "bomb.mp4").read_bytes()


HOSTILE: list[tuple[Callable[[Path], bytes], type[Refusal], str]] = [
    (zero_frames, ClipEmpty, "no picture"),
    (eight_k, PicturesTooLarge, "3840"),
    (three_hours, ClipTooLong, "60 s"),
    (lying, HeadersUntrue, "declared"),
    (truncated, ClipTruncated, "declared"),
    (unknown_codec, CodecUnknown, "codec"),
    (picture_called_mp4, ContainerUnknown, "container"),
    (bomb, ContainerUnknown, "container"),
]


class Taking(SimulatedSampler):
    """Takes any reference, and reads clips when it decodes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(stage_seconds=0)
        self.shelf = FolderReferences(folder)

    def plan(self, request: SamplingRequest) -> Plan:
        return super().plan(request).model_copy(update={"references": request.references})

    def decode(self, plan: Plan, state: State) -> Clip:
        for each in plan.references:
            assert len(self.shelf.clip(each, Screen(64, 64, 25), 0, 5)) == 5
        return super().decode(plan, state)


class Studio:
    """A studio that counts how often its device was taken."""

    def __init__(self, store: MemoryObjectStore, folder: Path) -> None:
        self.log, self.devices = MemoryEventLog(), Devices()
        self.ledger = Ledger(self.log, CatalogCodec(EVENTS))
        self.taken = 0
        device = self.devices.of(None)
        held = device.held

        def counted(*args: object) -> object:
            self.taken += 1
            return held(*args)  # type: ignore[arg-type]

        device.held = counted  # type: ignore[method-assign,assignment]  # only looks
        self.sampler = Taking(folder / "references")
        self.studio = StudioActivities(
            lambda name: make(name) if name == "wan-vace" else self.sampler,
            store,
            self.ledger,
            system_clock,
            folder / "scratch",
            devices=self.devices,
            references=folder / "references",
        )

    async def sample(self, *references: ReferenceFile, sampler: str = "animatic") -> object:
        brief = ORDER.brief.model_copy(update={"sampler": sampler})
        order: SamplingOrder = ORDER.model_copy(update={"references": references, "brief": brief})
        return await ActivityEnvironment().run(self.studio.sample_take, order)


@pytest.fixture
async def studio(store: MemoryObjectStore, tmp_path: Path) -> Studio:
    made = Studio(store, tmp_path)
    decision = Decision(GENERATION, words.GENERATION_ID, words.request_video(ORDER.brief))
    await made.ledger.perform([decision], Context("client/test", "test"))
    return made


@pytest.mark.parametrize(("make_file", "refusal", "limit"), HOSTILE)
async def test_a_hostile_clip_is_refused_before_a_device_is_taken_and_the_worker_lives_on(
    studio: Studio, store: MemoryObjectStore, tmp_path: Path,
    make_file: Callable[[Path], bytes], refusal: type[Refusal], limit: str,
) -> None:  # fmt: skip
    hostile = stored(store, make_file(tmp_path))
    before = psutil.Process().memory_info().rss
    with pytest.raises(refusal, match=limit):
        await studio.sample(hostile)
    assert psutil.Process().memory_info().rss - before < 64 << 20
    assert studio.taken == 0
    assert left(tmp_path / "references") == []
    await studio.sample(stored(store, a_clip(tmp_path)))
    assert studio.taken == 1
    assert left(tmp_path / "references") == []


@pytest.mark.parametrize(
    ("raw", "refusal", "limit"),
    [
        (png(30_000, 30_000), PictureSize, "30000x30000; the limits are a side of 16 and 16777216"),
        (png(8, 8), PictureSize, "8x8"),
        (b"GIF89a" + bytes(100), PictureRefused, "JPEG, PNG, WEBP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PictureRefused, "JPEG, PNG, WEBP"),
        (png(64, 64)[:60], PictureRefused, "JPEG, PNG, WEBP"),
        (bytes(33 << 20), PictureSize, "33554432 bytes"),
    ],
)
async def test_a_hostile_picture_is_refused_before_a_device_is_taken(
    studio: Studio, store: MemoryObjectStore, raw: bytes, refusal: type[Refusal], limit: str
) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(refusal, match=limit):
        await studio.sample(stored(store, raw, "picture"))
    assert psutil.Process().memory_info().rss - before < 96 << 20
    assert studio.taken == 0


async def test_a_moving_picture_is_sent_as_a_clip(studio: Studio, store: MemoryObjectStore) -> None:
    written = io.BytesIO()
    frames = [Image.fromarray(picture(n)) for n in (0, 9)]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(PictureRefused, match="moves"):
        await studio.sample(stored(store, written.getvalue(), "picture"))


async def test_a_heavy_clip_is_not_read_to_its_end(
    store: MemoryObjectStore, tmp_path: Path
) -> None:
    shelf = Shelf(store, tmp_path / "references", Limits(size_bytes=1000))
    with pytest.raises(ClipTooHeavy, match="1000 bytes"):
        async with shelf.laid([stored(store, bytes(1001))]):
            pass


async def test_a_lost_file_and_other_bytes_are_refused_by_name(
    shelf: Shelf, store: MemoryObjectStore, tmp_path: Path
) -> None:
    reference = stored(store, a_clip(tmp_path))
    lost = reference.model_copy(update={"key": "uploads/none"})
    with pytest.raises(ReferenceUnreadable, match="not in the store"):
        async with shelf.laid([lost]):
            pass
    other = reference.model_copy(update={"sha256": "c" * 64})
    with pytest.raises(ReferenceUnreadable, match="not those that were promised"):
        async with shelf.laid([other]):
            pass


async def test_a_reference_that_the_model_cannot_take_is_not_even_fetched(
    studio: Studio, store: MemoryObjectStore
) -> None:
    voice = ReferenceFile(kind="voice", use="likeness", key="uploads/voice", sha256="d" * 64)
    with pytest.raises(ReferencesNotTaken, match="at most 0 of kind voice"):
        await studio.sample(voice, sampler="wan-vace")
    studio.sampler.plan = SimulatedSampler().plan  # type: ignore[method-assign]
    with pytest.raises(ReferencesNotTaken, match="simulated takes none"):
        await studio.sample(voice)
    assert studio.taken == 0


def test_the_animatic_says_that_it_takes_no_clip() -> None:
    from gpu_workers.sampler import Reference
    from tests.gpu_workers.orders import order

    source = Reference(kind="clip", use="remix", sha256="e" * 64)
    with pytest.raises((ReferencesNotTaken, AbilityMissing), match="animatic"):
        make("animatic").plan(order().model_copy(update={"references": (source,)}))
