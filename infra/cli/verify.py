"""``verify FILE``: which artefact of this installation a film is, or that it is not one of them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from rich.console import Console
from rich.tree import Tree

from activities.provenance.consent import ConsentBehind, ConsentNow
from activities.provenance.ports import PrintIndex, Register
from activities.provenance.reading import Ancestor
from activities.provenance.refusals import ExaminationTooCostly, NotAFilm
from domain.provenance.verdict import Segment
from infra.bootstrap import ledger_on, office_on
from infra.cli.running import postgres_dsn
from infra.clock import system_clock
from infra.errors import UserError
from infra.eventlog.postgres import PostgresEventLog
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from infra.provenance.register import PostgresRegister
from infra.provenance.told import RAREST, told
from infra.provenance.verifier import Answer, Verifier
from infra.settings import Settings

_NOT_OURS: Final = 3
_CONSENT: Final[dict[ConsentNow, str]] = {
    "in-force": "in force now",
    "withdrawn": "no longer in force: somebody who was cast would not be today",
    "taken-down": "the video was taken down",
    "nobody-cast": "none was needed, nobody was cast",
    "unknown": "unknown here",
}


def verify(
    file: Annotated[Path, typer.Argument(help="The film to look at.")],
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the whole answer to this file.")
    ] = None,
) -> None:
    """Read manifest, marks and fingerprints. Leaves with 0 when ours, with 3 when not."""
    if not file.is_file():
        raise UserError(f"{file} is no file. Give the path of a film.")
    settings, console = Settings.read(), Console()
    try:
        keys = ProvenanceKeys.read(settings.home)
    except FileNotFoundError:
        raise UserError(
            f"{settings.home} holds no provenance keys, so nothing was marked or signed here. "
            "Set CALLSHEET_HOME to the home of the installation that made the film."
        ) from None
    try:
        answer, traced = asyncio.run(_answer(file, settings, keys))
    except (NotAFilm, ExaminationTooCostly) as error:
        raise UserError(f"{file}: {error} {error.next_step}") from None
    _show(console, answer)
    if not traced:
        console.print(
            "[yellow]No database is known: marks and fingerprints were compared with nothing. "
            "Start ./callsheet up, or set CALLSHEET_POSTGRES_URL.[/]"
        )
    if json_path is not None:
        json_path.write_text(told(answer).model_dump_json(indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(0 if answer.verdict.artefact_ids else _NOT_OURS)


async def _answer(file: Path, settings: Settings, keys: ProvenanceKeys) -> tuple[Answer, bool]:
    """The same that ``POST /v1/verify`` gives, and whether there was a database to ask."""
    async with AsyncExitStack() as stack:
        register, index, known = await _stores(settings, stack)
        consent_of = None
        if known:
            log = await stack.enter_async_context(PostgresEventLog(_dsn(settings) or ""))
            consent_of = ConsentBehind(ledger_on(log), office_on(log), system_clock).now
        return await Verifier(keys, register, index, consent_of).verify(file), known


async def _stores(settings: Settings, stack: AsyncExitStack) -> tuple[Register, PrintIndex, bool]:
    """The register and the index of the database, when one is given or running."""
    dsn = _dsn(settings)
    if dsn is None:
        return MemoryRegister(), MemoryIndex(), False
    try:
        pool = await stack.enter_async_context(
            asyncpg.create_pool(dsn, min_size=1, max_size=2, timeout=3.0)
        )
    except (OSError, asyncpg.PostgresError) as error:
        raise UserError(
            f"PostgreSQL does not answer ({type(error).__name__}). Start ./callsheet up, or "
            "correct CALLSHEET_POSTGRES_URL."
        ) from None
    async with pool.acquire() as connection:
        await PostgresRegister.migrate(connection)
        await PostgresIndex.migrate(connection)
    return PostgresRegister(pool), PostgresIndex(pool), True


def _dsn(settings: Settings) -> str | None:
    with suppress(UserError):  # nothing runs here
        return postgres_dsn(settings)
    return None


def _show(console: Console, answer: Answer) -> None:
    verdict = answer.verdict
    console.print(f"[bold]{verdict.conclusion}[/]  {verdict.says}")
    for segment in verdict.segments:
        console.print(f"  {segment.start:7.1f} – {segment.end:5.1f} s  {_said(segment)}")
    for artefact_id, consent in answer.consents.items():
        console.print(f"  consent behind {artefact_id}: {_CONSENT[consent]}")
    if verdict.cut_off:
        console.print("  The file is damaged or cut off; what could be read was looked at.")
    if verdict.longer_than_examined:
        console.print(f"  Only the first {verdict.examined_seconds:.0f} s were looked at.")
    if answer.tree is not None:
        console.print(branches(answer.tree, Tree("manifest")))


def _said(segment: Segment) -> str:
    if segment.artefact_id is None:
        return "nothing of ours"
    layers = ", ".join(segment.layers)
    what = "a mark pasted from " if segment.pasted else ""
    odds = 1 / max(segment.false_match, RAREST)
    return f"{what}{segment.artefact_id} ({layers}; wrong once in {odds:.0e})"


def branches(node: Ancestor, onto: Tree) -> Tree:
    """A manifest's graph, for a reader at a terminal."""
    branch = onto.add(f"{node.title or 'untitled'} [dim]signed by {node.signer or 'nobody'}[/]")
    for parent in node.parents:
        branches(parent, branch)
    return onto
