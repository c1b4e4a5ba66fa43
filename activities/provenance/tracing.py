"""``verify``: which artefact a file is, from its manifest, its marks and its fingerprints.

Each layer is read on its own and notes what it found; ``domain.provenance.verdict`` weighs it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from activities.provenance import picture_reading, sound_reading
from activities.provenance.footage import SECONDS_MAX
from activities.provenance.looked import Looked, Stretch
from activities.provenance.looking import look
from activities.provenance.payload import PICTURE, SOUND
from activities.provenance.ports import Match, PrintIndex, Register
from activities.provenance.prints import Kind
from activities.provenance.reading import ManifestReader, ManifestReading
from activities.provenance.refusals import NotAFilm
from activities.provenance.vocabulary import Vocabulary
from activities.scratch import file_sha256
from activities.threads import in_thread
from domain.provenance.verdict import (
    Layer,
    Manifest,
    ManifestState,
    Sign,
    Verdict,
    Window,
    conclude,
)

DISTANCE_MAX: Final = 64
"""Of 256 bits; ``docs/provenance.md`` has the curves of own and of other films."""
UNLIKE_MIN: Final = 80
"""Bits between pictures and those of the artefact whose mark they carry: more, and it was pasted.

Of 24 films with the visible mark on them, whole stretches were 48 bits from their own artefact at
most; of 1,656 stretches of other films, one in a hundred was nearer than 86.
"""
AGREEING_MIN: Final = 3
WINDOWS_AT_ONCE: Final = 2
"""Of all films together: a long film's questions leave connections to others."""
OFFSET_MS: Final = 1000
"""Prints agree when they put the excerpt at the same place in the artefact, to this much."""

_FALSE_PRINT: Final = 1e-3
_FALSE_PRINTS_MIN: Final = 1e-9
"""Prints of neighbouring moments are not independent: more of them are no further proof."""
_PRINTS_OF_USE: Final = 8
"""Two seconds of pictures: in less, a flat one under the visible mark is far from itself."""
_LAYER: Final = {Kind.PICTURE: Layer.PICTURE_PRINT, Kind.SOUND: Layer.SOUND_PRINT}


@dataclass(frozen=True)
class Said:
    """A number that a mark says in a stretch, and whether prints can be asked about it."""

    layer: Layer
    number: int
    false_match: float
    comparable: bool = False


