"""``cameos protect``: whom nobody may enrol. Looks by default; ``add`` and ``remove`` change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from activities.cameo.protecting import Listed, ProtectedPeople
from activities.ledger import Context
from domain.cameo.protection import EndProtection, Protected, ProtectPerson
from domain.kernel.errors import Refusal
from infra.bootstrap import ledger_on, open_gallery, open_log, open_vault
from infra.cli.running import postgres_dsn
from infra.clock import system_clock
from infra.errors import UserError
from infra.identity import drawn_by
from infra.settings import Settings

app = typer.Typer(
    name="protect",
    no_args_is_help=True,
    add_completion=False,
    help="Whom nobody may enrol: public figures, victims, whoever asked for it.",
)

T = TypeVar("T")
PICTURE_BYTES_MAX: Final = 16 << 20
FACE_PIXELS_MIN: Final = 80
_ACTOR: Final = "operator/cli"
Reason = Annotated[str, typer.Option(help="One stable word, such as public-figure.")]


@app.command()
def add(
    picture: Annotated[Path, typer.Argument(help="A clear frontal picture of the one person.")],
    reason: Reason,
    reference: Annotated[
        str, typer.Option(help="The record of yours that says who it is; no name.")
    ],
) -> None:
    """Protect the person of a picture; nobody is approved with that face from now on."""
    face = face_of(picture)
    protected_id = drawn_by(system_clock)("prt")
    command = _checked(
        lambda: ProtectPerson(
            command_id=f"protect/{protected_id}",
            at=system_clock(),
            protected_id=protected_id,
            reason=reason,
            reference=reference,
            model=face.model,
            version=face.version,
        )
    )
    _with_list(lambda people: people.add(command, face.template, _context(protected_id)))
    Console().print(
        f"[bold]{protected_id}[/] is protected. Enrolments of before are looked at again with "
        "./callsheet cameos rescore --start.",
        highlight=False,
    )


@app.command("list")
def show() -> None:
    """Everybody on the list."""
    table = Table("id", "since", "reason", "reference")
    for each in _with_list(lambda people: people.listed()):
        table.add_row(*_row(each))
    Console().print(table)


@app.command()
def remove(
    protected_id: Annotated[str, typer.Argument(help="The id, as the list shows it.")],
    reason: Reason = "no-longer-needed",
) -> None:
    """Take a person off the list, and destroy the face."""
    command = _checked(
        lambda: EndProtection(
            command_id=f"unprotect/{protected_id}", at=system_clock(), reason=reason
        )
    )
    context = _context(protected_id)
    try:
        _with_list(lambda people: people.remove(protected_id, command, context))
    except Refusal as refusal:
        raise UserError(f"{refusal} {refusal.next_step}") from None
    Console().print(f"{protected_id} is no longer protected; the face is destroyed.")


class Face:
    """The template of a picture's one face, and what made it."""

    def __init__(self, template: bytes, model: str, version: str) -> None:
        self.template, self.model, self.version = template, model, version


def face_of(path: Path) -> Face:
    """Raises UserError unless the picture shows exactly one face, large enough to compare."""
    import cv2
    import numpy as np

    from activities.likeness import models
    from activities.likeness.faces import Faces

    if not path.is_file() or not 0 < path.stat().st_size <= PICTURE_BYTES_MAX:
        raise UserError(f"{path} is not a picture of at most {PICTURE_BYTES_MAX >> 20} MiB.")
    read = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if read is None:
        raise UserError(f"{path} cannot be read as a picture; save it as JPEG or PNG.")
    faces, picture = Faces(), np.asarray(read, np.uint8)
    found = faces.detect(picture)
    if len(found) != 1:
        raise UserError(f"{path} shows {len(found)} faces; cut it to the one to be protected.")
    if found[0].width < FACE_PIXELS_MIN:
        wide = round(found[0].width)
        raise UserError(
            f"The face in {path} is {wide} pixels wide; {FACE_PIXELS_MIN} are needed to compare it."
        )
    template = faces.identity(picture, found[0]).astype("<f4").tobytes()
    return Face(template, models.sface().name, models.sface().version)


def _row(listed: Listed) -> tuple[str, str, str, str]:
    match listed.protection:
        case Protected(since=since, reason=reason, reference=reference):
            return listed.protected_id, f"{since:%Y-%m-%d}", reason, reference
    return listed.protected_id, "-", "not recorded: add it again, and remove this one", "-"


def _checked(make: Callable[[], T]) -> T:
    try:
        return make()
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{first['loc'][-1]}: {first['msg']}.") from None


def _context(protected_id: str) -> Context:
    return Context(_ACTOR, f"protection/{protected_id}")


def _with_list(work: Callable[[ProtectedPeople], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _opened() as people:
            return await work(people)

    return asyncio.run(run())


@asynccontextmanager
async def _opened() -> AsyncIterator[ProtectedPeople]:
    settings = Settings.read()
    settings = settings.filled(postgres_url=postgres_dsn(settings))
    async with open_log(settings) as log, open_gallery(settings) as gallery:
        yield ProtectedPeople(ledger_on(log), gallery, open_vault(settings))
