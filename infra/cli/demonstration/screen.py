"""What the demo shows: addresses, live progress with steps and ETA, what the log says, results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from domain.generation.decider import GENERATION
from infra.cli.caller import Json
from infra.cli.figures import Figures, equals
from infra.clock import system_clock
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings
from infra.supervision.stack import Stack

if TYPE_CHECKING:
    from infra.cli.demonstration.takes import Production

EXPECTED = {
    "completed": ["video-requested.v1", "take-sampled.v1", "rendition-stored.v1"],
    "cancelled": ["video-requested.v1", "generation-cancelled.v1"],
}


class Row:
    """One generation's line."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def show(
        self, stage: str, progress: Json, eta: datetime | None, queue_position: int | None
    ) -> None:
        steps = progress["steps"]
        left = max(0.0, (eta - system_clock()).total_seconds()) if eta else None
        sampling = stage == "sampling"
        words = {
            "requested": f"waiting, {queue_position} before it" if queue_position else "waiting",
            "sampling": f"step {progress['step']}/{steps}" if steps else "sampling",
        }
        self._progress.update(
            self._task,
            completed=100 if stage == "completed" else progress["fraction"] * 100,
            stage=words.get(stage, stage),
            eta=f"ETA {left:.0f} s" if left is not None and sampling else "",
        )


class Screen:
    """The demo's terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description:<6}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[stage]:<16}"),
            TextColumn("[dim]{task.fields[eta]:<9}"),
            TextColumn("[dim]{task.fields[prompt]}", markup=True),
            console=console,
        )

    def addresses(self, stack: Stack) -> None:
        table = Table(
            show_header=False, title="Addresses, while the demo runs", title_justify="left"
        )
        for name, address in stack.addresses.items():
            table.add_row(f"[bold]{name}[/]", address)
        self.console.print(table)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show the rows while the block runs."""
        with self._progress:
            yield

    def row(self, name: str, prompt: str) -> Row:
        room = max(8, self.console.width - 64)  # what the columns before it leave
        short = prompt if len(prompt) <= room else prompt[: room - 1] + "…"
        task = self._progress.add_task(name, total=100, stage="waiting", eta="", prompt=short)
        return Row(self._progress, task)

    def results(self, productions: Sequence[Production]) -> None:
        table = Table(title="What came of them", title_justify="left")
        for heading in ("", "status", "film", "seconds", "SHA-256"):
            table.add_column(heading)
        for each in productions:
            seconds = f"{each.video['picture_seconds']:.2f}" if each.video else ""
            film = str(each.film) if each.film else ""
            table.add_row(each.name, each.status, film, seconds, each.film_sha256[:16])
        self.console.print(table)


async def story_of_the_log(
    screen: Screen, settings: Settings, figures: Figures, productions: Sequence[Production]
) -> None:
    """Print each generation's events, and hold their endings against what the API said."""
    async with PostgresEventLog(settings.postgres_dsn) as log:
        table = Table(title="What the event log says", title_justify="left")
        for heading in ("", "at", "event", "position"):
            table.add_column(heading)
        agreeing = 0
        for each in productions:
            recorded = await log.read_stream(GENERATION.stream(each.generation_id))
            types = [event.type for event in recorded]
            ending = [name for name in types if name == f"generation-{each.status}.v1"]
            wanted = EXPECTED.get(each.status, ["unexpected"])
            agreeing += len(ending) == 1 and all(name in types for name in wanted)
            for event in recorded:
                at = event.recorded_at.astimezone(UTC)
                table.add_row(each.name, f"{at:%H:%M:%S.%f}"[:-3], event.type, str(event.position))
            table.add_section()
    screen.console.print(table)
    goal = equals(len(productions))
    figures.measured("log_agrees", agreeing, "generations", goal=goal)
