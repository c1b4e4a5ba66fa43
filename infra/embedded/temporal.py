"""Temporal's development server: a database file, a web UI, and flags for speed and safety."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Final

from infra.embedded.ports import LOOPBACK, PortBook
from infra.embedded.server import EmbeddedServer, answers, binary
from infra.settings import Settings
from infra.supervision.process import Program
from infra.temporal.deployment import load

# Without the poll rates a sequential step costs 50 ms once a burst is used up; without the shift
# timers have a grain of 1 s; fairness, which temporal.yaml switches, needs a single partition; the
# last three push cancellations.
_DYNAMIC_CONFIG: Final[dict[str, object]] = {
    "history.transferProcessorMaxPollRPS": 2000,
    "history.timerProcessorMaxPollRPS": 2000,
    "history.visibilityProcessorMaxPollRPS": 2000,
    "history.outboundProcessorMaxPollRPS": 2000,
    "history.timerProcessorMaxTimeShift": "10ms",
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
    "system.enableCancelActivityWorkerCommand": True,
    "frontend.WorkerCommandsEnabled": True,
    "frontend.WorkerHeartbeatsEnabled": True,
}
# six times the throughput of the defaults, and what was acknowledged survives a killed process
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=NORMAL")


class TemporalServer(EmbeddedServer):
    """The dev server; ``address`` for workers and clients, ``ui_url`` for people."""

    name = "temporal"

    def __init__(
        self, settings: Settings, ports: PortBook, codec_endpoint: str | None = None
    ) -> None:
        super().__init__(settings.home, settings.servers_start_seconds_max)
        self._codec_endpoint = codec_endpoint
        self._namespace = settings.temporal_namespace
        self._port = ports.port("temporal", settings.temporal_port)
        self._ui_port = ports.port("temporal_ui", settings.temporal_ui_port)
        self._http_port = ports.port("temporal_http", settings.temporal_http_port)
        self._metrics_port = ports.port("temporal_metrics", settings.temporal_metrics_port)

    @property
    def address(self) -> str:
        """Where gRPC answers."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str:
        """Where the web UI answers."""
        return f"http://{LOOPBACK}:{self._ui_port}"

    @property
    def database(self) -> Path:
        """The file with every workflow."""
        return self.folder / "temporal.db"

    async def prepare(self) -> Program:
        """The dev server's command line; the namespace is made by the server itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = str(binary("temporal"))
        return Program(
            name=self.name,
            argv=(program, *self._arguments()),
            marker=program,
            log_path=self.log_path,
            pid_path=self.pid_path,
            directory=self.folder,
        )

    async def probe(self) -> None:
        """gRPC listens, the UI listens, and the namespace is known."""
        await answers(LOOPBACK, self._port)
        await answers(LOOPBACK, self._ui_port)
        await asyncio.to_thread(self._namespace_is_known)

    def _namespace_is_known(self) -> None:
        url = f"http://{LOOPBACK}:{self._http_port}/api/v1/namespaces/{self._namespace}"
        with urllib.request.urlopen(url, timeout=2.0) as answer:  # our own address
            answer.read()

    def _arguments(self) -> list[str]:
        arguments = ["server", "start-dev", "--ip", LOOPBACK, "--port", str(self._port)]
        arguments += ["--ui-ip", LOOPBACK, "--ui-port", str(self._ui_port)]
        arguments += ["--http-port", str(self._http_port)]
        arguments += ["--metrics-port", str(self._metrics_port)]
        arguments += ["--namespace", self._namespace, "--db-filename", str(self.database)]
        for pragma in _PRAGMAS:
            arguments += ["--sqlite-pragma", pragma]
        if self._codec_endpoint:
            arguments += ["--ui-codec-endpoint", self._codec_endpoint]
        fairness = {"matching.enableFairness": load().fairness.enabled}
        for key, value in {**_DYNAMIC_CONFIG, **fairness}.items():
            arguments += ["--dynamic-config-value", f"{key}={json.dumps(value)}"]
        # a temporal.toml of the user is about other servers
        return [
            *arguments,
            "--ui-disable-news-fetch",
            "--disable-config-file",
            "--disable-config-env",
            "--log-level=warn",
            "--color=never",
        ]
