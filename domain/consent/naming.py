"""Naming: where a text speaks of a thing that somebody wishes, however it is disguised.

A text is read as moderation reads it (``domain.kernel.normalising``). What *names* a thing is its
words in their order, also with hyphens or nothing between them, with one word between them, in the
singular or the plural; such places can be cut out. What *hints* at it says the same in another
form or order, or letter by letter; there is no telling what else the sentence says, so whoever
finds a hint refuses. Languages without spaces between words are looked through without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from domain.kernel.normalising import Reading, readings

Span = tuple[int, int]
"""Where in the original text: the first character, and the one after the last."""

_ARTICLES: Final = (
    *("a", "an", "the", "any", "some", "my", "ein", "eine", "einen", "der", "die", "das"),
    *("un", "une", "le", "la", "les", "el", "los", "las", "una", "il", "lo", "um", "uma"),
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_APART: Final = r"(?:[^\w.!?;:]|_)"
_GAP: Final = rf"(?:{_APART}{{0,3}}|\.|{_APART}{{1,3}}[^\W_]{{1,24}}{_APART}{{1,3}})"
_BEGINS: Final = r"(?<![^\W_])"
_ENDS: Final = r"(?![^\W_])"
_ARTICLE: Final = r"(?:(?:a|an|the|any|some)\s+)?"
_NOT: Final = (
    r"(?:without|w/o|no|not|minus|lacking|sans|ohne|kein(?:e|en|em|er)?|sin|sem|senza|bez|без"
    r"|zonder|uden|utan)\s+"
    r"(?:(?:a|an|the|any|one|her|his|their|its|wearing|having|showing|visible|of|sign)\s+){0,4}"
)
_NOT_UNSPACED: Final = r"(?:没有|沒有|不戴|不穿|不带|不帶|无|無)\s*"
_TAKEN_AWAY: Final = (
    r"(?:remov\w*|tak(?:e|es|ing|en) off|took off|los(?:e|es|ing)|lost|hid(?:e|es|ing|den)?"
    r"|drop\w*|skip\w*|omit\w*|leav(?:e|es|ing) (?:out|off|away)|instead of|rather than|never"
    r"|free of|devoid of|bare of|except|do not|don't|doesn't|isn't|not|without|no|forget\w*"
    r"|ignor\w*)"
)
_GONE: Final = (
    r"(?:(?:is|are|was|were|being|has|have|been|now)\s+){0,3}"
    r"(?:removed|hidden|missing|absent|gone|off|away|lost|invisible|not|nowhere|left|out of)\b"
)
_LINKS: Final = (
    r"(?:that|which|is|are|was|were|being|look|looks|looking|fit|fits|fitting|cut|made|of|from|in"
    r"|all|very|so|too|super|really|quite|extra)"
)
_SQUEEZED_MIN: Final = 8
_SHARED_WITH_OTHERS: Final = frozenset({"glasses"})
"""Plurals whose singular is another thing."""


class Words:
    """A text, read twice."""

    def __init__(self, text: str) -> None:
        both = readings(text)
        self.text, self.readings = text, both.different
        self._clear: Reading = both.clear

    def naming(self, thing: str) -> Iterator[Span]:
        """Where it names the thing."""
        return self._where(_naming(thing))

    def denying(self, thing: str) -> Iterator[Span]:
        """Where it says that the thing is not there: *without a gold chain*."""
        return self._where(_denying(thing))

    def hints_at(self, thing: str) -> bool:
        """Whether it speaks of the thing in another form or order, or in single letters."""
        squeezed = "".join(_words(thing))
        long = len(_words(thing)) > 1 and len(squeezed) >= _SQUEEZED_MIN
        if long and squeezed in re.sub(r"[\W_]", "", self._clear.text):
            return True
        return any(True for _ in self._where(_hinting(thing)))

    def takes_away(self, thing: str) -> bool:
        """Whether it may say that the thing is to be taken away."""
        return any(True for _ in self._where(_taking_away(thing)))

    def _where(self, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Span]:
        for reading in self.readings:
            for pattern in patterns:
                for found in pattern.finditer(reading.text):
                    yield reading.span(*found.span())


@lru_cache(maxsize=4096)
def _words(thing: str) -> tuple[str, ...]:
    """The words of a thing as they are read, without the article before them."""
    found = _WORD.findall(readings(thing).clear.text)
    while len(found) > 1 and found[0] in _ARTICLES:
        del found[0]
    return tuple(found)


@lru_cache(maxsize=4096)
def _naming(thing: str) -> tuple[re.Pattern[str], ...]:
    phrase = _phrase(thing)
    return () if phrase is None else (re.compile(f"{_begins(thing)}{_ARTICLE}{phrase}"),)


@lru_cache(maxsize=4096)
def _denying(thing: str) -> tuple[re.Pattern[str], ...]:
    phrase = _phrase(thing)
    if phrase is None:
        return ()
    return (re.compile(f"{_BEGINS}{_NOT}{phrase}"), re.compile(f"{_NOT_UNSPACED}{phrase}"))


@lru_cache(maxsize=4096)
def _taking_away(thing: str) -> tuple[re.Pattern[str], ...]:
    phrase = _phrase(thing)
    if phrase is None:
        return ()
    few = r"(?:\s+[^\W_]+){0,4}?\s+"
    return (
        re.compile(f"{_BEGINS}{_TAKEN_AWAY}{few}{phrase}"),
        re.compile(f"{_begins(thing)}{phrase}{_APART}{{1,3}}{_GONE}"),
    )


@lru_cache(maxsize=4096)
def _hinting(thing: str) -> tuple[re.Pattern[str], ...]:
    """The words in other forms, in their order; and what is said of the last one after it."""
    words = _words(thing)
    if not words or (len(words) == 1 and words[0].isascii()):
        return ()
    stems = [_stem(each) for each in words]
    inflected = re.compile(f"{_begins(thing)}{_GAP.join(stems)}{_ends(thing)}")
    if len(words) == 1:
        return (inflected,)
    *first, last = stems
    described = _GAP.join(first)
    linked = rf"{_APART}{{1,3}}(?:{_LINKS}{_APART}{{1,3}}){{1,4}}"
    told = rf",\s*{described}{_ENDS}(?=\s+(?:one|ones|and|or)\b|\s*[,.;!?]|\s*$)"
    return (
        inflected,
        re.compile(f"{_begins(thing)}{last}{linked}{described}{_ends(thing)}"),
        re.compile(f"{_begins(thing)}{last}{told}"),
    )


def _phrase(thing: str) -> str | None:
    words = _words(thing)
    return _GAP.join(_forms(each) for each in words) + _ends(thing) if words else None


def _forms(word: str) -> str:
    """A word in the singular and in the plural."""
    if len(word) < 3 or not word[-1].isalpha() or _unspaced(word[-1]):
        return re.escape(word)
    names = {word}
    if word not in _SHARED_WITH_OTHERS:
        if word.endswith("ies"):
            names.add(f"{word[:-3]}y")
        if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
            names.add(word[:-2])
        if word.endswith("s") and not word.endswith("ss"):
            names.add(word[:-1])
    ends = "(?:['’]?s|es|n|en)?"
    plurals = [f"{re.escape(each[:-1])}ies" for each in names if each.endswith("y")]
    return f"(?:{'|'.join([*(re.escape(each) + ends for each in sorted(names)), *plurals])})"


def _stem(word: str) -> str:
    """A word without its ending, and a few letters in its place."""
    if _unspaced(word[-1]) or len(word) < 4:
        return re.escape(word)
    off = 0 if len(word) == 4 else 2 if not word.isascii() and len(word) > 5 else 1
    return rf"{re.escape(word[: len(word) - off])}[^\W_]{{0,{off + 3}}}"


def _begins(thing: str) -> str:
    words = _words(thing)
    return "" if words and _unspaced(words[0][0]) else _BEGINS


def _ends(thing: str) -> str:
    words = _words(thing)
    return "" if words and _unspaced(words[-1][-1]) else _ENDS


def _unspaced(letter: str) -> bool:
    """Whether it is of a script in which other letters follow without a space."""
    return (
        "\u0e00" <= letter <= "\u0eff"
        or "\u1000" <= letter <= "\u109f"
        or "\u1780" <= letter <= "\u17ff"
        or "\u3040" <= letter <= "\u30ff"
        or "\u3400" <= letter <= "\u9fff"
        or "\uac00" <= letter <= "\ud7af"
    )
