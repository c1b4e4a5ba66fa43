"""Readings of a text: as it is written, and as somebody reads it who is not to be fooled.

The first reading is NFKC in small letters without marks and without characters that nobody sees.
The second undoes what hides a word from programs and not from people: letters of other scripts
among Latin ones, digits for letters, spaces or dots between letters, letters repeated, and text
that is turned around by a direction override. Every character of a reading knows which character
of the original it came from, so that a finding can say where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from domain.kernel.homoglyphs import (
    IN_SIGNS,
    LEET,
    LEET_SIGNS,
    LOOKS_LATIN,
    SMALL_CAPITALS,
    UNSEEN,
)

CHARACTERS_MAX: Final = 20_000
"""Longer texts are not looked at; whoever looks says so, and they wait for a human."""

Marked = tuple[str, int]
"""One character of a reading, and the place in the original that it came from."""
Breaks = Callable[[str], Iterable[int]]
"""Before which of some letters a new word begins: what somebody says who knows words."""

_OVERRIDES: Final = {"\u202e": "\u202c", "\u2067": "\u2069"}
_WORD: Final = re.compile(r"[^\W_]+(?:[!@$|+€£*'’][^\W_]+)*[!$]?")
_SIGNS: Final = (
    r"!-&(-/:-@\[-`{-~\u00a1-\u00bf\u00d7\u00f7"
    r"\u2010-\u2018\u201a-\u2bff\u3001-\u3020\U0001f000-\U0001faff"
)
"""Punctuation, symbols and pictures, but no apostrophe: ``I'm a`` is no word that is spelt out."""
_SIGN: Final = rf"(?:(?![^\W_])[{_SIGNS}])"
"""No letter or number among them, or a run could be read in many ways, each of which takes time."""
_SPREAD: Final = re.compile(
    rf"(?<![^\W_])[^\W_](?:(?:[ ]|[ ]?{_SIGN}{{1,4}}[ ]?)[^\W_]){{2,}}(?![^\W_])"
)
"""Single letters with a space, a sign, or a picture of up to four parts between each two."""
_GAP: Final = re.compile(r"[\W_]+")
_BLANKS: Final = "\t\n\r\v\f\x85\u2028\u2029\u2800"
_MAKE_OTHER_LETTERS: Final = (
    *(("\u0900", "\u1aaf"), ("\u1b00", "\u1cff"), ("\u302a", "\u309a")),
    *(("\ua800", "\uabff"), ("\U00011000", "\U00011fff")),
)
"""Where marks are vowels, tones or another consonant: Indian scripts, neighbours, and kana."""
_NUMBERED: Final = re.compile(r"\d+[^\W\d_]{1,3}")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True)
class Reading:
    """A text and, for each of its characters, where in the original it stands."""

    text: str
    origin: tuple[int, ...]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The part of the original that these characters came from."""
        if not self.origin or begin >= len(self.origin):
            return 0, 0
        places = self.origin[begin : max(end, begin + 1)]
        return min(places), max(places) + 1


@dataclass(frozen=True)
class Readings:
    """Both readings; they are equal where nothing was hidden."""

    plain: Reading
    clear: Reading

    @property
    def different(self) -> tuple[Reading, ...]:
        """Each reading once."""
        if self.plain.text == self.clear.text:
            return (self.plain,)
        return (self.plain, self.clear)


def unbroken(letters: str) -> Iterable[int]:
    """What somebody says who knows no words: all letters are one."""
    return ()


def readings(text: str, breaks: Breaks = unbroken) -> Readings:
    """Both readings of a text of at most CHARACTERS_MAX characters. Raises ValueError.

    ``breaks`` parts letters that stood alone and were put together.
    """
    if len(text) > CHARACTERS_MAX:
        raise ValueError(f"the text has more than {CHARACTERS_MAX} characters")
    plain = list(_plain(enumerate(text)))
    turned = list(_plain(_turned(text)))
    clear = _unstretched(_unleeted(_joined(_latinised(turned), breaks)))
    return Readings(_reading(plain), _reading(clear))


def normalised(text: str) -> str:
    """The first reading's text alone: how words of lists are compared."""
    return "".join(character for character, _ in _plain(enumerate(text))).strip()


def _reading(marked: Iterable[Marked]) -> Reading:
    kept = list(marked)
    return Reading("".join(each for each, _ in kept), tuple(place for _, place in kept))


def _plain(numbered: Iterable[tuple[int, str]]) -> Iterator[Marked]:
    """Characters that can be seen, in their simplest form; each kind of space is one space."""
    spaced = True
    for place, character in numbered:
        for each in _simple(character):
            if each == " " and spaced:
                continue
            spaced = each == " "
            yield each, place


@lru_cache(maxsize=8192)
def _simple(character: str) -> str:
    """A character in small letters without marks; nothing where nobody sees it."""
    if character in _BLANKS:
        return " "
    kept = []
    shown = IN_SIGNS.get(ord(character), character)
    for each in unicodedata.normalize("NFKC", shown).casefold():
        kind = unicodedata.category(each)
        if kind == "Zs":
            kept.append(" ")
        elif kind[0] != "C" and each not in UNSEEN and not _is_mark(each):
            kept.append(_bare(each))
    return "".join(kept)


