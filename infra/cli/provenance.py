"""``provenance keys``: which keys mark and sign here, and new ones in their place."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.table import Table

from infra.clock import system_clock
from infra.errors import UserError
from infra.provenance.keys import ProvenanceKeys, rotate_mark_key, rotate_root, rotate_signer
from infra.settings import Settings

app = typer.Typer(
    name="provenance",
    no_args_is_help=True,
    add_completion=False,
    help="Keys of marks and signatures.",
)


class Part(StrEnum):
    """What can be renewed."""

    SIGNER = "signer"
    ROOT = "root"
    MARKS = "marks"


@app.callback()
def _provenance() -> None:
    """Keys of marks and signatures."""


@app.command("keys")
def keys(
    rotate: Annotated[
        Part | None,
        typer.Option(
            help="Make a new signer under the same root, a new root with a new signer, or a new "
            "key for marks. What was made with the old ones stays trusted and readable."
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
    except FileNotFoundError as missing:
        raise UserError(
            f"{missing.filename} is not there. ./callsheet up makes the keys of a home; a root's "
            "key that is kept elsewhere has to be brought back to sign a new signer."
        ) from None
    console = Console()
    console.print(_table(found))
    if rotate is not None:
        console.print(
            f"The new {rotate} is used by whatever starts from now on: restart ./callsheet up. "
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
