"""Idempotency-Key: the same key and the same request give the same answer, byte for byte.

The id of what is to be made is drawn once and stored before anything is started. A request that
finds its key taken by its own twin does the same work with the same id, which changes nothing, and
both give the answer that was kept first; so no lease can be lost and a crash leaves nothing stuck.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from infra.api.problems import Trouble
from infra.named_sql import statements

LIFETIME: Final = timedelta(hours=48)
KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"

_ATTEMPTS_MAX: Final = 3
_SQL: Final = statements(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class Scope:
    """Whose key it is: a key means something only to the application and account that chose it."""

    client: str
    account: str
    key: str


@dataclass(frozen=True)
class Answer:
    """A response as it was first given."""

    status: int
    body: bytes
    media_type: str
    location: str | None = None


@dataclass(frozen=True)
class Claim:
    """The id to work with, and the answer when there is one already."""

    id: str
    answer: Answer | None = None


def fingerprint(operation: str, body: Any) -> bytes:
    """The hash of a request: its operation and its JSON, however that was spaced or ordered."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{operation}\n{canonical}".encode()).digest()


class Idempotency:
    """The table of keys."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @staticmethod
    async def migrate(connection: asyncpg.Connection) -> None:
        """Create the table. Safe to run again."""
        await connection.execute(_SQL["create"])

    async def claim(self, scope: Scope, request_hash: bytes, new_id: str, at: datetime) -> Claim:
        """Take a key, or join the request that has it.

        Raises ``Trouble``: ``idempotency-key-in-flight`` or ``idempotency-key-reused``.
        """
        owner = (scope.client, scope.account, scope.key)
        for _ in range(_ATTEMPTS_MAX):
            row = await self._pool.fetchrow(
                _SQL["claim"], *owner, request_hash, new_id, at, at + LIFETIME
            ) or await self._pool.fetchrow(_SQL["held"], *owner)
            if row is not None:  # it may have been purged between the two
                return _claim_of(row, request_hash)
        raise Trouble("idempotency-key-in-flight")

    async def keep(self, scope: Scope, claimed_id: str, answer: Answer) -> Answer:
        """Keep an answer and return the one that stands: the first."""
        row = await self._pool.fetchrow(
            _SQL["answer"],
            scope.client,
            scope.account,
            scope.key,
            claimed_id,
            answer.status,
            answer.location,
            answer.media_type,
            answer.body,
        )
        return _answer_of(row) or answer if row is not None else answer

    async def purge(self, now: datetime) -> int:
        """Forget expired keys; returns how many."""
        tag = await self._pool.execute(_SQL["purge"], now)
        return int(tag.rpartition(" ")[2])


def _claim_of(row: asyncpg.Record, request_hash: bytes) -> Claim:
    answer = _answer_of(row)
    if row["request_hash"] == request_hash:
        return Claim(row["id"], answer)
    raise Trouble("idempotency-key-reused" if answer else "idempotency-key-in-flight")


def _answer_of(row: asyncpg.Record) -> Answer | None:
    if row["status"] is None:
        return None
    return Answer(row["status"], row["answer"], row["media_type"], row["location"])