def _bare(letter: str) -> str:
    """A letter without its marks; in kana and in Indian scripts they make another letter."""
    if letter < "\u0900" or "\u1e00" <= letter < "\u2000":
        decomposed = unicodedata.normalize("NFD", letter)
        return "".join(each for each in decomposed if not unicodedata.combining(each))
    return letter


def _is_mark(character: str) -> bool:
    """Whether it stands on a letter and leaves it the same letter."""
    if unicodedata.category(character) not in ("Mn", "Me"):
        return False
    return not any(first <= character <= last for first, last in _MAKE_OTHER_LETTERS)


def _turned(text: str) -> Iterator[tuple[int, str]]:
    """The characters in the order in which they are seen where a direction is overridden."""
    place = 0
    while place < len(text):
        close = _OVERRIDES.get(text[place])
        if close is None:
            yield place, text[place]
            place += 1
            continue
        end = text.find(close, place)
        end = len(text) if end < 0 else end
        yield from ((each, text[each]) for each in range(end - 1, place, -1))
        place = end + 1


def _latinised(marked: list[Marked]) -> list[Marked]:
    """Words that mix Latin letters with letters that only look so, in Latin letters alone.

    In a text that is mostly Latin, a word that consists of look-alikes alone is one as well, and
    one of small capitals anywhere.
    """
    text = "".join(each for each, _ in marked)
    letters = [each for each in text if each.isalpha()]
    mostly_latin = 2 * sum(each.isascii() for each in letters) > len(letters)
    changed = list(marked)
    for word in re.finditer(r"[^\W\d_]+", text):
        found = word.group()
        if found.isascii():
            continue
        mixed = any(each.isascii() for each in found)
        disguised = mostly_latin and all(each in LOOKS_LATIN for each in found)
        disguised = disguised or all(each in SMALL_CAPITALS for each in found)
        if mixed or disguised:
            for place in range(*word.span()):
                character, origin = marked[place]
                changed[place] = LOOKS_LATIN.get(character, character), origin
    return changed


def _joined(marked: list[Marked], breaks: Breaks) -> list[Marked]:
    """Letters that stand apart, put together: ``e x a m p l e``, ``例 え``, ``t.w.o w.o.r.d.s``.

    Among dotted letters a space parts two words, unless every dot has one.
    """
    text = "".join(each for each, _ in marked)
    dropped: set[int] = set()
    glued: list[tuple[int, int]] = []
    for run in _SPREAD.finditer(text):
        if sum(each.isalpha() for each in run.group()) >= 3:
            glued.append((marked[run.start()][1], marked[run.end() - 1][1]))
            dotted = any(" " not in gap and gap != "," for gap in _GAP.findall(run.group()))
            dropped |= {
                place
                for place in range(*run.span())
                if not text[place].isalnum() and not (dotted and text[place] == " ")
            }
    for place, each in enumerate(text):
        between = each in " ._-*" and 0 < place < len(text) - 1
        if between and _is_han(text[place - 1]) and _is_han(text[place + 1]):
            dropped.add(place)
    return _parted(
        [each for place, each in enumerate(marked) if place not in dropped], glued, breaks
    )


def _parted(marked: list[Marked], glued: list[tuple[int, int]], breaks: Breaks) -> list[Marked]:
    """Spaces again between the words of letters that were put together."""
    by_origin = {origin: place for place, (_, origin) in enumerate(marked)}
    spaces: set[int] = set()
    for first, last in glued:
        begin, end = by_origin[first], by_origin[last] + 1
        letters = "".join(each for each, _ in marked[begin:end])
        if letters.isalnum():
            spaces |= {begin + each for each in breaks(letters)}
    parted: list[Marked] = []
    for place, each in enumerate(marked):
        if place in spaces:
            parted.append((" ", each[1]))
        parted.append(each)
    return parted


def _is_han(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff"


def _unleeted(marked: list[Marked]) -> list[Marked]:
    """Digits and signs within words, as the letters that they stand for."""
    text = "".join(each for each, _ in marked)
    changed = list(marked)
    for word in _WORD.finditer(text):
        if _is_leet(word.group()):
            for place in range(*word.span()):
                character, origin = marked[place]
                changed[place] = character.translate(LEET), origin
    return changed


def _is_leet(word: str) -> bool:
    """Letters with digits or signs among them; not ``90s``, ``3d``, ``mp3`` or ``don't``."""
    inside = [place for place, each in enumerate(word) if each in LEET_SIGNS]
    letters = [place for place, each in enumerate(word) if each.isalpha() and each.isascii()]
    if not inside or not letters or _NUMBERED.fullmatch(word):
        return False
    within = letters[0] < inside[0] < letters[-1] or len(letters) >= 3
    return within and len(letters) + len(inside) >= 3


def _unstretched(marked: list[Marked]) -> list[Marked]:
    """A letter that stands three times or more in a row, once."""
    text = "".join(each for each, _ in marked)
    dropped: set[int] = set()
    for run in _STRETCHED.finditer(text):
        dropped |= set(range(run.start() + 1, run.end()))
    return [each for place, each in enumerate(marked) if place not in dropped]
