"""New findings in films, kept in the home for the next what-if: one sealed file for each look.

They are sealed for the account whose film it is, so that they cannot be read once it is erased. The
folder can be removed at any time: films are then looked at again.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from activities.moderation.films_anew import FilmLook
from domain.kernel.vault import Erased, SealBroken, Vault
from domain.moderation.finding import Findings
from infra.embedded.private_files import write_private_bytes

_SEALED_AS: Final = "film-look"


class FolderFilmLooks:
    """Looks as files below one folder, each written whole or not at all."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault

    async def find(self, look: FilmLook) -> Findings | None:
        """What is kept; None where nothing is, or where it cannot be read any more."""
        path = self._path(look)
        with suppress(FileNotFoundError, Erased, SealBroken, ValidationError):
            sealed = await asyncio.to_thread(path.read_bytes)
            opened = await self._vault.unseal(look.account_id, _name(look), sealed)
            return Findings.model_validate_json(opened)
        return None

    async def keep(self, look: FilmLook, findings: Findings) -> None:
        """Keep it; again changes nothing. Of whoever is erased nothing is kept."""
        plain = findings.model_dump_json().encode()
        try:
            sealed = await self._vault.seal(look.account_id, _name(look), plain)
        except Erased:
            return
        await asyncio.to_thread(write_private_bytes, self._path(look), sealed)

    def _path(self, look: FilmLook) -> Path:
        name = hashlib.sha256(f"{look.account_id} {_name(look)}".encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.sealed"


def _name(look: FilmLook) -> str:
    """What is sealed, so that one look cannot stand in the place of another."""
    return f"{_SEALED_AS} {look.content_sha256} {look.stage} {look.basis}"
