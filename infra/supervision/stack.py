"""The whole program on one machine: servers, what they need before first use, our processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from infra.embedded.servers import EmbeddedServers
from infra.settings import Settings
from infra.supervision.events import Listener, ProcessEvent
from infra.supervision.home import RunFile
from infra.supervision.identity import Identity
from infra.supervisor import Supervisor

Prepare = Callable[[Settings], Awaitable[None]]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """What runs: the settings with every address, the servers, our processes."""

    settings: Settings
    servers: EmbeddedServers
    supervisor: Supervisor

    @property
    def addresses(self) -> dict[str, str]:
        """What a person opens or gives to a client. No password is in it."""
        return addresses(self.settings)


@asynccontextmanager
async def running(
    settings: Settings,
    on_event: Listener | None = None,
    progress: Progress | None = None,
    prepare: Prepare | None = None,
) -> AsyncIterator[Stack]:
    """Everything started and ready inside the block, drained and stopped after it.

    Raises:
        AlreadyRunning: when another process holds the home.
        ServerFailed, ProcessFailed: with the last lines of the log.
    """
    say = progress or (lambda _: None)
    stack: Stack | None = None

    def tell(event: ProcessEvent) -> None:
        if stack is not None:
            _write_run_file(stack)
        if on_event is not None:
            on_event(event)

    say("starting the servers")
    async with EmbeddedServers(settings, tell) as servers:
        say("preparing them")
        await (prepare or _bootstrap)(servers.settings)
        say("starting our processes")
        async with Supervisor(servers.settings, tell) as supervisor:
            await supervisor.wait_ready()
            say("ready")
            stack = Stack(servers.settings, servers, supervisor)
            _write_run_file(stack)
            try:
                yield stack
            finally:
                stack = None
                RunFile.path(settings.home).unlink(missing_ok=True)
                say("draining")


def addresses(settings: Settings) -> dict[str, str]:
    """Where everything answers, by title; what is not known is left out."""
    dsn = settings.postgres_url
    known = {
        "API": settings.api_url,
        "API docs": f"{settings.api_url}/docs" if settings.api_url else "",
        "API key": str(settings.home / "api-key"),
        "Temporal": settings.temporal_address or "",
        "Temporal UI": settings.temporal_ui_url or "",
        "PostgreSQL": _without_password(dsn.get_secret_value()) if dsn else "",
        "S3": settings.s3_url,
        "Logs": str(settings.home / "logs"),
    }
    return {title: address for title, address in known.items() if address}


async def _bootstrap(settings: Settings) -> None:
    # imported here: the servers start sooner, and ``status`` needs none of it
    from infra.bootstrap import prepare

    await prepare(settings)


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _write_run_file(stack: Stack) -> None:
    me = Identity.of(psutil.Process().pid)
    started = datetime.fromtimestamp(me.created, UTC)
    servers = {name: server.pid for name, server in stack.servers.all.items()}
    RunFile(
        pid=me.pid,
        created=me.created,
        started_at=started.isoformat(timespec="seconds"),
        addresses=stack.addresses,
        processes={**servers, **stack.supervisor.pids},
    ).write(stack.settings.home)
