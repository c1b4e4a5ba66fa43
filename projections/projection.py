"""A projection: a question, and how each kind of event changes the rows that answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar

from domain.kernel.catalog import Catalog, Fields
from domain.kernel.envelope import RecordedEvent
from projections.sql import Statements


class Row(Protocol):
    """A row in memory: a dataclass whose fields are the table's columns, in their order."""

    last_position: int
    """The position of the last event that the row accounts for."""


R = TypeVar("R", bound=Row)


@dataclass(slots=True)
class Fact:
    """An event as a projection sees it: where it stands, and its fields, not validated."""

    position: int
    name: str
    """Its stored name without the version, such as ``video-requested``."""
    fields: Fields

    @property
    def at(self) -> datetime:
        """When it became true: pydantic writes ISO 8601 with its offset."""
        return datetime.fromisoformat(self.fields["at"])


Fold = Callable[[R | None, Fact], R]
"""One event's effect: a new row, or the given one changed in place. It asks nothing else."""


class OnPoison(Enum):
    """What becomes of a stream after one of its events could not be folded."""

    STOP_STREAM = "stop-stream"
    """Its later events wait too: for rows that are made of several events in their order."""
    SKIP = "skip"
    """Its later events are folded: for rows that are made of one event each."""


class NothingToChange(LookupError):
    """An event changes a row that no earlier event has made."""


@dataclass(frozen=True)
class Projection(Generic[R]):
    """Events in, rows out. Raise ``version`` whenever the table or the folding changes.

    Its file of SQL names ``create`` (the table), ``load`` (rows of an array of keys) and ``save``
    (an upsert of one array per column); tables are qualified by ``schema``.
    """

    name: str
    version: int
    table: str
    row: type[R]
    key: Callable[[Fact], str]
    """The key of the row that an event concerns; it is the table's first column."""
    folds: Mapping[str, Fold[R]]
    """By the stored name of the event, without its version."""
    on_poison: OnPoison

    @property
    def schema(self) -> str:
        """Where the live tables are."""
        return f"read_{self.name}"

    @cached_property
    def sql(self) -> Statements:
        """The statements of the file that carries the projection's name."""
        return Statements(f"{self.name}.sql", self.schema)

    @cached_property
    def columns(self) -> Callable[[R], tuple[Any, ...]]:
        """A row's values, in the order of the columns."""
        return attrgetter(*(field.name for field in fields(self.row)))  # type: ignore[arg-type]

    def fold(self, rows: dict[str, R], fact: Fact) -> None:
        """Change the row that a fact concerns; one that it accounts for already stays as it is."""
        key = self.key(fact)
        row = rows.get(key)
        if row is not None and fact.position <= row.last_position:
            return
        rows[key] = row = self.folds[fact.name](row, fact)
        row.last_position = fact.position


def by(field: str) -> Callable[[Fact], str]:
    """A key that stands in a field of every event."""

    def key(fact: Fact) -> str:
        found: str = fact.fields[field]
        return found

    return key


def existing(row: R | None) -> R:
    """The row that an event changes; without it the event is out of place."""
    if row is None:
        raise NothingToChange
    return row


_VERSION_MARK: Final = ".v"


@cache
def name_of(event_type: str) -> str:
    """The stored name of an event without its version."""
    return event_type[: event_type.rfind(_VERSION_MARK)]


def fact_of(event: RecordedEvent, catalog: Catalog) -> Fact:
    """A recorded event with its fields in their newest shape. Raises what the catalogue raises."""
    return Fact(event.position, name_of(event.type), catalog.fields(event.type, event.data)[1])
