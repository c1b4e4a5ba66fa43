"""``cameo enroll``: a guided enrolment on this laptop, against a running ``up``."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console
from rich.prompt import Confirm, Prompt

from infra.cli.caller import Json
from infra.cli.cameo_caller import RELEASE, CameoCaller
from infra.cli.demonstration.cameos import line_of
from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile

app = typer.Typer(
    name="cameo",
    no_args_is_help=True,
    add_completion=False,
    help="Enrol yourself, a pet or an object.",
)

ACCOUNT_FILE: Final = "laptop-account"
_API: Final = "API"  # as ``up`` writes it into its run file
_DAYS: Final = 365
_LOOK_SECONDS: Final = 0.5

Clip = Annotated[
    Path | None,
    typer.Argument(help="Where your recording will be; asked for when it is left out."),
]
Kind = Annotated[str, typer.Option(help="person, pet or object.")]


@app.callback()
def _cameo() -> None:
    """Enrol yourself, a pet or an object."""


@app.command()
def enroll(file: Clip = None, kind: Kind = "person") -> None:
    """Sign a release, answer a challenge with a recording, and see each check as it lands."""
    if kind not in ("person", "pet", "object"):
        raise UserError(f"{kind} cannot be enrolled; name person, pet or object with --kind.")
    settings = Settings.read()
    status = asyncio.run(_enroll(settings, file, kind, Console()))
    raise typer.Exit(0 if status == "approved" else 1)


async def _enroll(settings: Settings, file: Path | None, kind: str, console: Console) -> str:
    url, key = _door(settings)
    try:
        return await _guided(settings, url, key, file, kind, console)
    except httpx.TransportError as away:
        at = away.request.url
        raise UserError(
            f"{at.scheme}://{at.host}:{at.port} does not answer ({type(away).__name__}). Look with "
            "./callsheet status, start it with ./callsheet up, and begin again; an attempt that "
            "was not finished closes by itself and keeps nothing."
        ) from away


async def _guided(
    settings: Settings, url: str, key: str, file: Path | None, kind: str, console: Console
) -> str:
    async with CameoCaller.acting(url, key, _known_account(settings)) as caller:
        _remember(settings, caller)
        signature = _sign(console)
        await _declare_age(caller, console)
        enrolment = await caller.enrol(kind, signature, _DAYS)
        console.print(f"Enrolment [bold]{enrolment['enrolment_id']}[/] has begun.")
        session = {"session": secrets.token_urlsafe(24)}
        asked_at = time.time()
        if kind == "person":
            await _show_challenge(caller, enrolment, session, console)
        clip = await _recording(file, asked_at if kind == "person" else 0.0, console)
        await caller.upload(enrolment, clip)
        await caller.ask("POST", f"{enrolment['links']['self']}/clip", session)
        try:
            view = await caller.settled(enrolment, _Teller(console))
        except TimeoutError:
            raise UserError(
                f"The checks of {enrolment['enrolment_id']} take unusually long and go on. "
                f"Ask later with GET {enrolment['links']['self']}."
            ) from None
    return _conclude(view, console)


def _door(settings: Settings) -> tuple[str, str]:
    known = RunFile.read(settings.home)
    url = settings.api_url or (known.addresses.get(_API, "") if known else "")
    key = settings.home / "api-key"
    if not url or not key.exists():
        raise UserError(f"Nothing runs in {settings.home}. Start it with ./callsheet up.")
    return url, key.read_text(encoding="utf-8").strip()


def _known_account(settings: Settings) -> str | None:
    path = settings.home / ACCOUNT_FILE
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


def _remember(settings: Settings, caller: CameoCaller) -> None:
    (settings.home / ACCOUNT_FILE).write_text(f"{caller.account_id}\n", encoding="utf-8")


def _sign(console: Console) -> str:
    console.print(RELEASE.format(days=_DAYS))
    if not Confirm.ask("Do you agree?", console=console, default=False):
        raise UserError("Nothing was recorded, because the release was not signed.")
    while not (name := _asked("Sign with your name", console).strip()):
        console.print("A release is signed with a name; without one it does not hold.")
    return name


def _asked(question: str, console: Console) -> str:
    """What somebody types, which may be nothing."""
    return Prompt.ask(question, console=console, default="", show_default=False)


async def _declare_age(caller: CameoCaller, console: Console) -> None:
    me = await caller.ask("GET", "/v1/accounts/me")
    if me["age_band"] is None:
        bands = ["under_13", "under_18", "adult"]
        band = Prompt.ask("How old are you", choices=bands, console=console)
        await caller.ask("PUT", "/v1/accounts/me/age-band", {"age_band": band})


async def _show_challenge(
    caller: CameoCaller, enrolment: Json, session: Json, console: Console
) -> None:
    _asked("Have the camera ready; press Enter for the challenge", console)
    path = f"{enrolment['links']['self']}/challenge"
    challenge = await caller.ask("POST", path, session)
    console.print(f"Say, digit by digit:  [bold]{' '.join(challenge['digits'])}[/]")
    moves = "  ".join(challenge["moves"])
    console.print(f"Then turn your head, back to the middle after each:  [bold]{moves}[/]")
    console.print(f"The clip has to be handed in until {challenge['expires_at']}.")


async def _recording(file: Path | None, not_before: float, console: Console) -> Path:
    """The clip: a path that is typed, or a file that appears after the challenge was shown."""
    if file is None:
        typed = Prompt.ask("Path of the recording", console=console)
        path = Path(typed.strip().strip("'\"")).expanduser()
        if not path.is_file():
            raise UserError(f"{path} is not a file. Begin again and name your recording.")
        return path
    console.print(f"Waiting for {file} ...")
    size = -1
    while True:
        if file.is_file() and file.stat().st_mtime >= not_before:
            if size == file.stat().st_size:
                return file  # nobody writes to it any more
            size = file.stat().st_size
        await asyncio.sleep(_LOOK_SECONDS)


class _Teller:
    """Shows each check once, as it lands."""

    def __init__(self, console: Console) -> None:
        self._console, self._known = console, set[str]()

    def __call__(self, view: Json) -> None:
        for check in view["checks"]:
            if check["check"] not in self._known:
                self._known.add(check["check"])
                self._console.print(line_of(check), highlight=False)


def _conclude(view: Json, console: Console) -> str:
    status = str(view["status"])
    console.print(f"[bold]{status}[/]")
    for each in view["shortcomings"]:
        why = f" ({each['code']})" if each["code"] else ""
        console.print(f"{each['check']}{why}: {each['advice']}", highlight=False)
    match status:
        case "approved":
            console.print(f"Your cameo is [bold]{view['cameo_id']}[/]; only you may cast it.")
        case "in-review":
            console.print("A person decides; you will find a notice.")
    return status
