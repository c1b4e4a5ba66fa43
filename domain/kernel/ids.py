"""Identifiers: prefixed, sortable by the time they were made, and never drawn in secret.

The body is a ULID (https://github.com/ulid/spec): 48 bits of milliseconds and 80 bits of
randomness, 26 characters of Crockford's base 32. Time and randomness are handed in, so that the
domain stays pure and a replay mints the same id.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID, uuid5

from pydantic import StringConstraints
from ulid import ULID

_BODY: Final = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
RANDOM_BYTES: Final = 10

AccountId = Annotated[str, StringConstraints(pattern=rf"^acc_{_BODY}$")]
GenerationId = Annotated[str, StringConstraints(pattern=rf"^gen_{_BODY}$")]
VideoId = Annotated[str, StringConstraints(pattern=rf"^vid_{_BODY}$")]
CameoId = Annotated[str, StringConstraints(pattern=rf"^cam_{_BODY}$")]
EnrolmentId = Annotated[str, StringConstraints(pattern=rf"^enr_{_BODY}$")]
AppearanceId = Annotated[str, StringConstraints(pattern=rf"^apr_{_BODY}$")]
ProtectedId = Annotated[str, StringConstraints(pattern=rf"^prt_{_BODY}$")]
ExportId = Annotated[str, StringConstraints(pattern=rf"^exp_{_BODY}$")]
CaseId = Annotated[str, StringConstraints(pattern=rf"^cas_{_BODY}$")]
AskId = Annotated[str, StringConstraints(pattern=rf"^ask_{_BODY}$")]
ModerationId = Annotated[str, StringConstraints(pattern=rf"^mod_{_BODY}$")]

_EVENT_NAMESPACE: Final = UUID("5f1c2b0e-6a55-5d0c-9a34-8a0f3f7b0c11")


def mint(prefix: str, at: datetime, randomness: bytes) -> str:
    """Make an id such as ``gen_01J...``; ``randomness`` is exactly ten bytes."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"an id needs {RANDOM_BYTES} random bytes, {len(randomness)} were given")
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + randomness)}"


def sibling(identifier: str, prefix: str) -> str:
    """The id of another kind that belongs to the same thing: a generation's one video.

    It keeps the time and hashes the randomness, so the two cannot be mistaken for each other.
    """
    body = ULID.from_str(identifier.rsplit("_", 1)[1]).bytes
    digest = hashlib.sha256(prefix.encode() + body).digest()[:RANDOM_BYTES]
    return f"{prefix}_{ULID.from_bytes(body[:6] + digest)}"


def pair(first: str, second: str, prefix: str) -> str:
    """The id of what exists once between two: it keeps the first's time and hashes both."""
    one, two = (ULID.from_str(each.rsplit("_", 1)[1]).bytes for each in (first, second))
    digest = hashlib.sha256(prefix.encode() + one + two).digest()[:RANDOM_BYTES]
    return f"{prefix}_{ULID.from_bytes(one[:6] + digest)}"


def event_id(command_id: str, index: int) -> UUID:
    """The id of a command's n-th event: derived (RFC 9562, version 5), so a retry finds it."""
    return uuid5(_EVENT_NAMESPACE, f"{command_id}#{index}")
