"""``verify``: which artefact a file is, from its manifest, its marks and its fingerprints.

Each layer is read on its own and notes what it found; ``domain.provenance.verdict`` weighs it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from activities.provenance.examination import Examination, Stretch, examine
from activities.provenance.footage import SECONDS_MAX
from activities.provenance.picture_reading import PILOT_MIN, PictureReader, Place, Residue
from activities.provenance.ports import Match, PrintIndex, Register
from activities.provenance.prints import Kind
from activities.provenance.reading import ManifestReader, ManifestReading
from activities.provenance.refusals import NotAFilm
from activities.provenance.sound_reading import SoundReader
from activities.provenance.vocabulary import Vocabulary
from activities.scratch import file_sha256
from activities.threads import StopSign, in_thread
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
AGREEING_MIN: Final = 3
OFFSET_MS: Final = 1000
"""Prints agree when they put the excerpt at the same place in the artefact, to this much."""

_FALSE_PRINT: Final = 1e-3
_FALSE_PRINTS_MIN: Final = 1e-9
"""Prints of neighbouring moments are not independent: more of them are no further proof."""
_PRINTS_OF_USE: Final = 4
_COMPARABLE_SCALES: Final = (0.88, 1.12)
_LAYER: Final = {Kind.PICTURE: Layer.PICTURE_PRINT, Kind.SOUND: Layer.SOUND_PRINT}


@dataclass(frozen=True)
class Spoken:
    """A number that a mark says in a stretch, and where the picture's tile was found."""

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
        self._vocabularies = [Vocabulary(key) for key in reversed(mark_keys)]

    async def verify(self, path: Path, seconds_max: float = SECONDS_MAX) -> Verdict:
        """Say what a file is. Raises NotAFilm when it is neither a film nor carries a manifest."""
        reading = await in_thread(lambda _: self._manifests.read(path))
        sha256 = await in_thread(lambda sign: file_sha256(path, sign.heed))
        exact = await self._register.artefact_with(sha256)
        for vocabulary in self._vocabularies:
            await vocabulary.learn(self._register)
        manifest = _manifest(reading)
        try:
            spoken, examination = await in_thread(lambda sign: self._read(path, seconds_max, sign))
        except NotAFilm:
            if manifest.state in (ManifestState.MISSING, ManifestState.UNREADABLE) and not exact:
                raise
            return conclude(manifest, [], exact, cut_off=True)
        windows = await self._windows(examination, spoken)
        footage = examination.footage
        return conclude(manifest, windows, exact, footage.cut_off, footage.longer_than_read)

    def _read(
        self, path: Path, seconds_max: float, sign: StopSign
    ) -> tuple[list[list[Spoken]], Examination]:
        """In a thread: decode, and read the marks of every stretch with every key."""
        examination = examine(path, seconds_max)
        spoken: list[list[Spoken]] = [[] for _ in examination.stretches]
        for vocabulary in self._vocabularies:
            reader = _Marks(vocabulary, examination)
            for index, stretch in enumerate(examination.stretches):
                sign.heed()
                spoken[index] += reader.read(stretch)
        return spoken, examination

    async def _windows(
        self, examination: Examination, spoken: Sequence[Sequence[Spoken]]
    ) -> list[Window]:
        windows = []
        for stretch, said in zip(examination.stretches, spoken, strict=True):
            marks, comparable = await self._named(said)
            prints, seen = await self._printed(stretch)
            unlike: set[str] = set()
            if comparable and len(stretch.prints) >= _PRINTS_OF_USE:
                unlike = await self._index.printed(sorted(comparable)) - seen
            windows.append(
                Window(
                    start=round(stretch.start, 3),
                    end=round(stretch.end, 3),
                    signs=(*marks, *prints),
                    unlike=frozenset(unlike),
                )
            )
        return windows

    async def _named(self, said: Iterable[Spoken]) -> tuple[list[Sign], set[str]]:
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

    async def _printed(self, stretch: Stretch) -> tuple[list[Sign], set[str]]:
        """What the prints of a stretch say, and whose pictures were seen at all."""
        signs, seen = [], set()
        for kind, prints in ((Kind.PICTURE, stretch.prints), (Kind.SOUND, stretch.sound_prints)):
            if not prints:
                continue
            matches = await self._index.near(prints, DISTANCE_MAX)
            times = [each.at_ms for each in prints]
            if (sign := agreed(_LAYER[kind], times, matches)) is not None:
                signs.append(sign)
            if kind is Kind.PICTURE:
                seen = {match.artefact_id for match in matches}
        return signs, seen


class _Marks:
    """Reads the marks of one key in a file, the place found in all of it as a hint."""

    def __init__(self, vocabulary: Vocabulary, examination: Examination) -> None:
        self._words, self._examination = vocabulary, examination
        self._pictures, self._sounds = PictureReader(vocabulary.key), SoundReader(vocabulary.key)
        whole = sum((each.residue for each in examination.stretches), Residue()).mean
        self._place: Place | None = None
        if whole is not None:
            place = self._pictures.locate(whole)
            self._place = place if place.pilot >= PILOT_MIN else None

    def read(self, stretch: Stretch) -> list[Spoken]:
        found = []
        mean = stretch.residue.mean
        if mean is not None:
            place = self._pictures.locate(mean, self._place)
            heard = self._pictures.read(place, self._words.pictures, self._words.numbers)
            if heard is not None:
                low, high = _COMPARABLE_SCALES
                comparable = low < place.scale < high and not place.mirrored
                found.append(
                    Spoken(Layer.PICTURE_MARK, heard.number, heard.false_match, comparable)
                )
        moment = self._sounds.locate(self._examination.heard(stretch))
        heard = self._sounds.read(moment, self._words.sounds, self._words.numbers)
        if heard is not None:
            found.append(Spoken(Layer.SOUND_MARK, heard.number, heard.false_match))
        return found


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
