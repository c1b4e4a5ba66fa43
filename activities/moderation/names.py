"""Names in a text: people who are known, anybody's full name, and whom the policy protects.

A name is found in both readings of a text. A full name is a given name and a capitalised word, as
it is written; which stories call a made-up person so is for a human to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from activities.moderation.content import Part
from activities.moderation.lists import Listed, WordLists, phrases
from activities.moderation.normalising import Reading, normalised
from activities.moderation.reading import read
from domain.moderation.finding import Detector, Finding, Segment
from domain.moderation.policy import Protected

_HERE: Final = Path(__file__).parent
_KNOWN, _AMBIGUOUS, _PROTECTED, _ANYBODY = 900, 650, 1000, 600
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
VERSION: Final = "2"


@dataclass(frozen=True)
class Names:
    """Looks for names; ``protected`` are the policy's own, and part of the version."""

    detector: Detector
    lists: WordLists

    def look(self, part: Part) -> Iterator[Finding]:
        """Every name in a text, with its place; the name itself is not repeated."""
        both = read(part.text)
        for reading in both.different:
            for hit in self.lists.find(reading):
                if not _is_handle(part.text, hit.words):
                    yield self._finding(part, hit.entry.category, hit.entry.score, hit.words)
        for words in _full_names(part.text, both.plain):
            yield self._finding(part, "real-people", _ANYBODY, words)

    def _finding(self, part: Part, category: str, score: int, words: tuple[int, int]) -> Finding:
        return Finding(
            detector=self.detector,
            category=category,
            score=score,
            segment=Segment(place=part.place, words=words, milliseconds=part.milliseconds),
            note="somebody's name" if category != "protected-characters" else "a character's name",
        )


def names(protected: Iterable[Protected] = ()) -> Names:
    """The detector, for a policy's list of whom it protects."""
    listed = tuple(protected)
    lists = WordLists([*_known(), *_protected(listed)])
    return Names(Detector(name="names", version=f"{VERSION}+{lists.fingerprint}"), lists)


@cache
def _known() -> tuple[Listed, ...]:
    lines = (_HERE / "people.txt").read_text(encoding="utf-8").splitlines()
    found: list[Listed] = []
    for line in lines:
        if line and not line.startswith("#"):
            score = _AMBIGUOUS if line.startswith("?") else _KNOWN
            spellings = line.removeprefix("?").split("|")
            found.extend(phrases("real-people", score, spellings))
    return tuple(found)


def _protected(listed: Iterable[Protected]) -> Iterator[Listed]:
    for each in listed:
        category = "protected-people" if each.kind == "person" else "protected-characters"
        yield from phrases(category, _PROTECTED, (each.name, *each.aliases))


def _is_handle(text: str, words: tuple[int, int]) -> bool:
    """Whether the words are (a part of) one word that is called with ``@``."""
    begin, end = words
    return begin > 0 and text[begin - 1] == "@" and " " not in text[begin:end]


@cache
def _given_names() -> frozenset[str]:
    text = (_HERE / "given_names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(normalised(each) for each in " ".join(lines).split())


def _full_names(original: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """A given name and the next word, both capitalised as they were written."""
    words = list(_WORD.finditer(reading.text))
    for one, other in pairwise(words):
        apart = reading.text[one.end() : other.start()]
        if one.group() in _given_names() and apart == " ":
            span = reading.span(one.start(), other.end())
            capitals = (reading.origin[one.start()], reading.origin[other.start()])
            handle = span[0] > 0 and original[span[0] - 1] == "@"
            if not handle and all(original[each].isupper() for each in capitals):
                yield span
