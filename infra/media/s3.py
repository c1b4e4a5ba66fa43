"""The object store on any S3, through the ``minio`` client in a few threads of its own.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ (PutObject, multipart upload, CopyObject,
POST policies).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar, cast

from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import PostPolicy
from minio.error import S3Error

from activities.threads import StopSign, in_thread
from domain.kernel.ports import StoredObject, UploadGrant
from infra.media.faults import explained, require_hash, require_size
from infra.media.wire import HashingReader, chunks, connections

R = TypeVar("R")

THREADS: Final = 8
PART_BYTES: Final = 8 * 1024 * 1024
PAGE_KEYS: Final = 500
LINGER_SECONDS: Final = 2.0
"""How long a cancelled caller waits for its thread, which may hang in a dead connection."""


class S3ObjectStore:
    """Media in one bucket. Close it, or use it as a context manager, to end its threads.

    ``endpoint`` is host and port without a scheme. ``public_endpoint`` is the one that readers
    see, where it differs; addresses are signed for it.
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str = "us-east-1",
        secure: bool = False,
        public_endpoint: str | None = None,
        public_secure: bool | None = None,
    ) -> None:
        self._bucket, self._region = bucket, region
        self._connections = connections(THREADS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="object-store")

        def client(host: str, over_tls: bool) -> Minio:
            return Minio(
                host,
                access_key=access_key,
                secret_key=secret_key,
                secure=over_tls,
                region=region,
                http_client=self._connections,
            )

        self._client = client(endpoint, secure)
        public_host = public_endpoint or endpoint
        over_tls = secure if public_secure is None else public_secure
        self._public = client(public_host, over_tls)
        self._public_address = f"{'https' if over_tls else 'http'}://{public_host}/{bucket}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of threads and connections; work that still runs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._connections.clear()

    async def ensure_bucket(self) -> None:
        """Create the bucket unless it is there already."""

        def ensure(_: StopSign) -> None:
            with explained("Creating the bucket", self._bucket):
                if self._client.bucket_exists(self._bucket):
                    return
                try:
                    self._client.make_bucket(self._bucket, self._region)
                except S3Error as error:
                    if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                        raise

        await self._in_thread(ensure)

    async def put_file(self, key: str, path: Path, content_type: str) -> StoredObject:
        """Upload a file, in parts where it is large, and report its size and hash."""

        def put(sign: StopSign) -> StoredObject:
            with path.open("rb") as file, explained("Writing", key):
                source = HashingReader(file, sign)
                size = path.stat().st_size
                self._client.put_object(
                    self._bucket,
                    key,
                    cast(BinaryIO, source),
                    size,
                    content_type=content_type,
                    part_size=PART_BYTES,
                    num_parallel_uploads=1,
                )
                return StoredObject(key, size, source.sha256)

        return await self._in_thread(put)

    async def get_file(
        self, key: str, path: Path, sha256: str | None = None, size_max: int | None = None
    ) -> StoredObject:
        """Download to a file; raise ``HashMismatch`` when the bytes are not as promised.

        The file appears under its name only when it is whole and its hash is right.
        """

        def get(sign: StopSign) -> StoredObject:
            partial = path.with_name(f"{path.name}.part")
            try:
                with partial.open("wb") as file:
                    found = self._read(key, sign, file.write, size_max)
                require_hash(found, sha256)
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
            return found

        return await self._in_thread(get)

    async def copy(self, source: str, target: str) -> None:
        """Copy within the store; the bytes do not pass through here."""

        def copy(_: StopSign) -> None:
            with explained("Copying", source):
                self._client.copy_object(self._bucket, target, CopySource(self._bucket, source))

        await self._in_thread(copy)

    async def verify(self, key: str, sha256: str) -> StoredObject:
        """Read the whole object back and compare its hash, or raise ``HashMismatch``."""

        def verify(sign: StopSign) -> StoredObject:
            found = self._read(key, sign, lambda _: None)
            require_hash(found, sha256)
            return found

        return await self._in_thread(verify)

    async def delete(self, key: str) -> None:
        """Remove an object; one that is gone already is no error."""

        def delete(_: StopSign) -> None:
            with explained("Removing", key):
                self._client.remove_object(self._bucket, key)

        await self._in_thread(delete)

    async def list(self, prefix: str) -> AsyncIterator[tuple[str, float]]:
        """Keys under a prefix with the seconds since the epoch at which each was written."""
        objects = self._entries(prefix)

        def page(_: StopSign) -> tuple[tuple[str, float], ...]:
            with explained("Listing", prefix):
                return tuple(islice(objects, PAGE_KEYS))

        while entries := await self._in_thread(page):
            for entry in entries:
                yield entry

    async def address(self, key: str, lifetime: timedelta) -> str:
        """A signed URL of the public endpoint; made here, so a missing object shows when read."""

        def sign_address(_: StopSign) -> str:
            return self._public.presigned_get_object(self._bucket, key, expires=lifetime)

        return await self._in_thread(sign_address)

    async def upload_grant(
        self, key: str, content_type: str, bytes_max: int, expires_at: datetime
    ) -> UploadGrant:
        """A signed POST policy: the server holds key, type, size and time, whoever sends it."""

        def grant(_: StopSign) -> UploadGrant:
            policy = PostPolicy(self._bucket, expires_at)
            policy.add_equals_condition("key", key)
            policy.add_equals_condition("Content-Type", content_type)
            policy.add_content_length_range_condition(1, bytes_max)
            signed = self._public.presigned_post_policy(policy)
            return UploadGrant(
                address=self._public_address,
                fields={"key": key, "Content-Type": content_type, **signed},
                bytes_max=bytes_max,
                expires_at=expires_at,
            )

        return await self._in_thread(grant)

    def _entries(self, prefix: str) -> Iterator[tuple[str, float]]:
        for each in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
            if each.object_name and each.last_modified and not each.is_dir:
                yield each.object_name, each.last_modified.timestamp()

    def _read(
        self,
        key: str,
        sign: StopSign,
        take: Callable[[bytes], object],
        size_max: int | None = None,
    ) -> StoredObject:
        digest, size = hashlib.sha256(), 0
        with explained("Reading", key):
            for chunk in chunks(self._client.get_object(self._bucket, key)):
                sign.heed()
                digest.update(chunk)
                size += len(chunk)
                require_size(key, size, size_max)
                take(chunk)
        return StoredObject(key, size, digest.hexdigest())

    async def _in_thread(self, work: Callable[[StopSign], R]) -> R:
        return await in_thread(work, self._threads, LINGER_SECONDS)
