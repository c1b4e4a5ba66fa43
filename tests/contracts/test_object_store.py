"""The object store's contract, on each store that we have, and what only a server can do wrong."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from domain.kernel.ports import StoredObject, StoreUnavailable
from infra.media.memory import MemoryObjectStore
from infra.media.s3 import S3ObjectStore
from tests.contracts.object_store import ObjectStoreContract, files_in
from tests.contracts.object_store_server import (
    ACCESS_KEY,
    BUCKET,
    SECRET_KEY,
    SeaweedServer,
)
from tests.servers import free_port


class TestMemory(ObjectStoreContract):
    @pytest.fixture
    def store(self) -> MemoryObjectStore:
        return MemoryObjectStore()


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with SeaweedServer() as server:
        yield server


@pytest.fixture
async def store(server: SeaweedServer) -> AsyncIterator[S3ObjectStore]:
    async with server.store() as store:
        yield store


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"frame" * 400_000)
    return path


@pytest.fixture
def long_film(tmp_path: Path) -> Path:
    path = tmp_path / "long.mp4"
    path.write_bytes(b"frame" * 6_000_000)
    return path


@pytest.mark.servers
class TestS3(ObjectStoreContract):
    @pytest.fixture
    def store(self, store: S3ObjectStore) -> S3ObjectStore:
        return store


@pytest.mark.servers
async def test_a_reader_needs_nothing_but_the_address(store: S3ObjectStore, film: Path) -> None:
    await store.put_file("media/film.mp4", film, "video/mp4")
    address = await store.address("media/film.mp4", timedelta(minutes=1))
    async with httpx.AsyncClient() as reader:
        answer = await reader.get(address, headers={"Range": "bytes=0-9"})
        assert (answer.status_code, answer.content) == (206, b"frameframe")
        assert answer.headers["content-type"] == "video/mp4"
        assert (await reader.get(address.split("?")[0])).status_code == 403


@pytest.mark.servers
async def test_an_address_stops_working_when_its_time_is_over(
    store: S3ObjectStore, film: Path
) -> None:
    await store.put_file("media/brief.mp4", film, "video/mp4")
    address = await store.address("media/brief.mp4", timedelta(seconds=1))
    await asyncio.sleep(2.1)
    async with httpx.AsyncClient() as reader:
        assert (await reader.get(address)).status_code == 403


async def test_an_address_is_signed_for_the_endpoint_that_readers_see() -> None:
    async with S3ObjectStore(
        "s3.internal:8333",
        ACCESS_KEY,
        SECRET_KEY,
        BUCKET,
        public_endpoint="media.example.com",
        public_secure=True,
    ) as store:
        address = urlsplit(await store.address("media/film.mp4", timedelta(minutes=1)))
    assert (address.scheme, address.netloc) == ("https", "media.example.com")


@pytest.mark.servers
async def test_making_sure_of_the_bucket_twice_changes_nothing(server: SeaweedServer) -> None:
    async with server.store("another-bucket") as store:
        await store.ensure_bucket()
        await store.ensure_bucket()
        assert [key async for key, _ in store.list("")] == []


@pytest.mark.servers
async def test_a_wrong_key_is_named_as_such_and_not_shown(
    server: SeaweedServer, film: Path
) -> None:
    async with server.store(secret_key="not-the-right-secret") as store:
        with pytest.raises(StoreUnavailable, match="refused our key") as refused:
            await store.put_file("media/film.mp4", film, "video/mp4")
    assert "not-the-right-secret" not in str(refused.value)


@pytest.mark.servers
async def test_a_missing_bucket_is_an_unready_store(server: SeaweedServer) -> None:
    async with server.store("never-made") as store:
        with pytest.raises(StoreUnavailable, match="bucket does not exist"):
            await store.verify("media/film.mp4", "0" * 64)


async def test_a_dead_server_is_unavailable_and_no_credentials_are_told(
    film: Path, tmp_path: Path
) -> None:
    dead = f"127.0.0.1:{free_port()}"
    async with S3ObjectStore(dead, ACCESS_KEY, SECRET_KEY, BUCKET) as store:
        with pytest.raises(StoreUnavailable, match="cannot be reached") as writing:
            await store.put_file("media/film.mp4", film, "video/mp4")
        with pytest.raises(StoreUnavailable):
            await store.get_file("media/film.mp4", tmp_path / "back")
        with pytest.raises(StoreUnavailable):
            await store.ensure_bucket()
        with pytest.raises(StoreUnavailable):
            [key async for key, _ in store.list("media/")]
    told = f"{writing.value} {writing.value.__cause__}"
    assert ACCESS_KEY not in told
    assert SECRET_KEY not in told
    assert files_in(tmp_path) == [film]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 36\r\n\r\n"
            b"<Error><Code>SlowDown</Code></Error>",
            "answered SlowDown",
        ),
        (b"HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbusy", "not S3"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "connection broke"),
        (b"", "cannot be reached"),
    ],
    ids=["overloaded", "a-proxy-in-between", "half-an-object", "hangs-up"],
)
async def test_a_troubled_server_is_unavailable_and_its_bytes_are_not_used(
    tmp_path: Path, answer: bytes, told: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, S3ObjectStore(f"127.0.0.1:{port}", "key", "secret-key", BUCKET) as store:
        with pytest.raises(StoreUnavailable, match=told):
            await store.get_file("media/film.mp4", tmp_path / "back")
    assert files_in(tmp_path) == []


@pytest.mark.servers
async def test_a_store_goes_on_when_its_server_is_back(film: Path) -> None:
    with SeaweedServer() as server:
        async with server.store() as store:
            stored = await store.put_file("media/film.mp4", film, "video/mp4")
            server.kill()
            with pytest.raises(StoreUnavailable):
                await store.verify("media/film.mp4", stored.sha256)
            await asyncio.to_thread(server.start)
            assert await patiently(store.verify, "media/film.mp4", stored.sha256) == stored


async def patiently(
    ask: Callable[[str, str], Awaitable[StoredObject]], key: str, sha256: str
) -> StoredObject:
    """As a retried activity does: a server that answers again may not have all its parts yet."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await ask(key, sha256)
            except StoreUnavailable:
                await asyncio.sleep(0.2)


@pytest.mark.servers
async def test_a_full_disk_is_said_plainly_and_leaves_no_half_file(
    store: S3ObjectStore, film: Path, tmp_path: Path
) -> None:
    await store.put_file("media/film.mp4", film, "video/mp4")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            await store.get_file("media/film.mp4", tmp_path / "back")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files_in(tmp_path) == [film]


@pytest.mark.servers
async def test_a_cancelled_download_leaves_no_file(
    store: S3ObjectStore, long_film: Path, tmp_path: Path
) -> None:
    await store.put_file("media/long.mp4", long_film, "video/mp4")
    download = asyncio.create_task(store.get_file("media/long.mp4", tmp_path / "back"))
    while tmp_path / "back.part" not in files_in(tmp_path):
        await asyncio.sleep(0.001)
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    assert files_in(tmp_path) == [long_film]
