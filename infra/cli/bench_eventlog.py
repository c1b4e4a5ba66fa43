"""``bench eventlog``: appends per second beside a library and a bare INSERT, and how soon is heard.

What an append costs depends on how long the disk takes to make a commit durable, because writers
that take turns wait for it one after another, and writers that share a commit wait together. So
everything runs twice: on this disk as it is, and with the server told to hold each flush for
another 4 ms (``commit_delay``, the same for all), which is what network volumes and consumer
drives take. The disk's own flush time stands among the figures.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Final

import asyncpg
import typer
from rich.console import Console

from domain.kernel.envelope import NewEvent
from domain.kernel.ids import event_id
from domain.kernel.ports import Expected, StreamAppend
from infra.cli.eventlog_contestants import (
    DATA,
    EVENT_TYPE,
    METADATA,
    Contestant,
    LibraryRecorder,
    OurLog,
    PlainInsert,
)
from infra.cli.eventlog_results import Results
from infra.cli.figures import Figures, at_least
from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings

WRITERS: Final = (1, 16, 64)
ROUNDS: Final = 3
RACE_SECONDS: Final = 0.8
HELD_FLUSH_SECONDS: Final = 0.004

HEARD_APPENDS: Final = 800
HEARD_PER_SECOND: Final = 200

THIS_DISK, HELD_FLUSH = "this disk", "flush held 4 ms"
# Both goals are judged on the disk as it is; the held flush explains them and judges nothing.
_GOALS: Final = {
    (THIS_DISK, "eventsourcing"): at_least(25),
    (THIS_DISK, PlainInsert.name): at_least(0.8),
}


def command(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
) -> None:
    """Appends per second beside two peers, and how soon a subscriber hears of an append."""
    if not run(json_path):
        raise typer.Exit(1)


def run(json_path: Path | None = None) -> bool:
    """Measure on a server of its own, print the tables, write the figures; true when all holds."""
    figures = _planned()
    try:
        asyncio.run(_measure(figures))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


def _planned() -> Figures:
    return Figures(
        "bench eventlog",
        [
            *(f"appends_per_second_{writers}_writers" for writers in WRITERS),
            "times_library_this_disk",
            "times_plain_this_disk",
            "times_library_flush_held",
            "times_plain_flush_held",
            "append_to_subscriber_p50",
            "append_to_subscriber_p99",
        ],
    )


async def _measure(figures: Figures) -> None:
    figures.versions("asyncpg", "eventsourcing", "psycopg")
    async with _server() as dsn:
        await PostgresEventLog.migrate(dsn)
        figures.versions(postgresql=await _fetch(dsn, "SHOW server_version"))
        figures.add(
            synchronous_commit=await _fetch(dsn, "SHOW synchronous_commit"),
            single_commit_ms=round(await _single_commit_ms(dsn), 3),
            seconds_per_race=RACE_SECONDS,
        )
        results = await _race_all(dsn)
        heard = await _hear(dsn)
    _report_rates(figures, results)
    for name, share in (("p50", 49), ("p99", 98)):
        figures.measured(f"append_to_subscriber_{name}", quantiles(heard, n=100)[share], "ms")
    figures.spread("append_to_subscriber", heard)
    Console().print(results.table(WRITERS))


@contextmanager
def _temporary_home() -> Iterator[Path]:
    """A folder that goes again; as root the server runs as another user, who must enter it."""
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        yield home


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """PostgreSQL in a temporary home, as ``up`` would start it."""
    with _temporary_home() as home:
        server = PostgresServer(Settings(home=home), PortBook(home))
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()


async def _race_all(dsn: str) -> Results:
    """Everybody in turn, round after round, so that a noisy minute hits all of them."""
    plain = PlainInsert(dsn)
    await plain.prepare()
    contestants: list[Contestant] = [OurLog(dsn), LibraryRecorder(dsn), plain]
    quick = LibraryRecorder(dsn, quick=True)
    results = Results()
    with Console(stderr=True).status("") as status:
        for round_number in range(1, ROUNDS + 1):
            for disk, held_seconds in ((THIS_DISK, 0.0), (HELD_FLUSH, HELD_FLUSH_SECONDS)):
                await _hold_flushes(dsn, held_seconds)
                for writers in WRITERS:
                    racing = [*contestants, quick] if writers == max(WRITERS) else contestants
                    for contestant in racing:
                        status.update(
                            f"round {round_number} of {ROUNDS}, {disk}: "
                            f"{contestant.name}, {writers} writers"
                        )
                        rate = await contestant.race(writers, RACE_SECONDS)
                        results.add(disk, contestant.name, writers, rate)
    await _hold_flushes(dsn, 0.0)
    return results


async def _hold_flushes(dsn: str, seconds: float) -> None:
    """Make every flush of the write-ahead log take this much longer, for everybody."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("ALTER SYSTEM SET commit_siblings = 0")
        await connection.execute(f"ALTER SYSTEM SET commit_delay = {round(seconds * 1e6)}")
        await connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def _hear(dsn: str) -> list[float]:
    """Milliseconds from before an append to when a subscriber on another connection has it."""
    async with PostgresEventLog(dsn) as writer, PostgresEventLog(dsn) as reader:
        began: dict[str, float] = {}
        heard: list[float] = []
        ready = asyncio.Event()

        async def listen() -> None:
            async for batch in reader.subscribe(await reader.head()):
                for event in batch:
                    heard.append((time.perf_counter() - began[event.stream]) * 1e3)
                    ready.set()
                if len(heard) > HEARD_APPENDS:
                    return

        async def append(number: int) -> None:
            stream = f"heard-{number}"
            event = NewEvent(event_id(stream, 0), EVENT_TYPE, DATA, METADATA)
            began[stream] = time.perf_counter()
            await writer.append([StreamAppend(stream, Expected.NO_STREAM, [event])])

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.3)
        await append(0)  # wakes everybody up and is not counted
        await ready.wait()
        appends = []
        for number in range(1, HEARD_APPENDS + 1):
            appends.append(asyncio.create_task(append(number)))
            await asyncio.sleep(1 / HEARD_PER_SECOND)
        await asyncio.gather(*appends)
        await asyncio.wait_for(listening, 10)
    return heard[1:]


