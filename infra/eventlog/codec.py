"""Between events and the bytes that a log keeps: JSON by pydantic, names by the catalogue.

Every event passes through ``encode`` on its way in and through ``decode`` on its way out, whatever
the log; fields marked ``Personal`` can therefore be sealed and opened here and nowhere else.
"""

from __future__ import annotations

from uuid import UUID

from domain.kernel.catalog import Catalog
from domain.kernel.envelope import Metadata, NewEvent, RecordedEvent
from domain.kernel.model import Event


class CatalogCodec:
    """Events under their stored names; older versions are read through their upcasters."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def encode(self, event: Event, event_id: UUID, metadata: Metadata) -> NewEvent:
        """Name the event and its schema version as the catalogue says."""
        entry = self._catalog.entry_of(event)
        return NewEvent(
            event_id=event_id,
            type=entry.stored_name,
            data=event.model_dump_json().encode(),
            metadata=metadata.model_copy(update={"schema_version": entry.version}),
        )

    def decode(self, recorded: RecordedEvent) -> Event:
        """The event as its newest model. Raises ``UnknownEvent`` for a name it does not know."""
        return self._catalog.decode(recorded.type, recorded.data)


def encode_metadata(metadata: Metadata) -> bytes:
    """The envelope's metadata as every log stores it; ``RecordedEvent.metadata`` reads it."""
    return metadata.model_dump_json(exclude_none=True).encode()
