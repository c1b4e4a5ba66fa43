"""Leave to upload is held by the store itself: one key, one type, a size and a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Final

import httpx
import pytest

from domain.kernel.ports import UploadGrant
from infra.clock import system_clock
from infra.media.memory import MemoryObjectStore, UploadRefused
from infra.media.s3 import S3ObjectStore
from tests.contracts.object_store_server import SeaweedServer

BYTES_MAX: Final = 100_000
KEY: Final = "uploads/one/clip"
TYPE: Final = "video/mp4"


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with SeaweedServer() as server:
        yield server


@pytest.fixture
async def store(server: SeaweedServer) -> AsyncIterator[S3ObjectStore]:
    async with server.store() as store:
        yield store


async def granted(store: S3ObjectStore | MemoryObjectStore, seconds: float = 60) -> UploadGrant:
    expires_at = system_clock() + timedelta(seconds=seconds)
    return await store.upload_grant(KEY, TYPE, BYTES_MAX, expires_at)


async def send(grant: UploadGrant, data: bytes, **changes: str) -> int:
    """The status of an upload as a stranger's program would make it."""
    fields = {**grant.fields, **changes}
    async with httpx.AsyncClient() as stranger:
        file = ("clip.mp4", data, fields["Content-Type"])
        answer = await stranger.post(grant.address, data=fields, files={"file": file})
        return answer.status_code


@pytest.mark.servers
@pytest.mark.parametrize("size", [1, BYTES_MAX])
async def test_a_clip_within_its_limits_arrives_whole(store: S3ObjectStore, size: int) -> None:
    data = b"c" * size
    assert await send(await granted(store), data) == 204
    assert (await store.verify(KEY, hashlib.sha256(data).hexdigest())).size == size
    await store.delete(KEY)


@pytest.mark.servers
@pytest.mark.parametrize("size", [0, BYTES_MAX + 1, 40 * BYTES_MAX])
async def test_the_store_refuses_what_is_too_large_or_empty_and_keeps_nothing(
    store: S3ObjectStore, size: int
) -> None:
    assert await send(await granted(store), b"c" * size) == 400
    assert [key async for key, _ in store.list("uploads/")] == []


@pytest.mark.servers
async def test_a_grant_is_good_for_one_key_and_one_type(store: S3ObjectStore) -> None:
    grant = await granted(store)
    assert await send(grant, b"clip", key="uploads/two/clip") == 403
    assert await send(grant, b"clip", **{"Content-Type": "text/html"}) == 403
    assert [key async for key, _ in store.list("uploads/")] == []


@pytest.mark.servers
async def test_a_grant_that_was_tampered_with_is_worth_nothing(store: S3ObjectStore) -> None:
    grant = await granted(store)
    assert await send(grant, b"clip", **{"x-amz-signature": "0" * 64}) == 403
    wider = await store.upload_grant(KEY, TYPE, 50 * BYTES_MAX, grant.expires_at)
    assert await send(grant, b"clip", policy=wider.fields["policy"]) == 403


@pytest.mark.servers
async def test_a_grant_ends_with_its_time(store: S3ObjectStore) -> None:
    grant = await granted(store, seconds=1)
    await asyncio.sleep(2.1)
    assert await send(grant, b"clip") == 403


async def test_a_grant_is_made_out_to_the_endpoint_that_readers_see() -> None:
    async with S3ObjectStore(
        "s3.internal:8333", "key", "secret", "media", public_endpoint="media.example.com"
    ) as store:
        assert (await granted(store)).address == "http://media.example.com/media"


async def test_the_twin_in_memory_holds_the_same_limits() -> None:
    store = MemoryObjectStore()
    grant = await granted(store)
    for data in (b"", b"c" * (BYTES_MAX + 1)):
        with pytest.raises(UploadRefused):
            store.receive(grant, data)
    late = await granted(store, seconds=-1)
    with pytest.raises(UploadRefused):
        store.receive(late, b"clip")
    assert store.entries == {}
    store.receive(grant, b"clip")
    assert [key async for key, _ in store.list("uploads/")] == [KEY]
