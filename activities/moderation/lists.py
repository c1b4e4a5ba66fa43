"""Lists of words, a file per language, and how they are found in a text.

A term is one or several words, each of which may end in a star for any ending. A pair is two groups
of terms that together mean what neither means alone, when both stand within so many words. Texts
are read twice (``normalising``), so that a disguised word is found where it stands in the original.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from activities.moderation.normalising import Reading, normalised
from domain.moderation.categories import CATEGORIES

_FOLDER: Final = Path(__file__).with_name("lists")
_TOKEN: Final = re.compile(r"[^\W_]+")
_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_DOUBLED: Final = re.compile(r"([a-z])\1")
_STEM_MIN: Final = 2
_SINGLE_MIN: Final = 4
_WITHIN_MAX: Final = 200


class ListUnusable(Exception):
    """A list of words cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row; ``stars`` tells which of them are beginnings only."""

    words: tuple[str, ...]
    stars: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a term counts: alone (``half`` 0), or as the first or second half of a pair."""

    rule: int
    half: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a term or a pair means. ``within`` counts words, or characters where there are none."""

    category: str
    score: int
    language: str
    within: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A term or a pair, found: what it means, and the characters of the original."""

    entry: Entry
    words: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """A found half: between which words, and which characters of the reading."""

    first: int
    last: int
    begin: int
    end: int


Listed = tuple[Entry, Sequence[tuple[int, str]]]
"""An entry, and its terms: alone (0), or in the first or second half of a pair (1, 2)."""


class WordLists:
    """All languages at once: most texts mix them, and nobody has to say which one it is."""

    def __init__(self, entries: Iterable[Listed]) -> None:
        self.entries: list[Entry] = []
        told = hashlib.sha256()
        self._starts: dict[str, list[tuple[Term, Mark]]] = {}
        self._stems: dict[str, list[tuple[Term, Mark]]] = {}
        self._spaceless: dict[str, list[Mark]] = {}
        for entry, terms in entries:
            self.entries.append(entry)
            told.update(repr((entry, list(terms))).encode())
            for half, written in terms:
                self._add(written, Mark(len(self.entries) - 1, half))
        self.fingerprint: str = told.hexdigest()[:12]
        """Twelve characters that change with any word of any list."""

    def _add(self, written: str, mark: Mark) -> None:
        entry = self.entries[mark.rule]
        if entry.language in SPACELESS:
            self._spaceless.setdefault(normalised(written).replace(" ", ""), []).append(mark)
            return
        term = _term(written, entry.language)
        index = self._stems if term.stars[0] else self._starts
        index.setdefault(term.words[0], []).append((term, mark))

    def find(self, reading: Reading) -> list[Hit]:
        """Everything that the lists know in a text, each entry once at its first place."""
        found: dict[Mark, list[_Place]] = {}
        for mark, place in (*self._in_words(reading.text), *self._in_characters(reading.text)):
            found.setdefault(mark, []).append(place)
        hits = []
        for rule in sorted({mark.rule for mark in found}):
            entry = self.entries[rule]
            met = _alone(found, rule) or _paired(found, rule, entry.within)
            if met is not None:
                hits.append(Hit(entry, reading.span(met.begin, met.end)))
        return hits

    def _in_words(self, text: str) -> Iterator[tuple[Mark, _Place]]:
        tokens = [(each.group(), each.start(), each.end()) for each in _TOKEN.finditer(text)]
        for first, (token, begin, _) in enumerate(tokens):
            for spelling in _spellings(token):
                for term, mark in self._beginning_with(spelling):
                    last = first + len(term.words)
                    if last <= len(tokens) and _continues(term, tokens[first + 1 : last]):
                        yield mark, _Place(first, last - 1, begin, tokens[last - 1][2])

    def _beginning_with(self, token: str) -> Iterator[tuple[Term, Mark]]:
        yield from self._starts.get(token, ())
        for length in range(_STEM_MIN, len(token) + 1):
            yield from self._stems.get(token[:length], ())

    def _in_characters(self, text: str) -> Iterator[tuple[Mark, _Place]]:
        if text.isascii():
            return
        for word, marks in self._spaceless.items():
            begin = text.find(word)
            while begin >= 0:
                end = begin + len(word)
                yield from ((mark, _Place(begin, end, begin, end)) for mark in marks)
                begin = text.find(word, end)


