"""Whole generations as the log would hold them, made from a seed: material for benches and tests.

Every event is built from its model and encoded by the log's own codec, with the metadata and the
derived ids that a real one has. Stories of several generations are interleaved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Final

import numpy as np

from domain.account.account import AccountOpened
from domain.account.notice import Kind, NoticePosted, notice_id
from domain.catalog import EVENTS
from domain.generation import events as said
from domain.generation.brief import Brief
from domain.generation.take import Take
from domain.kernel.envelope import Metadata, NewEvent
from domain.kernel.ids import event_id, mint, sibling
from domain.kernel.model import Event
from domain.kernel.ports import StreamAppend
from domain.video.media import MediaFile, Rendition, content_key
from domain.video.video import VideoReleased
from infra.eventlog.codec import CatalogCodec

_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_STEPS: Final = 12
_AT_WORK: Final = 16
_CODEC: Final = CatalogCodec(EVENTS)
_PROMPT: Final = "a red boat sails at dawn while two dogs dance under slow warm rain"

Written = tuple[str, Event]
"""An event and the stream that it goes into."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An encoded event, the stream it goes into and its revision there."""

    stream: str
    revision: int
    event: NewEvent


def appends(entries: Iterable[Entry], events_max: int = 200) -> Iterator[list[StreamAppend]]:
    """Entries as requests to a log, this many events at a time, each in its own stream."""
    remaining = iter(entries)
    while batch := list(islice(remaining, events_max)):
        streams: dict[str, list[Entry]] = {}
        for entry in batch:
            streams.setdefault(entry.stream, []).append(entry)
        yield [
            StreamAppend(stream, each[0].revision - 1, tuple(entry.event for entry in each))
            for stream, each in streams.items()
        ]


def stories(generations: int, seed: int = 7, accounts: int = 50) -> Iterator[Entry]:
    """The events of this many generations in log order, from many studios working side by side."""
    chance = np.random.default_rng(seed)
    revisions: dict[str, int] = {}
    for stream, event in _interleaved(generations, accounts, chance):
        revision = revisions[stream] = revisions.get(stream, -1) + 1
        yield Entry(stream, revision, _encoded(stream, revision, event))


def _interleaved(generations: int, accounts: int, chance: np.random.Generator) -> Iterator[Written]:
    ids = [mint("acc", _BEGINNING, chance.bytes(10)) for _ in range(accounts)]
    yield from ((f"account-{each}", AccountOpened(at=_BEGINNING, account_id=each)) for each in ids)
    waiting = (_story(ids[int(chance.integers(accounts))], n, chance) for n in range(generations))
    running: list[Iterator[Written]] = []
    while True:
        while len(running) < _AT_WORK and (story := next(waiting, None)):
            running.append(story)
        if not running:
            return
        chosen = int(chance.integers(len(running)))
        if (written := next(running[chosen], None)) is None:
            del running[chosen]
        else:
            yield written


def _story(account_id: str, number: int, chance: np.random.Generator) -> Iterator[Written]:
    """One generation from request to notice: nine in ten become a video."""
    begun = _BEGINNING + timedelta(seconds=5 * number)
    moments = (begun + timedelta(milliseconds=370 * n) for n in count())
    generation_id = mint("gen", begun, chance.bytes(10))
    stream, ending = f"generation-{generation_id}", chance.random()
    one = {"generation_id": generation_id}
    ours = {**one, "account_id": account_id}

    yield stream, said.VideoRequested(at=next(moments), brief=_brief(chance), **ours)
    yield (
        stream,
        said.SamplingStarted(
            at=next(moments), attempt=1, steps=_STEPS, plan_key=_hash(generation_id, "plan"), **one
        ),
    )
    last_step = _STEPS if ending < 0.95 else int(chance.integers(1, _STEPS))
    for step in range(3, last_step + 1, 3):
        yield (
            stream,
            said.SamplingAdvanced(at=next(moments), attempt=1, step=step, steps=_STEPS, **one),
        )
    if ending >= 0.95:
        yield (
            stream,
            said.GenerationCancelled(at=next(moments), requested_by="client/bench", **ours),
        )
        yield _notice("generation-cancelled", next(moments), ours)
        return
    yield stream, said.TakeSampled(at=next(moments), take=_take(generation_id), **one)
    if ending >= 0.9:
        yield (
            stream,
            said.GenerationFailed(
                at=next(moments),
                code="store-full",
                stage="storing",
                explanation="The store took no more.",
                **ours,
            ),
        )
        yield _notice("generation-failed", next(moments), ours)
        return
    rendition, video_id = _rendition(generation_id), sibling(generation_id, "vid")
    yield stream, said.RenditionStored(at=next(moments), rendition=rendition, **one)
    released = next(moments)
    yield (
        f"video-{video_id}",
        VideoReleased(at=released, video_id=video_id, rendition=rendition, **ours),
    )
    yield stream, said.GenerationCompleted(at=released, video_id=video_id, **ours)
    yield _notice("video-released", next(moments), ours)


def _notice(kind: Kind, at: datetime, ours: dict[str, str]) -> Written:
    stream = f"notice-{notice_id(ours['generation_id'], kind)}"
    return stream, NoticePosted(
        at=at, kind=kind, account_id=ours["account_id"], about=ours["generation_id"]
    )


def _brief(chance: np.random.Generator) -> Brief:
    vocabulary = _PROMPT.split()
    chosen = chance.integers(len(vocabulary), size=int(chance.integers(5, 40)))
    words = [vocabulary[n] for n in chosen]
    return Brief(prompt=" ".join(words), seed=int(chance.integers(2**32)))


def _take(generation_id: str) -> Take:
    sha256 = _hash(generation_id, "take")
    return Take(
        key=f"takes/{generation_id}/{sha256}.mkv",
        sha256=sha256,
        size=5_000_000,
        plan_key=_hash(generation_id, "plan"),
        frames=72,
        fps=24,
        sample_rate=48000,
    )


def _rendition(generation_id: str) -> Rendition:
    return Rendition(
        film=_file(generation_id, "video/mp4", 800_000),
        poster=_file(generation_id, "image/jpeg", 40_000),
        contact_sheet=_file(generation_id + "sheet", "image/jpeg", 90_000),
        width=640,
        height=368,
        fps=24,
        frames=72,
        picture_seconds=3.0,
        sound_seconds=3.0,
        sample_rate=48000,
    )


def _file(name: str, content_type: str, size: int) -> MediaFile:
    sha256 = _hash(name, content_type)
    key = content_key(sha256, content_type)
    return MediaFile(key=key, sha256=sha256, size=size, content_type=content_type)


def _hash(name: str, kind: str) -> str:
    return hashlib.sha256(f"{kind}/{name}".encode()).hexdigest()


def _encoded(stream: str, revision: int, event: Event) -> NewEvent:
    command_id = f"{stream}/{revision}"
    metadata = Metadata(actor="client/bench", correlation_id=stream, causation_id=command_id)
    return _CODEC.encode(event, event_id(command_id, 0), metadata)