class Tracer:
    """Traces files with a trust list, this installation's mark keys, a register and an index."""

    def __init__(
        self,
        manifests: ManifestReader,
        mark_keys: Sequence[bytes],
        register: Register,
        index: PrintIndex,
    ) -> None:
        self._manifests, self._register, self._index = manifests, register, index
        self.mark_keys = tuple(reversed(mark_keys))
        """The newest first, in which order a look at a file has to hear them."""
        self._vocabularies = [Vocabulary(key) for key in self.mark_keys]
        self._asking = asyncio.Semaphore(WINDOWS_AT_ONCE)

    async def verify(self, path: Path, seconds_max: float = SECONDS_MAX) -> Verdict:
        """Say what a file of our own is. Raises NotAFilm when it is no film and has no manifest."""
        looked = await in_thread(lambda _: look(path, self._manifests, self.mark_keys, seconds_max))
        return await self.weigh(looked, await in_thread(lambda sign: file_sha256(path, sign.heed)))

    async def weigh(self, looked: Looked, sha256: str) -> Verdict:
        """Say what a file is, of which a look found this. Raises NotAFilm as ``verify`` does."""
        exact = await self._register.artefact_with(sha256)
        for vocabulary in self._vocabularies:
            await vocabulary.learn(self._register)
        manifest = _manifest(looked.manifest)
        if looked.fault is not None:
            if manifest.state in (ManifestState.MISSING, ManifestState.UNREADABLE) and not exact:
                raise NotAFilm(looked.fault)
            return conclude(manifest, [], exact, cut_off=True)
        windows = await asyncio.gather(*(self._window(each) for each in looked.stretches))
        return conclude(manifest, windows, exact, looked.cut_off, looked.longer_than_read)

    async def _window(self, stretch: Stretch) -> Window:
        async with self._asking:
            return await self._asked(stretch)

    async def _asked(self, stretch: Stretch) -> Window:
        marks, comparable = await self._named(await in_thread(lambda _: self._said(stretch)))
        prints = await self._printed(stretch)
        unlike: set[str] = set()
        if comparable and len(stretch.prints) >= _PRINTS_OF_USE:
            apart = await self._index.nearest(sorted(comparable), stretch.prints)
            unlike = {artefact for artefact, bits in apart.items() if bits > UNLIKE_MIN}
        return Window(
            start=stretch.start,
            end=stretch.end,
            signs=(*marks, *prints),
            unlike=frozenset(unlike),
        )

    def _said(self, stretch: Stretch) -> list[Said]:
        """The numbers that the marks of every key say."""
        found = []
        for known, spoken in zip(self._vocabularies, stretch.pictures, strict=False):
            if spoken is None or len(spoken.soft) != PICTURE.bits:
                continue
            soft, words = np.array(spoken.soft, np.float32), known.words
            heard = picture_reading.heard_in(
                known.key, spoken.pilot, soft, words.pictures, words.numbers
            )
            if heard is not None:
                said = Said(Layer.PICTURE_MARK, heard.number, heard.false_match, spoken.comparable)
                found.append(said)
        for known, spoken in zip(self._vocabularies, stretch.sounds, strict=False):
            if spoken is None or len(spoken.soft) != SOUND.bits:
                continue
            soft, words = np.array(spoken.soft, np.float32), known.words
            heard = sound_reading.heard_in(
                known.key, spoken.pilot, soft, words.sounds, words.numbers
            )
            if heard is not None:
                found.append(Said(Layer.SOUND_MARK, heard.number, heard.false_match))
        return found

    async def _named(self, said: Iterable[Said]) -> tuple[list[Sign], set[str]]:
        """Numbers as artefacts, and those whose pictures the index can be asked about."""
        signs, comparable = [], set()
        for each in said:
            artefact = await self._register.artefact_of(each.number)
            if artefact is None:
                continue  # a number that was never given out: not a mark of ours
            signs.append(Sign(layer=each.layer, artefact_id=artefact, false_match=each.false_match))
            if each.comparable:
                comparable.add(artefact)
        return signs, comparable

    async def _printed(self, stretch: Stretch) -> list[Sign]:
        """What the prints of a stretch say."""
        signs = []
        for kind, prints in ((Kind.PICTURE, stretch.prints), (Kind.SOUND, stretch.sound_prints)):
            if not prints:
                continue
            matches = await self._index.near(prints, DISTANCE_MAX)
            times = [each.at_ms for each in prints]
            if (sign := agreed(_LAYER[kind], times, matches)) is not None:
                signs.append(sign)
        return signs


def agreed(layer: Layer, times: Sequence[int], matches: Sequence[Match]) -> Sign | None:
    """The artefact on which most prints agree, at one offset; None when too few do.

    ``times`` are the queries' own, in milliseconds.
    """
    votes: dict[tuple[str, int], set[int]] = defaultdict(set)
    for match in matches:
        offset = (match.at_ms - times[match.query]) / OFFSET_MS
        for bucket in {int(offset // 1), int((offset + 0.5) // 1)}:
            votes[match.artefact_id, bucket].add(match.query)
    counts: Counter[str] = Counter()
    for (artefact, _), queries in votes.items():
        counts[artefact] = max(counts[artefact], len(queries))
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < AGREEING_MIN:
        return None
    if len(ranked) > 1 and ranked[1][1] == ranked[0][1]:
        return None  # two films that look alike here: prints cannot tell which
    false_match = max(_FALSE_PRINTS_MIN, _FALSE_PRINT ** ranked[0][1])
    return Sign(layer=layer, artefact_id=ranked[0][0], false_match=false_match)


def _manifest(reading: ManifestReading) -> Manifest:
    return Manifest(
        state=reading.state,
        issuer=reading.issuer,
        artefact_id=reading.artefact_id,
        faults=reading.faults,
    )
