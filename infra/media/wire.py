"""How bytes travel to and from S3: bounded connections, few retries, hashed as they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout

from activities.threads import StopSign

CONNECT_SECONDS_MAX: Final = 3.0
READ_SECONDS_MAX: Final = 30.0
RETRIES: Final = 3
FIRST_PAUSE_SECONDS: Final = 0.1
CHUNK_BYTES: Final = 256 * 1024
_TROUBLED: Final = (500, 502, 503, 504)


def connections(size: int) -> PoolManager:
    """A pool for ``size`` threads. A dead server is given up after about a second."""
    return PoolManager(
        maxsize=size,
        timeout=Timeout(connect=CONNECT_SECONDS_MAX, read=READ_SECONDS_MAX),
        retries=Retry(
            total=RETRIES,
            backoff_factor=FIRST_PAUSE_SECONDS,
            status_forcelist=_TROUBLED,
            raise_on_status=False,
        ),
    )


class HashingReader:
    """A file that is hashed while it is read, once and from its beginning."""

    def __init__(self, file: BinaryIO, sign: StopSign) -> None:
        self._file, self._sign = file, sign
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Some more of the file. Raises ``Stopped``."""
        self._sign.heed()
        data = self._file.read(size)
        self._digest.update(data)
        return data

    @property
    def sha256(self) -> str:
        """The hash, in hex, of all that was read."""
        return self._digest.hexdigest()


def chunks(response: BaseHTTPResponse) -> Iterator[bytes]:
    """A response's bytes, piece by piece; a connection that was not read to its end is closed."""
    whole = False
    try:
        yield from response.stream(CHUNK_BYTES)
        whole = True
    finally:
        if not whole:
            response.close()
        response.release_conn()