SPACELESS: Final = frozenset({"zh", "ja"})
_ARABIC_PREFIXES: Final = ("وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ف", "ل")


def _spellings(token: str) -> tuple[str, ...]:
    """A word; with each doubled letter once; without the article that Arabic writes with it."""
    if "\u0600" <= token[0] <= "\u06ff":
        bare = {token.removeprefix(each) for each in _ARABIC_PREFIXES}
        return tuple(sorted({token, *(each for each in bare if len(each) > _STEM_MIN)}))
    single = _DOUBLED.sub(r"\1", token)
    return (token,) if single == token or len(single) < _SINGLE_MIN else (token, single)


def _term(written: str, language: str) -> Term:
    pieces = written.split()
    words: list[str] = []
    stars: list[bool] = []
    for piece in pieces:
        parts = _TOKEN.findall(normalised(piece))
        words += parts
        stars += [False] * (len(parts) - 1) + [piece.endswith("*")]
    if not words or len(words) != len(stars):
        raise ListUnusable(f"a term of {language} has no letters; take it out")
    if language == "ar":
        words = [min(_spellings(each), key=len) if len(each) > 3 else each for each in words]
    return Term(tuple(words), tuple(stars))


def _continues(term: Term, tokens: list[tuple[str, int, int]]) -> bool:
    return all(
        any(
            spelling.startswith(word) if star else spelling == word
            for spelling in _spellings(token)
        )
        for word, star, (token, _, _) in zip(term.words[1:], term.stars[1:], tokens, strict=True)
    )


def _alone(found: dict[Mark, list[_Place]], rule: int) -> _Place | None:
    return next(iter(found.get(Mark(rule, 0), ())), None)


def _paired(found: dict[Mark, list[_Place]], rule: int, within: int) -> _Place | None:
    """The nearest two halves, as one place; None where they stand too far apart."""
    near: tuple[int, _Place] | None = None
    for one in found.get(Mark(rule, 1), ()):
        for other in found.get(Mark(rule, 2), ()):
            gap = max(one.first, other.first) - min(one.last, other.last)
            if 0 < gap <= within and (near is None or gap < near[0]):
                begin, end = min(one.begin, other.begin), max(one.end, other.end)
                near = gap, _Place(one.first, other.last, begin, end)
    return near[1] if near else None


@cache
def built_in() -> WordLists:
    """The lists that come with the project."""
    return WordLists(each for path in sorted(_FOLDER.glob("*.toml")) for each in _load(path))


def phrases(category: str, score: int, spellings: Iterable[str]) -> list[Listed]:
    """Entries for a thing with several spellings: with spaces, or wherever its characters stand."""
    spaced = [(0, each) for each in spellings if not _HAN.search(each)]
    dense = [(0, each) for each in spellings if _HAN.search(each)]
    return [
        (Entry(category, score, language), terms)
        for language, terms in (("any", spaced), ("zh", dense))
        if terms
    ]


def _load(path: Path) -> Iterator[Listed]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        language = str(given["language"])
        for each in given.get("terms", ()):
            yield _entry(each, language), [(0, word) for word in each["words"]]
        for each in given.get("pairs", ()):
            halves = [(1, word) for word in each["first"]] + [(2, word) for word in each["second"]]
            yield _entry(each, language, int(each["within"])), halves
    except (KeyError, TypeError, ValueError) as error:
        raise ListUnusable(f"{path.name} cannot be read: {error}") from error


def _entry(given: dict[str, object], language: str, within: int = 0) -> Entry:
    category, score = str(given["category"]), int(str(given["score"]))
    if category not in CATEGORIES or not 0 <= score <= 1000 or not 0 <= within <= _WITHIN_MAX:
        raise ListUnusable(f"an entry of {language} about {category} is out of bounds")
    return Entry(category, score, language, within)
