"""``bench moderation``: what-if over recorded cases, and the undo of a policy that over-blocked.

A log is filled with cases that the decider wrote. What-if is asked twice over all of them and once
over the second half. Then a revision that stops too much decides about some thousand more, is
undone, and every case is held against a run in which that revision never was.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from rich.console import Console

from activities.ledger import Context, Decision, Ledger
from activities.moderation.comparing import PolicyComparer
from activities.moderation.policies import PolicyDesk, publish
from activities.moderation.recorded import cases_between
from activities.moderation.undoing import PolicyUndo
from domain.catalog import EVENTS
from domain.moderation.policy import Policy
from domain.moderation.publishing import HOUSE, PUBLISHING, EnforcePolicy
from domain.moderation.undoing import Outcome, outcome_of
from domain.moderation.what_if import WhatIf
from infra.cli.figures import Figures, at_most, equals
from infra.cli.moderation_crowd import ACCOUNTS, BEGINNING, SPACING, Crowd, policy
from infra.embedded.ports import PortBook
from infra.embedded.postgres import PostgresServer
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.postgres import PostgresEventLog
from infra.settings import Settings
from infra.vault import FolderVault
from projections.moderation import MODERATION, ModerationReader
from projections.registry import prepare_projections
from projections.runner import Runner

CASES: Final = 100_000
OVER_BLOCKED: Final = 10_000
SECONDS_MAX: Final = 360
_ERASED: Final = 10
_BATCH: Final = 200
_CALM, _EAGER, _TRIED = policy(1, 600, 850), policy(2, 90, 150), policy(3, 450, 700)
_CONTEXT: Final = Context("client/bench", "policy/house")
PLANNED: Final = (
    "what_if_seconds",
    "what_if_hashes_equal",
    "what_if_linear",
    "erased_left_out",
    "undo_cases",
    "undo_seconds",
    "undo_equals_counterfactual",
    "undo_seen",
    "undo_taken_back",
)


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
    cases: Annotated[int, typer.Option(min=200, help="Recorded cases for what-if.")] = CASES,
    over_blocked: Annotated[
        int, typer.Option(min=100, help="Cases about which the revision decides that is undone.")
    ] = OVER_BLOCKED,
) -> None:
    """What-if over 100,000 recorded cases, and the undo of a policy that over-blocked 10,000."""
    figures = Figures("bench moderation", PLANNED)
    figures.versions("asyncpg", "pydantic")
    try:
        asyncio.run(_measure(figures, cases, over_blocked))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    if not figures.ok:
        raise typer.Exit(1)


async def _measure(figures: Figures, cases: int, over_blocked: int) -> None:
    with (
        Console(stderr=True).status("filling the log") as status,
        tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder,
    ):
        vault = FolderVault(Path(folder) / "keys")
        crowd = Crowd(vault)
        async with _log(Path(folder)) as (log, dsn):
            desk = PolicyDesk(log, CatalogCodec(EVENTS), _CALM)
            await desk.in_force(BEGINNING)
            began = time.perf_counter()
            await _fill(log, crowd, 0, cases, _CALM)
            figures.add(fill_seconds=round(time.perf_counter() - began, 1), cases=cases)
            for account_id in crowd.accounts[:_ERASED]:
                await vault.destroy(account_id)
            status.update("what-if")
            await _what_if(figures, log, vault, cases)
            status.update("undo")
            undo = PolicyUndo(log, CatalogCodec(EVENTS), desk, vault)
            await _undo(figures, log, dsn, undo, crowd, cases, over_blocked)


async def _what_if(figures: Figures, log: PostgresEventLog, vault: FolderVault, cases: int) -> None:
    async def ask(since: datetime) -> tuple[float, WhatIf]:
        comparer = PolicyComparer(log, CatalogCodec(EVENTS), vault)
        began = time.perf_counter()
        told = await comparer.compare(_TRIED, since)
        return time.perf_counter() - began, told

    half, _ = await ask(BEGINNING + SPACING * (cases // 2))
    first, told = await ask(BEGINNING)
    second, again = await ask(BEGINNING)
    whole = min(first, second)
    figures.measured(
        "what_if_seconds", whole, "s", goal=at_most(SECONDS_MAX), rounds=[first, second]
    )
    figures.measured("what_if_hashes_equal", told == again, "", goal=equals(True))
    figures.measured("what_if_linear", whole / half / 2, "of half's pace", goal=at_most(1.3))
    erased = cases * _ERASED // ACCOUNTS
    figures.measured("erased_left_out", told.erased, "cases", goal=equals(erased))
    figures.add(what_if=told.model_dump(exclude={"rules"}), half_seconds=round(half, 2))


async def _undo(
    figures: Figures,
    log: PostgresEventLog,
    dsn: str,
    undo: PolicyUndo,
    crowd: Crowd,
    first: int,
    count: int,
) -> None:
    since, until = BEGINNING + SPACING * first, BEGINNING + SPACING * (first + count)
    await _enforce(log, _EAGER)
    await _fill(log, crowd, first, count, _EAGER, sealed=False)
    before = await _outcomes(log, since, until)
    began = time.perf_counter()
    done = await undo.undo(_EAGER.revision, since, until, until)
    seconds = time.perf_counter() - began
    after = await _outcomes(log, since, until)
    lives = {name: outcome_of(state) for name, state in crowd.lives(first, count, _CALM)}
    differing = sum(after[name] != expected for name, expected in lives.items())
    over_blocked = sum(before[name] != lives[name] for name in lives)
    figures.measured("undo_cases", done.cases, "cases", goal=equals(count))
    figures.measured("undo_seconds", seconds, "s", goal=at_most(SECONDS_MAX))
    figures.measured("undo_equals_counterfactual", differing, "cases differ", goal=equals(0))
    figures.measured("undo_seen", await _seen(log, dsn, lives), "rows differ", goal=equals(0))
    back = await undo.reverse(done.batch_id, until)
    restored = await _outcomes(log, since, until)
    figures.measured("undo_taken_back", restored == before, "", goal=equals(True))
    figures.add(over_blocked=over_blocked, changed=done.changed, restored=back.cases)


async def _seen(log: PostgresEventLog, dsn: str, lives: dict[str, Outcome]) -> int:
    """How many of the cases read otherwise than they stand, once the read model has all of it."""
    await Runner(MODERATION, log, EVENTS, dsn).catch_up()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        reader = ModerationReader(pool)
        rows = [await reader.get(name) for name in lives]
    stands = zip(rows, lives.values(), strict=True)
    return sum(row is None or row.status != each.situation for row, each in stands)


async def _outcomes(log: PostgresEventLog, since: datetime, until: datetime) -> dict[str, Outcome]:
    found = cases_between(log, CatalogCodec(EVENTS), since, until)
    return {case.content.case_id: outcome_of(case) async for case in found}


async def _enforce(log: PostgresEventLog, revision: Policy) -> None:
    ledger = Ledger(log, CatalogCodec(EVENTS))
    await publish(ledger, revision, f"publish/{revision.revision}", BEGINNING, _CONTEXT)
    command = EnforcePolicy(
        command_id=f"enforce/{revision.revision}", at=BEGINNING, revision=revision.revision
    )
    await ledger.perform([Decision(PUBLISHING, HOUSE, command)], _CONTEXT)


async def _fill(
    log: PostgresEventLog,
    crowd: Crowd,
    first: int,
    count: int,
    under: Policy,
    sealed: bool = True,
) -> None:
    batch = []
    async for told in crowd.cases(first, count, under, sealed=sealed):
        batch.append(told.append)
        if len(batch) == _BATCH:
            await log.append(batch)
            batch = []
    if batch:
        await log.append(batch)


@asynccontextmanager
async def _log(home: Path) -> AsyncIterator[tuple[PostgresEventLog, str]]:
    """A log on PostgreSQL in a temporary home, as ``up`` would start it."""
    home.chmod(0o755)  # as root the server runs as another user, who must enter it
    server = PostgresServer(Settings(home=home), PortBook(home))
    try:
        await server.start()
        await PostgresEventLog.migrate(server.url)
        await prepare_projections(server.url)
        async with PostgresEventLog(server.url) as log:
            yield log, server.url
    finally:
        await server.stop()
