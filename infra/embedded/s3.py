"""An S3 object store on the laptop: SeaweedFS in one process, with keys made on the first start."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import urllib3
from minio import Minio

from infra.embedded.ports import LOOPBACK, PortBook
from infra.embedded.private_files import kept_private
from infra.embedded.server import EmbeddedServer, binary
from infra.settings import Settings
from infra.supervision.process import Program

_PARTS: Final = ("master", "volume", "filer", "s3", "admin")
_PROBE_KEY: Final = ".probe/embedded"
_VOLUME_MEGABYTES: Final = 1024
_VOLUMES_MAX: Final = 512


@dataclass(frozen=True)
class S3Keys:
    """The pair that signs requests."""

    access: str
    secret: str

    @classmethod
    def kept(cls, path: Path) -> S3Keys:
        """The pair in ``path``, made the first time."""
        text = kept_private(
            path,
            lambda: json.dumps(
                {"access": f"CS{secrets.token_hex(9).upper()}", "secret": secrets.token_urlsafe(30)}
            ),
        )
        return cls(**json.loads(text))


class S3Server(EmbeddedServer):
    """SeaweedFS's ``mini`` server: master, volumes, filer and S3 in one process."""

    name = "s3"

    def __init__(self, settings: Settings, ports: PortBook) -> None:
        super().__init__(settings.home, settings.servers_start_seconds_max)
        self._bucket = settings.s3_bucket
        self._region = settings.s3_region
        self._ports = {"s3": ports.port("s3", settings.s3_port)}
        for part in _PARTS:
            self._ports.setdefault(part, ports.port(f"s3_{part}"))
            # the default, HTTP port + 10000, may be taken or beyond the last port
            self._ports[f"{part}.grpc"] = ports.port(f"s3_{part}_grpc")
        self.keys = S3Keys.kept(self.folder / "keys.json")

    @property
    def endpoint(self) -> str:
        """Where S3 answers, without a scheme."""
        return f"{LOOPBACK}:{self._ports['s3']}"

    async def prepare(self) -> Program:
        """SeaweedFS's command line; volumes grow as they fill and nothing is preallocated."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self._remove_stale_sockets()
        program = str(binary("weed"))
        return Program(
            name=self.name,
            argv=(program, *self._arguments()),
            marker=program,
            log_path=self.log_path,
            pid_path=self.pid_path,
            environment={
                "AWS_ACCESS_KEY_ID": self.keys.access,
                "AWS_SECRET_ACCESS_KEY": self.keys.secret,
            },
            directory=self.folder,
        )

    async def stop(self) -> None:
        """Stop, and remove the sockets that the program leaves in the temporary folder."""
        await super().stop()
        self._remove_stale_sockets()

    async def probe(self) -> None:
        """The bucket is there, and an object can be written, read and removed."""
        await asyncio.to_thread(self._round_trip)

    def _round_trip(self) -> None:
        connections = urllib3.PoolManager(retries=False, timeout=2.0)
        client = Minio(
            self.endpoint,
            self.keys.access,
            self.keys.secret,
            secure=False,
            region=self._region,
            http_client=connections,
        )
        try:
            if not client.bucket_exists(self._bucket):
                client.make_bucket(self._bucket)
            # longer than what is kept beside the name, so that a volume must take it
            body = b"x" * 64_000
            client.put_object(self._bucket, _PROBE_KEY, io.BytesIO(body), len(body))
            answer = client.get_object(self._bucket, _PROBE_KEY)
            if answer.data != body:
                raise OSError("the object read is not the object written")
            client.remove_object(self._bucket, _PROBE_KEY)
        finally:
            connections.clear()

    def _arguments(self) -> list[str]:
        arguments = ["-logtostderr", "mini", f"-dir={self.folder / 'data'}"]
        arguments += [f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}"]
        for part in _PARTS:
            arguments.append(f"-{part}.port={self._ports[part]}")
            arguments.append(f"-{part}.port.grpc={self._ports[f'{part}.grpc']}")
        arguments += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"]
        arguments += [f"-{part}.localSocket={self._socket(part)}" for part in ("s3", "filer")]
        # volumes tell the master what they hold; waiting for an election of one costs 5 s
        arguments += ["-master.resumeState=false", "-master.telemetry=false"]
        arguments += [f"-master.volumeSizeLimitMB={_VOLUME_MEGABYTES}"]
        return [*arguments, f"-volume.max={_VOLUMES_MAX}"]

    def _socket(self, part: str) -> Path:
        # not in the home: a socket's path may have 107 bytes
        return Path(f"/tmp/seaweedfs-{part}-{self._ports[part]}.sock")  # noqa: S108

    def _remove_stale_sockets(self) -> None:
        sockets = [self._socket(part) for part in ("s3", "filer")]
        for part in _PARTS:
            grpc = self._ports[f"{part}.grpc"]
            sockets.append(Path(f"/tmp/seaweedfs-{part}-grpc-{grpc}.sock"))  # noqa: S108
        for socket in sockets:
            with suppress(OSError):
                socket.unlink()
