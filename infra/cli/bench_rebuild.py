"""``bench rebuild``: how fast read models are built anew from the log, and whether they agree.

The log is filled with whole generations; the live runner folds them; then each read model is
rebuilt beside the live one, several times, and compared with it byte for byte. Beside it, in the
same run: how fast the log alone can be read (nothing can be faster), and the same folding done one
transaction per event, and row by row in batches of 500, on a part of the log.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console

from domain.catalog import EVENTS
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ports import START
from infra.cli.bench_stories import appends, stories
from infra.cli.figures import Figures, at_least, equals
from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings
from projections.batches import BATCH_EVENTS_MAX
from projections.collector import rare_collections
from projections.connection import writing
from projections.feed import FEED
from projections.fingerprint import Fingerprint, fingerprint
from projections.generations import GENERATIONS
from projections.projection import Projection, fact_of, name_of
from projections.rebuild import rebuild
from projections.registry import prepare_projections
from projections.runner import Runner
from projections.tables import Tables

GENERATIONS_TOLD: Final = 12_000
ROUNDS: Final = 5
EVENTS_PER_SECOND_MIN: Final = 60_000
_SAMPLE_EVENTS: Final = 3000
_ROW_BY_ROW_BATCH: Final = 500
_MEASURED: Final[tuple[Projection[Any], ...]] = (GENERATIONS, FEED)


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
) -> None:
    """Events per second of a rebuild beside its floor and two peers, and equality of the bytes."""
    if not run(json_path):
        raise typer.Exit(1)


def run(json_path: Path | None = None, generations: int = GENERATIONS_TOLD) -> bool:
    """Measure on a server of its own, print the table, write the figures; true when all holds."""
    figures = Figures(
        "bench rebuild",
        [
            *(f"rebuild_{each.name}" for each in _MEASURED),
            "rebuild_both",
            *(f"equal_{each.name}" for each in _MEASURED),
            "live_runner",
            "exchange",
        ],
    )
    try:
        asyncio.run(_measure(figures, generations))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


async def _measure(figures: Figures, generations: int) -> None:
    figures.versions("asyncpg", "pydantic")
    with Console(stderr=True).status("filling the log") as status:
        async with _server() as dsn, PostgresEventLog(dsn) as log:
            await PostgresEventLog.migrate(dsn)
            await prepare_projections(dsn)
            events = await _fill(log, generations)
            figures.add(events=events, generations=generations, batch_events=BATCH_EVENTS_MAX)
            with rare_collections():
                status.update("the peers, on a part of the log")
                peers = await _peers(log, dsn)
                status.update("the live runner")
                live = {each.name: await _live(each, log, dsn, events) for each in _MEASURED}
                figures.measured("live_runner", live[GENERATIONS.name], "events/s")
                status.update("rebuilding")
                await _rebuild_in_rounds(figures, log, dsn, peers)


async def _rebuild_in_rounds(
    figures: Figures, log: PostgresEventLog, dsn: str, peers: dict[str, float]
) -> None:
    """The read models in turn, round after round, so that a noisy minute hits all of them."""
    before = {each.name: await _bytes_of(each, dsn) for each in _MEASURED}
    rates: dict[str, list[float]] = {name: [] for name in (*before, "both", "read")}
    equal = dict.fromkeys(before, True)
    exchanges = []
    for _ in range(ROUNDS):
        rates["read"].append(await _read_rate(log))
        events, seconds = 0, 0.0
        for projection in _MEASURED:
            done = await rebuild(projection, log, EVENTS, dsn)
            rates[projection.name].append(done.events / done.seconds)
            exchanges.append(done.exchange_seconds * 1000)
            events, seconds = events + done.events, seconds + done.seconds
            equal[projection.name] &= await _bytes_of(projection, dsn) == before[projection.name]
        rates["both"].append(events / seconds)
    peer = {"reading the log alone": median(rates["read"])}
    goal = at_least(EVENTS_PER_SECOND_MIN)
    for name in (*before, "both"):
        figures.measured(
            f"rebuild_{name}",
            median(rates[name]),
            "events/s",
            goal=goal,
            peer={**peer, **peers} if name == GENERATIONS.name else peer,
            rounds=rates[name],
        )
    for name, found in before.items():
        same = equal[name] and found.rows > 0
        figures.measured(f"equal_{name}", same, f"of {found.rows:,} rows", goal=equals(True))
    figures.add(sha256={name: found.sha256 for name, found in before.items()})
    figures.measured("exchange", median(exchanges), "ms", rounds=exchanges)


async def _fill(log: PostgresEventLog, generations: int) -> int:
    """Append the stories with several requests on their way; how many events."""
    events = 0
    for batch in appends(stories(generations), events_max=1000):
        await log.append(batch)
        events += sum(len(each.events) for each in batch)
    return events


async def _live(projection: Projection[Any], log: PostgresEventLog, dsn: str, events: int) -> float:
    """Events per second of the runner that follows the log, from an empty table to the head."""
    begun = time.perf_counter()
    await Runner(projection, log, EVENTS, dsn).catch_up()
    return events / (time.perf_counter() - begun)


async def _read_rate(log: PostgresEventLog) -> float:
    begun, events, position = time.perf_counter(), 0, START
    while batch := await log.read_all(position, BATCH_EVENTS_MAX):
        events, position = events + len(batch), batch[-1].position
    return events / (time.perf_counter() - begun)


async def _peers(log: PostgresEventLog, dsn: str) -> dict[str, float]:
    """The same folding by simpler means, in tables of their own that go again."""
    sample = await log.read_all(START, _SAMPLE_EVENTS)
    async with writing(dsn, "peer") as connection:
        tables = Tables(GENERATIONS, EVENTS, connection, "read_generations_peer")
        await tables.create()
        begun, position = time.perf_counter(), START
        for event in sample[: _SAMPLE_EVENTS // 3]:
            await tables.advance(position, [event])
            position = event.position
        one_by_one = _SAMPLE_EVENTS // 3 / (time.perf_counter() - begun)
        begun = time.perf_counter()
        for start in range(0, len(sample), _ROW_BY_ROW_BATCH):
            await _row_by_row(connection, tables.schema, sample[start : start + _ROW_BY_ROW_BATCH])
        row_by_row = len(sample) / (time.perf_counter() - begun)
        await connection.execute(f"DROP SCHEMA {tables.schema} CASCADE")
    return {"a transaction per event": one_by_one, "row by row in batches of 500": row_by_row}


async def _row_by_row(
    connection: asyncpg.Connection, schema: str, events: list[RecordedEvent]
) -> None:
    """One transaction, but every event loads its row and saves it."""
    load, save = (GENERATIONS.sql.within(schema, name) for name in ("load", "save"))
    concerning = [event for event in events if name_of(event.type) in GENERATIONS.folds]
    async with connection.transaction():
        for fact in (fact_of(event, EVENTS) for event in concerning):
            found = await connection.fetch(load, [GENERATIONS.key(fact)])
            rows = {record[0]: GENERATIONS.row(*record) for record in found}
            GENERATIONS.fold(rows, fact)
            [row] = rows.values()
            await connection.execute(save, *([value] for value in GENERATIONS.columns(row)))


async def _bytes_of(projection: Projection[Any], dsn: str) -> Fingerprint:
    connection = await asyncpg.connect(dsn)
    try:
        return await fingerprint(connection, projection)
    finally:
        await connection.close()


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """PostgreSQL in a temporary home, as ``up`` would start it."""
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as another user, who must enter it
        server = PostgresServer(Settings(home=home), PortBook(home))
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()
