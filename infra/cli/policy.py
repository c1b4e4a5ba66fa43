"""``policy``: publish, share, enforce, roll back; ask what another would have done; undo one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from temporalio.service import RPCError

from activities.ledger import Context, Decision, Ledger
from activities.moderation.anew import SecondLook
from activities.moderation.comparing import PolicyComparer, Progress
from activities.moderation.policies import PolicyDesk, publish
from activities.moderation.undoing import PolicyUndo, Undone
from domain.catalog import EVENTS
from domain.kernel.errors import Refusal
from domain.kernel.ports import StoreUnavailable
from domain.moderation.policy import Policy
from domain.moderation.policy_text import Form, PolicyUnusable, parse_policy
from domain.moderation.publishing import (
    HOUSE,
    PUBLISHING,
    EnforcePolicy,
    PublishingCommand,
    RevertPolicy,
    SharePolicy,
)
from domain.moderation.what_if import WhatIf
from infra.bootstrap import open_second_look, open_vault, policies_on
from infra.cli import detector_cards
from infra.cli.figures import Figures, equals
from infra.cli.hearings import begin_hearings, end_hearings
from infra.cli.policy_words import (
    comparison_table,
    progress_line,
    still_decides,
    told_of,
    unseen_line,
)
from infra.cli.running import postgres_dsn, with_servers
from infra.clock import system_clock
from infra.errors import UserError
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.postgres import PostgresEventLog
from infra.identity import drawn_by
from infra.settings import Settings
from infra.temporal.client import TemporalUnreachable, connect
from projections.faults import PASSING, kind_of
from projections.registry import PROJECTIONS
from projections.watermarks import NotYetVisible, Watermarks

app = typer.Typer(
    name="policy",
    no_args_is_help=True,
    add_completion=False,
    help="Publish and roll back moderation policies, see what one would do, undo what one did.",
)

app.command("detectors")(detector_cards.show)

T = TypeVar("T")
SEEN_WITHIN_SECONDS: Final = 60.0
_READ: Final = ("moderation", "rules", "undos", "notices", "feed")
_CONTEXT: Final = Context("operator/cli", f"policy/{HOUSE}")
Revision = Annotated[int, typer.Argument(min=1, help="The policy's revision.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write the result here.")]


@dataclass(frozen=True)
class Desk:
    """What the commands ask."""

    log: PostgresEventLog
    ledger: Ledger
    policies: PolicyDesk
    watermarks: Watermarks
    settings: Settings

    async def decide(self, command: PublishingCommand) -> str:
        """Carry it out on the house's policies; what whoever judges next reads of it, in words."""
        await self.ledger.perform([Decision(PUBLISHING, HOUSE, command)], _CONTEXT)
        return told_of(await self.policies.policies())

    def comparer(self, second: SecondLook | None) -> PolicyComparer:
        """Whoever compares policies."""
        return PolicyComparer(self.log, CatalogCodec(EVENTS), open_vault(self.settings), second)

    def undo(self, second: SecondLook | None = None) -> PolicyUndo:
        """Whoever carries batches out."""
        vault = open_vault(self.settings)
        return PolicyUndo(self.log, CatalogCodec(EVENTS), self.policies, vault, second)

    def looking(
        self, film_seconds_max: float | None = None
    ) -> AbstractAsyncContextManager[SecondLook]:
        """Whoever looks again at what is recorded. Raises UserError when no S3 is known."""
        return open_second_look(with_servers(self.settings), self.log, film_seconds_max)

    async def finished(self, done: Undone) -> Undone:
        """A batch whose cases stand before humans, or no longer, and that those who read can see.

        Raises UserError where Temporal is away: the batch is done, and asking again goes on.
        """
        if done.waiting or done.settled:
            try:
                client = await connect(self.settings, role="cli")
                await end_hearings(client, done.settled)
                await begin_hearings(client, done.waiting)
            except (TemporalUnreachable, RPCError) as error:
                raise UserError(
                    f"Batch {done.batch_id} is done, but Temporal did not take its "
                    f"{len(done.waiting)} cases for humans ({type(error).__name__}). "
                    "Look at ./callsheet status, then ask for the same again; it goes on."
                ) from None
        await self.seen(done.position)
        return done

    async def seen(self, position: int) -> None:
        """Return once those who read can see it."""
        await self.watermarks.wait_until(position, SEEN_WITHIN_SECONDS, _READ)


