"""``run ROLE``: one of our processes, from its first line to its drained end."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, cast

import typer

from infra.errors import UserError
from infra.settings import Settings
from infra.supervisor import ready_path

RoleMain = Callable[[Settings, Callable[[], None]], Awaitable[None]]

ROLES: Final = {
    "api": "infra.processes.api:main",
    "orchestration": "infra.processes.orchestration:main",
    "media": "infra.processes.media:main",
    "studio": "infra.processes.studio:main",
    "projector": "infra.processes.projector:main",
}


def run(role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")]) -> None:
    """Run one of Callsheet's processes until it is asked to stop."""
    if role not in ROLES:
        raise UserError(f"There is no role {role}. The roles are {', '.join(ROLES)}.")
    settings = Settings.read()
    from infra.telemetry import logs

    logs.configure(settings, role)
    module, _, name = ROLES[role].partition(":")
    main = cast(RoleMain, getattr(importlib.import_module(module), name))
    asyncio.run(until_asked_to_stop(main, settings, role))


async def until_asked_to_stop(main: RoleMain, settings: Settings, role: str) -> None:
    """Run ``main``; the first SIGTERM or SIGINT cancels it, and its drain is awaited.

    An end without being asked is a failure: the supervisor starts the process again.

    Raises:
        UserError: when ``main`` returned by itself.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    work = asyncio.ensure_future(main(settings, lambda: _say_ready(settings, role)))

    def stop() -> None:
        # a second request changes nothing: whoever is in a hurry has SIGKILL
        if not asked.is_set():
            asked.set()
            work.cancel()

    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop)
    try:
        await work
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
    else:
        if not asked.is_set():
            raise UserError(f"The {role} process ended without being asked to.")


def _say_ready(settings: Settings, role: str) -> None:
    path = ready_path(settings.home, role)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(os.getpid()), encoding="utf-8")
