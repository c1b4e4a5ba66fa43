"""Which cameos does an account have, and how does each stand?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class CameoRow:
    """One cameo, as its owner sees it in a list."""

    cameo_id: str
    account_id: str
    kind: str
    """person, pet or object."""
    version: int
    """The newest, which new work casts."""
    approved_at: datetime
    """When the newest version was approved."""
    destroy_by: datetime
    """When the newest version's likeness is destroyed at the latest."""
    first_position: int
    """Orders an account's cameos."""
    updated_at: datetime
    suspended: bool = False
    """The whole cameo, or its newest version."""
    alarms: str = "[]"
    """JSON: the version, or null for the whole, and the alarm of every suspension."""
    deleted: bool = False
    tier: str = "only-me"
    expires_at: datetime | None = None
    revoked: bool = False
    last_position: int = 0


def _approved(row: CameoRow | None, fact: Fact) -> CameoRow:
    version, at = fact.fields["version"], fact.at
    destroy_by = datetime.fromisoformat(version["destroy_by"])
    if row is None:
        return CameoRow(
            cameo_id=fact.fields["cameo_id"],
            account_id=fact.fields["account_id"],
            kind=fact.fields["kind"],
            version=version["number"],
            approved_at=at,
            destroy_by=destroy_by,
            first_position=fact.position,
            updated_at=at,
        )
    row.version, row.approved_at, row.destroy_by = version["number"], at, destroy_by
    row.updated_at = at
    return _stopped_by(row, json.loads(row.alarms))


def _suspended(row: CameoRow | None, fact: Fact) -> CameoRow:
    row, alarms = _touched(row, fact), json.loads(existing(row).alarms)
    stop = [fact.fields["version"], fact.fields.get("alarm")]
    return _stopped_by(row, alarms if stop in alarms else [*alarms, stop])


def _reinstated(row: CameoRow | None, fact: Fact) -> CameoRow:
    """One alarm is over; without a name, all of this version, or of the whole."""
    row, alarms = _touched(row, fact), json.loads(existing(row).alarms)
    version, over = fact.fields["version"], fact.fields.get("alarm")
    return _stopped_by(
        row, [each for each in alarms if each[0] != version or over not in (None, each[1])]
    )


def _stopped_by(row: CameoRow, alarms: list[list[Any]]) -> CameoRow:
    row.alarms = json.dumps(alarms)
    row.suspended = any(version in (None, row.version) for version, _ in alarms)
    return row


def _deleted(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.deleted = True
    return row


def _opened(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.tier = fact.fields["tier"]
    row.expires_at = datetime.fromisoformat(fact.fields["limits"]["expires_at"])
    return row


def _tier_changed(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.tier = fact.fields["tier"]
    return row


def _limits_changed(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.expires_at = datetime.fromisoformat(fact.fields["limits"]["expires_at"])
    return row


def _revoked(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.revoked = True
    return row


def _restored(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = _touched(row, fact)
    row.revoked, row.expires_at = False, datetime.fromisoformat(fact.fields["expires_at"])
    return row


def _touched(row: CameoRow | None, fact: Fact) -> CameoRow:
    row = existing(row)
    row.updated_at = fact.at
    return row


CAMEOS: Final = Projection[CameoRow](
    name="cameos",
    version=2,
    table="cameos",
    row=CameoRow,
    key=by("cameo_id"),
    folds={
        "cameo-version-approved": _approved,
        "cameo-suspended": _suspended,
        "cameo-reinstated": _reinstated,
        "cameo-deleted": _deleted,
        "consent-opened": _opened,
        "consent-tier-changed": _tier_changed,
        "consent-limits-changed": _limits_changed,
        "consent-revoked": _revoked,
        "consent-restored": _restored,
    },
    on_poison=OnPoison.STOP_STREAM,
)


class CameosReader:
    """Answers about cameos, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_account(
        self, account_id: str, limit: int, before: int | None = None
    ) -> list[CameoRow]:
        """An account's cameos that are not deleted, newest first."""
        rows = await self._pool.fetch(CAMEOS.sql["of_account"], account_id, before, limit)
        return [CameoRow(*row) for row in rows]

    async def after(self, cameo_id: str, limit: int) -> list[str]:
        """The ids of cameos that are not deleted, in their order, after one of them."""
        rows = await self._pool.fetch(CAMEOS.sql["after"], cameo_id, limit)
        return [row["cameo_id"] for row in rows]

    async def position(self) -> int:
        """How far the table has come in the log."""
        return int(await self._pool.fetchval(CAMEOS.sql["position"]))
