"""Ids, the catalogue and the smaller aggregates."""

from __future__ import annotations

import json

import pytest

from domain.account.account import ACCOUNT, AccountUnknown, Unopened, require_open
from domain.account.notice import NOTICE, NoticePosted, PostNotice
from domain.catalog import EVENTS
from domain.kernel.catalog import Catalog, UnknownEvent
from domain.kernel.ids import event_id, mint, sibling
from domain.kernel.model import Event
from domain.video.video import VIDEO, AnotherRelease, ReleaseVideo, VideoReleased
from tests import words
from tests.domain.given import Story


def test_ids_sort_by_the_time_they_were_made() -> None:
    first = mint("gen", words.moment(0), b"\xff" * 10)
    second = mint("gen", words.moment(0.001), b"\x00" * 10)
    assert first < second


def test_an_id_needs_exactly_ten_random_bytes() -> None:
    with pytest.raises(ValueError, match="needs 10 random bytes, 3"):
        mint("gen", words.NOON, b"abc")


def test_a_generation_has_one_video_id() -> None:
    assert sibling(words.GENERATION_ID, "vid") == words.VIDEO_ID
    assert words.VIDEO_ID.removeprefix("vid_") != words.GENERATION_ID.removeprefix("gen_")


def test_event_ids_follow_from_the_command() -> None:
    assert event_id("c", 0) == event_id("c", 0) != event_id("c", 1)


def test_an_account_opens_once() -> None:
    Story(ACCOUNT).when(words.open_account()).then(words.account_opened())
    Story(ACCOUNT).given(words.account_opened()).when(words.open_account()).then_nothing()


def test_an_unopened_account_is_refused() -> None:
    with pytest.raises(AccountUnknown, match="No account with this id"):
        require_open(Unopened())


def test_nobody_is_told_twice() -> None:
    tell = PostNotice(
        command_id="n",
        at=words.moment(),
        account_id=words.ACCOUNT_ID,
        about=words.GENERATION_ID,
        kind="video-released",
    )
    told = NoticePosted(at=tell.at, account_id=tell.account_id, about=tell.about, kind=tell.kind)
    Story(NOTICE).when(tell).then(told)
    Story(NOTICE).given(told).when(tell).then_nothing()


def test_a_released_video_is_never_changed() -> None:
    release = ReleaseVideo(
        command_id="r",
        at=words.moment(),
        video_id=words.VIDEO_ID,
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        rendition=words.RENDITION,
        proof=words.PROOF,
    )
    released = VideoReleased(**release.model_dump(exclude={"command_id"}))
    Story(VIDEO).when(release).then(released)
    Story(VIDEO).given(released).when(release).then_nothing()
    others = words.RENDITION.model_copy(update={"film": words.a_file(fill="9")})
    changed = release.model_copy(update={"rendition": others})
    Story(VIDEO).given(released).when(changed).then_refused(AnotherRelease)


def test_every_event_reads_back_equal_under_its_stored_name() -> None:
    for event in (
        words.video_requested(),
        words.take_sampled(),
        words.rendition_stored(),
        words.provenance_verified(),
    ):
        entry = EVENTS.entry_of(event)
        assert EVENTS.decode(entry.stored_name, event.model_dump_json().encode()) == event


class Renamed(Event):
    colour: str
    shade: str


def test_older_versions_are_read_through_their_upcasters() -> None:
    catalog = Catalog()
    upcasters = {
        1: lambda old: {"at": old["at"], "colour": old["color"]},
        2: lambda old: {**old, "shade": "plain"},
    }
    catalog.register(Renamed, "paint-chosen.v3", upcasters)
    old = b'{"at": "2026-11-22T12:00:00Z", "color": "red"}'
    expected = Renamed(at=words.NOON, colour="red", shade="plain")
    assert catalog.decode("paint-chosen.v1", old) == expected


def test_a_missing_upcaster_is_found_at_once() -> None:
    with pytest.raises(ValueError, match="one upcaster for each version"):
        Catalog().register(Renamed, "paint-chosen.v2")


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(UnknownEvent, match="nobody-knows"):
        EVENTS.decode("nobody-knows.v1", b"{}")
    with pytest.raises(UnknownEvent):
        EVENTS.decode("video-requested.v99", b"{}")


def test_a_notice_of_the_first_kind_is_read_as_one_about_its_generation() -> None:
    stored = NoticePosted(
        at=words.moment(),
        account_id=words.ACCOUNT_ID,
        about=words.GENERATION_ID,
        kind="video-released",
    )
    older = stored.model_dump(mode="json")
    older["generation_id"] = older.pop("about")
    assert EVENTS.decode("notice-posted.v1", json.dumps(older).encode()) == stored
