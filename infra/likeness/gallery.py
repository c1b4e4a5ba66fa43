"""The gallery of known faces and voices: sealed rows in PostgreSQL, opened only to compare.

What was opened is remembered by its sealed bytes, so that an examination opens only what is new;
nothing of it outlives the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

from activities.cameo.ports import Likeness
from activities.likeness.contract import Template
from domain.kernel.vault import Erased, Vault
from infra.likeness.packing import packed, unpacked
from infra.named_sql import statements

NAME: Final = "templates"
_SQL: Final = statements(Path(__file__).with_suffix(".sql"))


class PostgresGallery:
    """The table of likenesses, and the vault that opens them."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault) -> None:
        self._pool, self._vault = pool, vault
        self._opened: dict[str, tuple[bytes, Template]] = {}

    @staticmethod
    async def migrate(connection: asyncpg.Connection) -> None:
        """Create the table. Safe to run again."""
        await connection.execute(_SQL["create"])

    async def enter(self, likeness: Likeness) -> None:
        """Keep a likeness, sealed for its attempt."""
        await self._enter(likeness, "enrolled")

    async def protect(self, likeness: Likeness) -> None:
        """Keep the likeness of somebody whom nobody may enrol."""
        await self._enter(likeness, "protected")

    async def protected(self) -> list[str]:
        """The ids of everybody whom nobody may enrol."""
        return [row["enrolment_id"] for row in await self._pool.fetch(_SQL["protected"])]

    async def others(self, account_id: str) -> list[Template]:
        """Everybody's but this account's; one whose key is gone is nobody's any more."""
        rows = await self._pool.fetch(_SQL["others"], account_id)
        known = {row["enrolment_id"] for row in rows}
        for gone in [each for each in self._opened if each not in known]:
            del self._opened[gone]
        found = [await self._open(row) for row in rows]
        return [each for each in found if each is not None]

    async def find(self, enrolment_id: str) -> Likeness | None:
        """One attempt's own likeness; None where it is not kept, or its key is gone."""
        row = await self._pool.fetchrow(_SQL["find"], enrolment_id)
        template = await self._open(row) if row else None
        if row is None or template is None:
            return None
        return Likeness(
            enrolment_id,
            row["cameo_id"],
            row["account_id"],
            template.face,
            template.voice,
            template.face_by,
            template.voice_by,
        )

    async def withdraw(self, enrolment_id: str) -> None:
        """Remove an attempt's likeness; again changes nothing."""
        self._opened.pop(enrolment_id, None)
        await self._pool.execute(_SQL["withdraw"], enrolment_id)

    async def _enter(self, likeness: Likeness, kind: str) -> None:
        plain = packed(likeness.face, likeness.voice)
        sealed = await self._vault.seal(likeness.enrolment_id, NAME, plain)
        await self._pool.execute(
            _SQL["enter"],
            likeness.enrolment_id,
            likeness.cameo_id,
            likeness.account_id,
            kind,
            sealed,
            likeness.face_by,
            likeness.voice_by,
        )

    async def _open(self, row: asyncpg.Record) -> Template | None:
        identifier, sealed = row["enrolment_id"], row["sealed"]
        if (known := self._opened.get(identifier)) and known[0] == sealed:
            return known[1]
        try:
            face, voice = unpacked(await self._vault.unseal(identifier, NAME, sealed))
        except Erased:
            return None
        template = Template(
            key=row["cameo_id"],
            kind=row["kind"],
            face=face,
            voice=voice,
            face_by=row["face_by"],
            voice_by=row["voice_by"],
        )
        self._opened[identifier] = (sealed, template)
        return template
