"""The catalogue of stored events: names chosen by hand, and how older versions are read.

A stored name outlives the module that first wrote it. Reading an older version runs its upcasters,
one version at a time, on the plain mapping, before the newest model validates it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from domain.kernel.model import Event

Fields = dict[str, Any]
Upcaster = Callable[[Fields], Fields]


class UnknownEvent(LookupError):
    """The log holds an event that this version of the program has no name for."""

    def __init__(self, stored_name: str) -> None:
        super().__init__(
            f"The event type {stored_name!r} is not in the catalogue; "
            "run a version of the program that knows it, or register an upcaster."
        )


@dataclass(frozen=True)
class Entry:
    """One kind of event: its newest model, its stored name and how older versions become it."""

    model: type[Event]
    name: str
    version: int
    upcasters: Mapping[int, Upcaster]

    @property
    def stored_name(self) -> str:
        return f"{self.name}.v{self.version}"


@dataclass
class Catalog:
    """All events that a program can write and read."""

    _by_model: dict[type[Event], Entry] = field(default_factory=dict)
    _by_name: dict[str, Entry] = field(default_factory=dict)
    _read_as: dict[str, tuple[Entry, int]] = field(default_factory=dict)

    def register(
        self, model: type[Event], stored_name: str, upcasters: Mapping[int, Upcaster] | None = None
    ) -> None:
        """Name a model, such as ``video-requested.v2``, with one upcaster per older version."""
        name, _, number = stored_name.rpartition(".v")
        version, known = int(number), dict(upcasters or {})
        if sorted(known) != list(range(1, version)):
            raise ValueError(f"{stored_name} needs one upcaster for each version before {version}")
        if name in self._by_name or model in self._by_model:
            raise ValueError(f"{stored_name} or its model is registered already")
        entry = Entry(model, name, version, known)
        self._by_model[model] = self._by_name[name] = entry

    def merged(self, *others: Catalog) -> Catalog:
        """One catalogue out of several; a name may stand in only one of them."""
        whole = Catalog()
        for entry in (e for each in (self, *others) for e in each._by_model.values()):
            whole.register(entry.model, entry.stored_name, entry.upcasters)
        return whole

    def entry_of(self, event: Event) -> Entry:
        """The entry of an event's model."""
        return self._by_model[type(event)]

    def entries(self) -> list[Entry]:
        """Every entry, sorted by stored name."""
        return sorted(self._by_model.values(), key=lambda entry: entry.name)

    def fields(self, stored_name: str, data: bytes) -> tuple[Entry, Fields]:
        """The event's fields in their newest shape, not yet validated: enough for a read model."""
        entry, version = self._entry_and_version(stored_name)
        fields: Fields = from_json(data)
        for older in range(version, entry.version):
            fields = entry.upcasters[older](fields)
        return entry, fields

    def decode(self, stored_name: str, data: bytes) -> Event:
        """The event itself, as its newest model. Raises UnknownEvent."""
        entry, version = self._entry_and_version(stored_name)
        if version == entry.version:
            return entry.model.model_validate_json(data)
        _, fields = self.fields(stored_name, data)
        return entry.model.model_validate_json(json.dumps(fields))

    def _entry_and_version(self, stored_name: str) -> tuple[Entry, int]:
        known = self._read_as.get(stored_name)
        if known is not None:
            return known
        name, _, number = stored_name.rpartition(".v")
        entry = self._by_name.get(name)
        if entry is None or not number.isdigit() or not 1 <= int(number) <= entry.version:
            raise UnknownEvent(stored_name)
        self._read_as[stored_name] = entry, int(number)
        return entry, int(number)