@app.command("list")
def list_policies() -> None:
    """Every revision, and which of them decides."""

    async def look(desk: Desk) -> Table:
        policies = await desk.policies.in_force(system_clock())
        table = Table(title="Policies", title_justify="left")
        for heading in ("revision", "title", "rules", "decides", "sha256"):
            table.add_column(heading)
        for each in sorted(policies.published.values(), key=lambda each: -each.revision):
            decides = "for all" if policies.enforced[-1:] == (each.revision,) else ""
            if each.revision == policies.candidate:
                share = policies.share
                decides = "watches" if share is None else f"for {share / 10:g} %"
            cells = (str(each.revision), each.title, str(len(each.rules)), decides)
            table.add_row(*cells, each.sha256[:16])
        return table

    Console().print(_with_desk(look))


@app.command("publish")
def publish_policy(
    policy: Annotated[Path, typer.Option("--policy", help="The policy, in TOML or JSON.")],
    enforce: Annotated[bool, typer.Option(help="Let it decide for all at once.")] = False,
) -> None:
    """Put a policy into the shadow, once it has stood its trial: it watches and decides nothing."""

    async def work(desk: Desk) -> str:
        policies = await desk.policies.in_force(system_clock())
        given = read_policy(policy, policies.newest + 1)
        at = system_clock()
        name = f"policy/{given.revision}/{given.sha256}"
        seen = await desk.policies.examined()
        await publish(desk.ledger, given, name, at, _CONTEXT, seen)
        if not enforce:
            return told_of(await desk.policies.policies())
        command = EnforcePolicy(command_id=_drawn(), at=at, revision=given.revision)
        return await desk.decide(command)

    typer.echo(_with_desk(work))


@app.command()
def share(
    revision: Revision,
    thousandths: Annotated[int, typer.Argument(min=0, max=1000)],
) -> None:
    """Let the revision that watches decide for a part of the content, always for the same part."""
    command = SharePolicy(
        command_id=_drawn(), at=system_clock(), revision=revision, share=thousandths
    )
    typer.echo(_with_desk(lambda desk: desk.decide(command)))


@app.command()
def enforce(revision: Revision) -> None:
    """Let the revision that is being tried decide for all."""
    command = EnforcePolicy(command_id=_drawn(), at=system_clock(), revision=revision)
    typer.echo(_with_desk(lambda desk: desk.decide(command)))


@app.command()
def rollback(
    because: Annotated[str, typer.Option(help="Why, in one word.")] = "rolled-back",
) -> None:
    """Take the last step back: who is being tried goes, or the revision before decides again."""

    async def work(desk: Desk) -> str:
        policies = await desk.policies.policies()
        last = policies.candidate or (policies.enforced[-1] if policies.enforced else 0)
        if last == 0:
            raise UserError("No policy has been published here, so nothing can be rolled back.")
        command = RevertPolicy(
            command_id=_drawn(), at=system_clock(), revision=last, because=because
        )
        return f"Revision {last} is rolled back. {await desk.decide(command)}"

    typer.echo(_with_desk(work))


@app.command("what-if")
def what_if(
    policy: Annotated[Path, typer.Option("--policy", help="The policy to try, TOML or JSON.")],
    since: Annotated[datetime, typer.Option(help="From when on, UTC, such as 2026-11-01.")],
    until: Annotated[datetime | None, typer.Option(help="Until when; without it, now.")] = None,
    as_recorded: Annotated[
        bool, typer.Option(help="Let no detector look again, though some have changed.")
    ] = False,
    film_minutes: Annotated[
        float, typer.Option(min=0, help="How long films are looked at again; ask again to go on.")
    ] = 60.0,
    json_file: JsonFile = None,
) -> None:
    """What a policy would have done with all that is recorded. Nothing follows from it.

    What was found anew in films is kept, so that the same question goes on where it stopped.
    """

    end = _utc(until) if until else None
    if end is not None and end <= _utc(since):
        raise UserError(
            f"The period ends before it begins: from {since} to {until}. Turn it round."
        )

    async def work(desk: Desk) -> WhatIf:
        newest = (await desk.policies.policies()).newest
        given = read_policy(policy, newest + 1)
        if as_recorded:
            return await desk.comparer(None).compare(given, _utc(since), end)
        async with desk.looking(film_minutes * 60) as second:
            with Console(stderr=True).status("reading the log") as status:

                def tell(progress: Progress) -> None:
                    status.update(progress_line(progress))

                comparer = desk.comparer(second)
                return await comparer.compare(given, _utc(since), end, tell)

    told = _with_desk(work)
    if json_file is not None:
        json_file.write_text(told.model_dump_json(indent=2) + "\n", encoding="utf-8")
    Console().print(comparison_table(told))
    if told.not_rerun:
        typer.echo(unseen_line(told))