async def _single_commit_ms(dsn: str) -> float:
    """What one small durable commit takes here, alone: mostly the disk's flush."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE flushed (n int)")
        took = []
        for number in range(100):
            began = time.perf_counter()
            await connection.execute("INSERT INTO flushed VALUES ($1)", number)
            took.append((time.perf_counter() - began) * 1e3)
        return median(took)
    finally:
        await connection.close()


async def _fetch(dsn: str, query: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(query))
    finally:
        await connection.close()


def _report_rates(figures: Figures, results: Results) -> None:
    for (disk, name, writers), rounds in results.rounds.items():
        figures.spread(f"{name}, {writers} writers, {disk}", rounds)
    for writers in WRITERS:
        figures.measured(
            f"appends_per_second_{writers}_writers",
            results.median(THIS_DISK, OurLog.name, writers),
            "appends/s",
            peer={
                name: results.median(THIS_DISK, name, writers)
                for name in ("eventsourcing", PlainInsert.name)
            },
        )
    for disk, suffix in ((THIS_DISK, "this_disk"), (HELD_FLUSH, "flush_held")):
        for short, name in (("library", "eventsourcing"), ("plain", PlainInsert.name)):
            rounds = results.times(OurLog.name, name, disk, 64)
            figures.measured(
                f"times_{short}_{suffix}",
                median(rounds),
                "times, 64 writers",
                goal=_GOALS.get((disk, name)),
                peer=results.median(disk, name, 64),
                rounds=rounds,
            )
