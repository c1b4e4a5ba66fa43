"""A real S3 for the tests: SeaweedFS on free ports of 127.0.0.1, which the tests may kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from minio import Minio
from urllib3 import PoolManager

from infra.media.s3 import S3ObjectStore
from tests.servers import free_port

ACCESS_KEY: Final = "call-sheet-tests"
SECRET_KEY: Final = "a-secret-that-no-message-may-hold"
BUCKET: Final = "callsheet-media"

_WEED: Final = Path(sys.prefix) / "bin" / "weed"
_START_SECONDS_MAX: Final = 30.0
_PORTS: Final = (
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port.grpc", "admin.port", "admin.port.grpc"),
)


class SeaweedServer:
    """SeaweedFS in a folder that goes with it."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="callsheet-s3-"))
        self._ports = {name: free_port() for name in _PORTS}
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Host and port of its S3."""
        return f"127.0.0.1:{self.port}"

    def store(self, bucket: str = BUCKET, secret_key: str = SECRET_KEY) -> S3ObjectStore:
        """Our adapter, talking to this server."""
        return S3ObjectStore(self.endpoint, ACCESS_KEY, secret_key, bucket)

    def start(self) -> Self:
        """Start and wait until it takes a bucket."""
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(_WEED), "-logtostderr=true", "mini", f"-dir={self._home}"),
                    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={self.port}"),
                    *(f"-{name}={port}" for name, port in self._ports.items()),
                    *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false"),
                    *("-admin.ui=false", "-master.telemetry=false"),
                ],
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=os.environ
                | {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
            )
        self._wait_until_ready()
        return self

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_SECONDS_MAX
        client = Minio(
            self.endpoint,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            region="us-east-1",
            http_client=PoolManager(retries=False, timeout=2.0),
        )
        while time.monotonic() < give_up_at:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            if _takes_a_bucket(client):
                return
            time.sleep(0.05)
        tail = (self._home / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"SeaweedFS did not start. The end of its log:\n{tail}")


def _takes_a_bucket(client: Minio) -> bool:
    try:
        if not client.bucket_exists(BUCKET):
            client.make_bucket(BUCKET)
    except Exception:  # noqa: BLE001 whatever is wrong, it is not ready yet
        return False
    return True
