"""Every projection of the program, and how their tables come to be."""

from __future__ import annotations

from typing import Any, Final

from domain.catalog import EVENTS
from projections.appearances import APPEARANCES
from projections.asks import ASKS
from projections.cameos import CAMEOS
from projections.connection import writing
from projections.enrolments import ENROLMENTS
from projections.feed import FEED
from projections.generations import GENERATIONS
from projections.moderation import MODERATION
from projections.notices import NOTICES
from projections.projection import Projection
from projections.provenance_cases import PROVENANCE_CASES
from projections.rules import RULES
from projections.tables import Tables
from projections.undos import UNDOS

PROJECTIONS: Final[tuple[Projection[Any], ...]] = (
    GENERATIONS,
    FEED,
    NOTICES,
    CAMEOS,
    ENROLMENTS,
    ASKS,
    APPEARANCES,
    MODERATION,
    RULES,
    UNDOS,
    PROVENANCE_CASES,
)


class NoSuchProjection(LookupError):
    """No projection carries this name."""

    def __init__(self, name: str) -> None:
        names = ", ".join(projection.name for projection in PROJECTIONS)
        super().__init__(f"There is no projection named {name!r}; there are {names}.")


def named(name: str) -> Projection[Any]:
    """The projection with this name, or ``NoSuchProjection``."""
    for projection in PROJECTIONS:
        if projection.name == name:
            return projection
    raise NoSuchProjection(name)


async def prepare_projections(dsn: str) -> None:
    """Create the tables of projections that have none yet. Safe to run again and side by side.

    Tables that an older version of a projection made stay in use until they are rebuilt.
    """
    async with writing(dsn, "prepare") as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('callsheet.projections.prepare', 0))"
        )
        for projection in PROJECTIONS:
            tables = Tables(projection, EVENTS, connection)
            if not await tables.exist():
                await tables.create()
