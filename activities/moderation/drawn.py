"""Pictures in the place of words: drawn with characters, or written out as data.

Who reads words does not see what such a text shows, so nobody has looked at it. What is counted is
what is seen: letters of any script, with their marks and in any dress (``Ⓐ`` is one), against
every other sign. A few emoji, a row of stars or a line of dashes are no picture.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

_DATA: Final = re.compile(
    r"\bdata:\s*[a-z]+/[a-z0-9.+-]+\s*[;,]|;\s*base64\s*,|<\s*svg\b", re.IGNORECASE
)
_ENCODED: Final = re.compile(r"(?:[A-Za-z0-9+/_=-]{40,}\s*){4,}|[A-Za-z0-9+/_=-]{160,}")
_CELLS: Final = re.compile("[\u2800-\u28ff]")
"""Braille: six or eight dots each."""
_BLOCKS: Final = re.compile("[\u2500-\u259f\U0001fb00-\U0001fbff]")
"""Lines, blocks, and the mosaics of old computers."""

CELLS_MAX: Final = 3
BLOCKS_MAX: Final = 15
_RUN: Final = 3
"""A sign that stands in a row counts so often: a line of dashes is one thing."""
WINDOW: Final = 60
"""So many signs one after the other, of which hardly any is a letter, are a picture."""
_WINDOW_LETTERS_MIN: Final = 15
_SHARE_MIN: Final = 0.2
"""Of a text of WINDOW signs or more, runs counted in full, so many have to be letters."""
_LINES_MIN: Final = 5
_KINDS_MAX: Final = 3


@lru_cache(maxsize=64)
def is_drawn(text: str) -> bool:
    """Whether a text is a picture, or has one in it, that nobody who reads words can see."""
    if _DATA.search(text) or any(_is_mixed(each.group()) for each in _ENCODED.finditer(text)):
        return True
    letters = [_is_letter(each) for each in text if _is_seen(each)]
    if len(letters) >= WINDOW and sum(letters) < _SHARE_MIN * len(letters):
        return True
    short = _without_rows(text)
    if len(_CELLS.findall(short)) > CELLS_MAX or len(_BLOCKS.findall(short)) > BLOCKS_MAX:
        return True
    return _has_window(short) or _is_of_few_kinds(text)


def _is_mixed(run: str) -> bool:
    """Small letters, capitals and digits in one: data, and no word of any language."""
    return all(any(test(each) for each in run) for test in (str.islower, str.isupper, str.isdigit))


@lru_cache(maxsize=8192)
def _is_seen(character: str) -> bool:
    """Not a space, a control, a joiner, nor the choice of another shape."""
    if "\ufe00" <= character <= "\ufe0f":
        return False
    return unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf")


@lru_cache(maxsize=8192)
def _is_letter(character: str) -> bool:
    """A letter or a mark of one, also where it is circled, squared or raised."""
    if unicodedata.category(character)[0] in "LM":
        return True
    simple = unicodedata.normalize("NFKC", character)
    return any(unicodedata.category(each)[0] == "L" for each in simple)


def _without_rows(text: str) -> str:
    """The text with each row of one sign cut to _RUN of them; letters stay as they are."""
    kept: list[str] = []
    row = 0
    for before, each in zip(f"\n{text}", text, strict=False):
        row = row + 1 if each == before else 1
        if row <= _RUN or _is_letter(each):
            kept.append(each)
    return "".join(kept)


def _has_window(text: str) -> bool:
    """Whether WINDOW signs stand together with hardly a letter among them."""
    letters = [_is_letter(each) for each in text if _is_seen(each)]
    if len(letters) < WINDOW:
        return False
    within = sum(letters[:WINDOW])
    for leaves, comes in zip(letters, letters[WINDOW:], strict=False):
        if within < _WINDOW_LETTERS_MIN:
            return True
        within += comes - leaves
    return within < _WINDOW_LETTERS_MIN


def _is_of_few_kinds(text: str) -> bool:
    """Whether many lines are rows of two or three characters, letters too; ``la la`` is sung."""
    seen = [each for each in text if _is_seen(each)]
    lines = sum(bool(each.strip()) for each in text.splitlines())
    if lines < _LINES_MIN or len(seen) < WINDOW or len(set(seen)) > _KINDS_MAX:
        return False
    return sum(one == other for one, other in pairwise(seen)) > len(seen) / 3
