"""``up``: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal

from rich.console import Console
from rich.table import Table

from infra.settings import Settings
from infra.supervision.events import ProcessEvent
from infra.supervision.stack import Stack, running


def up() -> None:
    """Start the servers and our processes, print where they answer, and stay until Ctrl-C.

    The state lives in .callsheet (CALLSHEET_HOME): the next up goes on where this one ends.
    """
    asyncio.run(_up(Settings.read(), Console()))


async def _up(settings: Settings, console: Console) -> None:
    stopping = asyncio.Event()
    work = asyncio.current_task()
    assert work is not None
    loop = asyncio.get_running_loop()
    started = False

    def stop() -> None:
        stopping.set()
        if not started:
            work.cancel()

    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop)
    begun = loop.time()

    def progress(step: str) -> None:
        console.print(f"[dim]{loop.time() - begun:5.1f} s[/] {step}")

    try:
        async with running(settings, lambda event: _say(console, event), progress) as stack:
            started = True
            console.print(_table(stack))
            console.print("Ctrl-C stops; what was accepted goes on at the next up.")
            await stopping.wait()
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    console.print("Stopped.")


def _table(stack: Stack) -> Table:
    table = Table(title="Callsheet is up", title_justify="left", show_header=False)
    for title, address in stack.addresses.items():
        table.add_row(f"[bold]{title}[/]", address, style=None)
    return table


def _say(console: Console, event: ProcessEvent) -> None:
    console.print(event.sentence, markup=False)
    if event.kind in {"died", "failed"} and event.log_tail:
        console.print(event.log_tail, style="dim", markup=False, highlight=False)
