"""Events become bytes under their stored names and come back equal, from older versions too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.account.account import AccountOpened
from domain.catalog import EVENTS
from domain.kernel.catalog import Catalog, Fields, UnknownEvent
from domain.kernel.envelope import Metadata, RecordedEvent
from domain.kernel.ids import event_id
from domain.kernel.model import Event
from domain.kernel.ports import Expected, StreamAppend
from infra.eventlog.codec import CatalogCodec, encode_metadata
from infra.eventlog.memory import MemoryEventLog

AT = datetime(2026, 11, 22, 12, 30, 15, 250_000, tzinfo=UTC)
METADATA = Metadata(actor="account/acc_1", correlation_id="account/acc_1", causation_id="cmd_1")


class SlateMarked(Event):
    """A take was announced before the camera."""

    scene: int
    note: str


def _scene_from_text(fields: Fields) -> Fields:
    return {**fields, "scene": int(fields["scene"]), "note": ""}


SLATES = Catalog()
SLATES.register(SlateMarked, "slate-marked.v2", {1: _scene_from_text})


def recorded(stored_name: str, data: bytes) -> RecordedEvent:
    return RecordedEvent(
        1, "scene-1", 0, event_id("cmd_1", 0), stored_name, data, encode_metadata(METADATA), AT
    )


async def test_an_event_comes_back_equal_from_a_log() -> None:
    codec, log = CatalogCodec(EVENTS), MemoryEventLog()
    event = AccountOpened(at=AT, account_id="acc_01J8ZQ4W6V3T2S1R0Q9P8N7M6K")
    new = codec.encode(event, event_id("cmd_1", 0), METADATA)
    await log.append([StreamAppend("account-1", Expected.NO_STREAM, [new])])
    [stored] = await log.read_stream("account-1")
    assert codec.decode(stored) == event
    assert stored.type == "account-opened.v1"
    assert stored.metadata == METADATA


def test_the_catalogue_says_which_schema_version_is_written() -> None:
    event = SlateMarked(at=AT, scene=4, note="tail slate")
    new = CatalogCodec(SLATES).encode(event, event_id("cmd_1", 0), METADATA)
    assert (new.type, new.metadata.schema_version) == ("slate-marked.v2", 2)
    assert new.metadata.actor == METADATA.actor


def test_an_older_version_is_read_as_the_newest() -> None:
    old = b'{"at": "2026-11-22T12:30:15.250000Z", "scene": "4"}'
    event = CatalogCodec(SLATES).decode(recorded("slate-marked.v1", old))
    assert event == SlateMarked(at=AT, scene=4, note="")


@pytest.mark.parametrize("stored_name", ["slate-marked.v3", "never-named.v1", "nonsense"])
def test_a_name_from_a_later_program_is_refused(stored_name: str) -> None:
    with pytest.raises(UnknownEvent):
        CatalogCodec(SLATES).decode(recorded(stored_name, b"{}"))


def test_absent_metadata_takes_no_room() -> None:
    assert b"traceparent" not in encode_metadata(METADATA)
