"""``bench consent``: the same answer at every door, fast, and budgets that are exact under races.

Five things are measured. Whether the code answers as the table of tiers, casters and doors that
was written by hand. How long one check takes when its streams are loaded, for a cameo with long
lists and ten thousand uses behind it, beside folding and loading them. How long it takes over HTTP,
beside a request that asks nobody. How many of many racing requests are admitted to a budget,
through desks that share nothing but the log on PostgreSQL. And in random worlds, whether asking
without writing and asking for good agree, at the same position and when that position is asked
about again.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from domain.consent.check import check
from domain.consent.receipt import receipts
from domain.consent.world import world_at
from infra.cli.consent_crowd import crowd
from infra.cli.consent_door import ask_at_the_door
from infra.cli.consent_proofs import Equality, dry_run_equals_admission, race_for_budget
from infra.cli.figures import Figures, at_most, equals
from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.eventlog.postgres import PostgresEventLog
from infra.receipts import ReceiptKeys
from infra.settings import Settings
from tests.domain.consent_table import cases

WORLDS: Final = 100_000
SHARE: Final = 2000
SEED: Final = 4
CHECKS: Final = 4000
ROUNDS: Final = 5
CHECK_MS_P99_MAX: Final = 2.0
HTTP_MS_P99_MAX: Final = 20.0
HTTP_REQUESTS: Final = 400
HTTP_ROUNDS: Final = 3
REQUESTS: Final = 1000
BUDGET: Final = 100
DESKS: Final = 4


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
    worlds: Annotated[int, typer.Option(help="How many random worlds to try.")] = WORLDS,
) -> None:
    """The truth table, the time of a check, a thousand racing requests, and random worlds."""
    if not run(json_path, worlds):
        raise typer.Exit(1)


def run(json_path: Path | None = None, worlds: int = WORLDS) -> bool:
    """Measure, print the table, write the figures; true when all holds."""
    figures = Figures(
        "bench consent",
        [
            "truth_table",
            *("check_p99", "receipt_signed", "http_check_p99"),
            *("budget_admitted", "budget_reserved", "budget_refused"),
            "dry_run_equals_admission",
        ],
    )
    try:
        asyncio.run(_measure(figures, worlds))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


async def _measure(figures: Figures, worlds: int) -> None:
    figures.versions("asyncpg", "cryptography", "pydantic")
    with Console(stderr=True).status("the truth table") as status:
        _compare_with_the_table(figures)
        status.update("how long a check takes")
        _time_checks(figures)
        async with _server() as (dsn, home):
            status.update("how long a check takes over HTTP")
            await _time_the_door(figures, dsn, home)
            status.update("racing for a budget")
            await _race(figures, dsn)
        status.update(f"{worlds:,} random worlds")
        await _compare(figures, worlds)


def _compare_with_the_table(figures: Figures) -> None:
    asked = list(cases())
    right = sum(each.holds() for each in asked) / len(asked)
    figures.measured("truth_table", right, f"of {len(asked)} answers", goal=equals(1.0))


async def _time_the_door(figures: Figures, dsn: str, home: Path) -> None:
    asked = await ask_at_the_door(dsn, home, HTTP_REQUESTS, HTTP_ROUNDS)
    rounds = [_p99(each) for each in asked.checks]
    floor = [_p99(each) for each in asked.floor]
    figures.measured(
        "http_check_p99",
        median(rounds),
        "ms",
        goal=at_most(HTTP_MS_P99_MAX),
        peer={
            "health p99": median(floor),
            "check p50": median(median(each) for each in asked.checks),
            "health p50": median(median(each) for each in asked.floor),
        },
        rounds=rounds,
    )


async def _compare(figures: Figures, worlds: int) -> None:
    """A process for each core, a seed for each share of the worlds."""
    begun = time.perf_counter()
    shares = [(min(SHARE, worlds - start), SEED + start) for start in range(0, worlds, SHARE)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        found = await asyncio.gather(
            *(loop.run_in_executor(pool, _share, *each) for each in shares)
        )
    tried = sum(each.worlds for each in found)
    figures.measured(
        "dry_run_equals_admission",
        sum(each.differences for each in found),
        f"differences in {tried:,} worlds",
        goal=equals(0),
    )
    figures.add(
        worlds=tried,
        worlds_permitted=sum(each.permitted for each in found),
        worlds_seconds=round(time.perf_counter() - begun, 1),
    )


def _share(worlds: int, seed: int) -> Equality:
    return asyncio.run(dry_run_equals_admission(worlds, seed))


def _time_checks(figures: Figures) -> None:
    """One check with everything loaded; beside it, folding the streams anew.

    The median of several rounds is judged, so that a neighbour who takes the processor for a
    moment is no part of the check; the check's own processor time stands beside it.
    """
    facts, plan = crowd()
    folded = _milliseconds(lambda: world_at(facts, len(facts)), 3)
    world = world_at(facts, len(facts))
    rounds = [
        _p99(_milliseconds(lambda: check(world, plan, "admission"), CHECKS)) for _ in range(ROUNDS)
    ]
    own = _milliseconds(lambda: check(world, plan, "admission"), CHECKS, time.thread_time)
    figures.measured(
        "check_p99",
        median(rounds),
        "ms",
        goal=at_most(CHECK_MS_P99_MAX),
        peer={
            "processor time p99": _p99(own),
            f"folding {len(facts):,} events": median(folded),
        },
        rounds=rounds,
    )
    keys = ReceiptKeys((Ed25519PrivateKey.generate(),))
    [receipt] = receipts(world, plan, check(world, plan, "admission"))
    signing = _milliseconds(lambda: keys.sign(receipt), 1000)
    figures.measured("receipt_signed", median(signing), "ms", rounds=signing)


def _p99(spent: list[float]) -> float:
    return quantiles(spent, n=100)[98]


def _milliseconds(
    work: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    spent = []
    for _ in range(times):
        begun = clock()
        work()
        spent.append((clock() - begun) * 1000)
    return spent


async def _race(figures: Figures, dsn: str) -> None:
    async with AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(PostgresEventLog(dsn)) for _ in range(DESKS)]
        begun = time.perf_counter()
        race = await race_for_budget(logs, REQUESTS, BUDGET)
        seconds = time.perf_counter() - begun
    unit = f"of {race.requests:,} requests at once"
    figures.measured("budget_admitted", race.admitted, unit, goal=equals(race.budget))
    figures.measured("budget_reserved", race.reserved, "uses in the log", goal=equals(race.budget))
    others = race.requests - race.budget
    figures.measured("budget_refused", race.refused, unit, goal=equals(others))
    figures.add(race_seconds=round(seconds, 2), desks=DESKS)


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[str, Path]]:
    """PostgreSQL in a temporary home, as ``up`` would start it, with the schema of the log."""
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as another user, who must enter it
        server = PostgresServer(Settings(home=home), PortBook(home))
        try:
            await server.start()
            await PostgresEventLog.migrate(server.url)
            yield server.url, home
        finally:
            await server.stop()