@app.command()
def undo(
    revision: Revision,
    since: Annotated[datetime, typer.Option("--from", help="From when on, UTC.")],
    until: Annotated[datetime, typer.Option("--to", help="Until when, UTC.")],
    json_file: JsonFile = None,
) -> None:
    """Undo all that a revision decided in a period, as one batch that can be taken back."""

    async def work(desk: Desk) -> tuple[Undone, str | None]:
        async with desk.looking() as second:
            batch = desk.undo(second)
            done = await batch.undo(revision, _utc(since), _utc(until), system_clock())
        return await desk.finished(done), still_decides(await desk.policies.policies(), revision)

    done, warning = _with_desk(work)
    _report(done, f"undo of revision {revision}", json_file)
    if warning:
        typer.echo(warning)


@app.command("undo-back")
def undo_back(
    batch_id: Annotated[str, typer.Argument(help="The batch, as the undo printed it.")],
    json_file: JsonFile = None,
) -> None:
    """Take an undo back: every case stands as it stood before that batch."""

    async def work(desk: Desk) -> Undone:
        return await desk.finished(await desk.undo().reverse(batch_id, system_clock()))

    _report(_with_desk(work), f"undo {batch_id} taken back", json_file)


def read_policy(path: Path, revision: int) -> Policy:
    """A policy from a file, under the next revision. Raises UserError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}. Give a TOML or JSON file.") from None
    try:
        form: Form = "JSON" if path.suffix == ".json" else "TOML"
        return parse_policy(text, revision=revision, form=form)
    except PolicyUnusable as refused:
        raise UserError(f"{path}: {refused} {refused.next_step}") from None


def _report(done: Undone, title: str, json_file: Path | None) -> None:
    figures = Figures(title, ("seen",))
    figures.measured("cases", done.cases, "cases")
    figures.measured("changed", done.changed, "cases")
    figures.measured("kept by two readers", done.kept, "cases")
    figures.measured("films not looked at again", done.unseen, "cases")
    figures.measured("now waiting for humans", len(done.waiting), "cases")
    figures.measured("seen", True, "", goal=equals(True))
    figures.add(batch_id=done.batch_id, instead=done.instead, position=done.position)
    figures.write(json_file)
    Console().print(figures.table())
    typer.echo(f"Batch {done.batch_id}; take it back with ./callsheet policy undo-back.")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Desk]:
    """Log, policies and the read models' positions."""
    dsn = postgres_dsn(settings)
    async with PostgresEventLog(dsn) as log, Watermarks(dsn, PROJECTIONS) as watermarks:
        ledger = Ledger(log, CatalogCodec(EVENTS))
        yield Desk(log, ledger, policies_on(log), watermarks, settings)


def _with_desk(work: Callable[[Desk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with opened(Settings.read()) as desk:
            return await work(desk)

    try:
        return asyncio.run(run())
    except Refusal as refusal:
        raise UserError(f"{refusal} {refusal.next_step}") from None
    except NotYetVisible as behind:
        raise UserError(f"It is done, and not seen yet: {behind}") from None
    except StoreUnavailable as away:
        raise UserError(f"The films cannot be had. {away} What was seen is kept.") from None
    except PASSING as error:
        raise UserError(
            f"PostgreSQL did not do its part ({kind_of(error)}). Look at ./callsheet status, "
            "then try again."
        ) from None


def _drawn() -> str:
    return drawn_by(system_clock)("cmd")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
