"""``provenance``: which keys mark and sign here, new ones in their place, and open cases."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.table import Table

from infra.cli.running import postgres_dsn
from infra.clock import system_clock
from infra.errors import UserError
from infra.provenance.keys import (
    ProvenanceKeys,
    certify_signer,
    rotate_mark_key,
    rotate_root,
    rotate_signer,
)
from infra.settings import Settings
from projections.faults import PASSING, kind_of
from projections.provenance_cases import ProvenanceCaseRow, ProvenanceCasesReader

app = typer.Typer(
    name="provenance",
    no_args_is_help=True,
    add_completion=False,
    help="Keys of marks and signatures, and what fails to verify.",
)
_SHOWN_MAX: Final = 100


class Part(StrEnum):
    """What can be renewed."""

    SIGNER = "signer"
    ROOT = "root"
    MARKS = "marks"


@app.callback()
def _provenance() -> None:
    """Keys of marks and signatures, and what fails to verify."""


@app.command("keys")
def keys(
    rotate: Annotated[
        Part | None,
        typer.Option(
            help="Make a new signer under the same root, a new root with a new signer, or a new "
            "key for marks. What was made with the old ones stays trusted and readable."
        ),
    ] = None,
    certify: Annotated[
        Path | None,
        typer.Option(
            help="Make a signer's certificate for this public key (PEM), whose private half a "
            "token or a KMS holds; signer-command.json says how it is asked."
        ),
    ] = None,
) -> None:
    """Show the keys of this home, which mark, sign and are trusted."""
    home, now = Settings.read().home, system_clock()
    try:
        found = ProvenanceKeys.read(home)
        match rotate:
            case Part.SIGNER:
                found = rotate_signer(home, now)
            case Part.ROOT:
                found = rotate_root(home, now)
            case Part.MARKS:
                found = rotate_mark_key(home)
        if certify is not None:
            found = certify_signer(home, certify.read_bytes(), now)
    except FileNotFoundError as missing:
        raise UserError(
            f"{missing.filename} is not there. ./callsheet up makes the keys of a home; a root's "
            "key that is kept elsewhere has to be brought back to sign a new signer."
        ) from None
    console = Console()
    console.print(_table(found))
    renewed = rotate or (Part.SIGNER if certify else None)
    if renewed is not None:
        console.print(
            f"The new {renewed} is used by whatever starts from now on: restart ./callsheet up. "
            "Back up the folder provenance/ of the home."
        )


def _table(found: ProvenanceKeys) -> Table:
    table = Table(title="keys of provenance", title_justify="left")
    for heading in ("what", "SHA-256", "valid until"):
        table.add_column(heading)
    signer = x509.load_pem_x509_certificates(found.signing.certificates)[0]
    table.add_row("signer", *_told(signer))
    for root in x509.load_pem_x509_certificates(found.roots):
        table.add_row("trusted root", *_told(root))
    table.add_row("keys of marks", f"{len(found.mark_keys)}, the last one marks", "")
    return table


def _told(certificate: x509.Certificate) -> tuple[str, str]:
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    return digest[:16], f"{certificate.not_valid_after_utc:%Y-%m-%d}"


@app.command("cases")
def cases(
    closed: Annotated[bool, typer.Option(help="Those that somebody has closed instead.")] = False,
) -> None:
    """List files of ours on which a layer does not verify, the newest case first."""
    dsn = postgres_dsn(Settings.read())
    try:
        rows = asyncio.run(_cases(dsn, "closed" if closed else "open"))
    except PASSING as error:
        raise UserError(
            f"PostgreSQL did not do its part ({kind_of(error)}). Look at ./callsheet status, "
            "then try again."
        ) from None
    console = Console()
    if not rows:
        console.print("No case was closed." if closed else "No case is open.")
        return
    for row in rows[:_SHOWN_MAX]:
        console.print(_one(row), soft_wrap=True, highlight=False, markup=False)
    if len(rows) > _SHOWN_MAX:
        console.print(f"There are more than these {_SHOWN_MAX}: GET /v1/provenance/cases.")


async def _cases(dsn: str, status: str) -> list[ProvenanceCaseRow]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1, timeout=3.0) as pool:
        return await ProvenanceCasesReader(pool).with_status(status, _SHOWN_MAX + 1)


def _one(row: ProvenanceCaseRow) -> str:
    lines = [
        f"{row.case_id}  {row.opened_at:%Y-%m-%d %H:%M}  {row.artefact_id}, by the {row.found_by}",
        f"    {row.code}: {row.explanation}",
    ]
    if row.closed_at is not None:
        again = "" if row.status == "closed" else ", and opened again since"
        by = f"    closed {row.closed_at:%Y-%m-%d %H:%M} by {row.closed_by}: {row.because}"
        lines.append(by + again)
    return "\n".join(lines)
