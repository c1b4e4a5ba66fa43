"""What every object store must do, said once and run on each of them."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from domain.kernel.ports import (
    HashMismatch,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
    StoredObject,
)

_places = count()
_OTHER_HASH = hashlib.sha256(b"something else").hexdigest()
_SEVERAL_PARTS = 17 * 1024 * 1024


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bytes_of(path: Path) -> bytes:
    return path.read_bytes()


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


class ObjectStoreContract:
    """Inherit and provide the fixture ``store``. The store may hold other objects already."""

    @pytest.fixture
    def place(self) -> str:
        return f"contract/{next(_places)}"

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "picture.jpg"
        path.write_bytes(bytes(range(256)) * 40)
        return path

    async def test_what_was_written_is_read_back_whole(
        self, store: ObjectStore, place: str, file: Path, tmp_path: Path
    ) -> None:
        stored = await store.put_file(f"{place}/a", file, "image/jpeg")
        assert stored == StoredObject(f"{place}/a", 10240, sha256(bytes_of(file)))

        found = await store.get_file(f"{place}/a", tmp_path / "back", stored.sha256)
        assert found == stored
        assert bytes_of(tmp_path / "back") == bytes_of(file)

    async def test_a_file_of_several_parts_is_one_object(
        self, store: ObjectStore, place: str, tmp_path: Path
    ) -> None:
        large = tmp_path / "film.mp4"
        large.write_bytes(b"frame" * (_SEVERAL_PARTS // 5))
        stored = await store.put_file(f"{place}/large", large, "video/mp4")
        assert stored.size == large.stat().st_size
        assert await store.verify(f"{place}/large", sha256(bytes_of(large))) == stored
        await store.copy(f"{place}/large", f"{place}/copy")
        assert (await store.verify(f"{place}/copy", stored.sha256)).size == stored.size

    async def test_writing_again_is_harmless(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        first = await store.put_file(f"{place}/a", file, "image/jpeg")
        assert await store.put_file(f"{place}/a", file, "image/jpeg") == first
        assert [key async for key, _ in store.list(f"{place}/")] == [f"{place}/a"]

    async def test_an_empty_file_is_an_object_too(
        self, store: ObjectStore, place: str, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").touch()
        await store.put_file(f"{place}/empty", tmp_path / "empty", "image/jpeg")
        assert (await store.verify(f"{place}/empty", sha256(b""))).size == 0

    async def test_a_missing_object_is_said_to_be_missing(
        self, store: ObjectStore, place: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ObjectMissing, match=f"{place}/none is not in the store"):
            await store.get_file(f"{place}/none", tmp_path / "none")
        with pytest.raises(ObjectMissing):
            await store.verify(f"{place}/none", _OTHER_HASH)
        with pytest.raises(ObjectMissing):
            await store.copy(f"{place}/none", f"{place}/copy")
        assert files_in(tmp_path) == []

    async def test_bytes_that_were_not_promised_are_not_handed_out(
        self, store: ObjectStore, place: str, file: Path, tmp_path: Path
    ) -> None:
        await store.put_file(f"{place}/a", file, "image/jpeg")
        with pytest.raises(HashMismatch, match=f"{place}/a holds other bytes"):
            await store.get_file(f"{place}/a", tmp_path / "back", _OTHER_HASH)
        assert files_in(tmp_path) == [file]

    async def test_more_bytes_than_were_asked_for_are_not_read(
        self, store: ObjectStore, place: str, file: Path, tmp_path: Path
    ) -> None:
        stored = await store.put_file(f"{place}/a", file, "image/jpeg")
        with pytest.raises(ObjectTooLarge, match=f"{place}/a has more than 10239 bytes"):
            await store.get_file(f"{place}/a", tmp_path / "back", stored.sha256, 10239)
        assert files_in(tmp_path) == [file]
        assert await store.get_file(f"{place}/a", tmp_path / "back", None, 10240) == stored

    async def test_reading_back_finds_a_wrong_hash(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        await store.put_file(f"{place}/a", file, "image/jpeg")
        with pytest.raises(HashMismatch):
            await store.verify(f"{place}/a", _OTHER_HASH)

    async def test_a_copy_outlives_its_source(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        stored = await store.put_file(f"{place}/a", file, "image/jpeg")
        await store.copy(f"{place}/a", f"{place}/b")
        await store.delete(f"{place}/a")
        assert (await store.verify(f"{place}/b", stored.sha256)).size == stored.size

    async def test_deleting_twice_is_no_error(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        await store.put_file(f"{place}/a", file, "image/jpeg")
        await store.delete(f"{place}/a")
        await store.delete(f"{place}/a")
        assert [key async for key, _ in store.list(place)] == []

    async def test_a_list_knows_every_key_below_and_when_it_was_written(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        keys = [f"{place}/one/a", f"{place}/one/two/b", f"{place}/one/two/c", f"{place}/oneself/d"]
        before = time.time()
        for key in keys:
            await store.put_file(key, file, "image/jpeg")
        listed = {key: written async for key, written in store.list(f"{place}/one/")}
        assert sorted(listed) == keys[:3]
        # S3 keeps whole seconds
        assert all(before - 1.5 <= written <= time.time() + 1.5 for written in listed.values())

    async def test_objects_can_be_deleted_while_they_are_listed(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        for index in range(5):
            await store.put_file(f"{place}/{index}", file, "image/jpeg")
        async for key, _ in store.list(f"{place}/"):
            await store.delete(key)
        assert [key async for key, _ in store.list(f"{place}/")] == []

    async def test_an_address_names_the_object(
        self, store: ObjectStore, place: str, file: Path
    ) -> None:
        await store.put_file(f"{place}/a", file, "image/jpeg")
        assert f"{place}/a" in await store.address(f"{place}/a", timedelta(minutes=5))
