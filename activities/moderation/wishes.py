"""A wish and how it is met in a text: by its own words in any form, or by those of a topic.

The words of a wish are looked for next to each other, and what is done also before how: who rides
a horse is riding. The smallest words may stand between them. Of a wish that names a topic the words
of that topic are looked for instead, which tell smoke that rises from what somebody smokes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from activities.moderation import topics
from activities.moderation.inflection import (
    Token,
    content_words,
    doers,
    forms,
    is_small,
    languages_of,
)
from activities.moderation.lists import ListUnusable, WordLists, phrases
from activities.moderation.normalising import Reading, normalised

_TOKEN: Final = re.compile(r"[^\W_]+")
_BETWEEN_MAX: Final = 2
"""So many of the smallest words may stand between two words of a wish."""
_WORDS_MAX: Final = 6
"""A longer wish is looked for as it is written."""


class WishUnreadable(Exception):
    """A wish has no letters: it cannot be looked for."""


@dataclass(frozen=True)
class Read:
    """A reading of a text, its words, and the languages that it may be in."""

    reading: Reading
    tokens: tuple[Token, ...]
    forms: tuple[frozenset[str], ...]
    """Of each word."""
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """What somebody does not want, ready to be looked for."""

    words: tuple[str, ...]
    whole: WordLists
    """The wish as it is written, in any script."""
    topics: tuple[WordLists, ...]

    def met_in(self, text: Read) -> Iterator[tuple[int, int]]:
        """The characters of the original that speak of it, the surest first."""
        for lists in (self.whole, *self.topics):
            yield from (hit.words for hit in lists.find(text.reading))
        if len(self.words) <= _WORDS_MAX and not self.topics:
            for begin, end in self._in_any_form(text):
                yield text.reading.span(begin, end)

    def _in_any_form(self, text: Read) -> Iterator[tuple[int, int]]:
        wanted = [_wanted(each, text.languages) for each in self.words]
        turned = [wanted[::-1]] if self.words[-1].endswith("ing") and wanted[1:] else []
        for order in (wanted, *turned):
            for first in range(len(text.tokens)):
                last = _last(order, first, text)
                if last is not None:
                    yield text.tokens[first].begin, text.tokens[last].end


@lru_cache(maxsize=4096)
def wish(written: str) -> Wish:
    """A wish as its owner gave it: a thing, or the label of a scene. Raises WishUnreadable."""
    plain = written.replace("-", " ").replace("*", " ")  # a star would mean any ending
    kept = content_words(plain)
    try:
        flat = normalised(plain)
        spellings = [" ".join(kept), flat[flat.find(kept[0]) :] if kept else flat]
        whole = WordLists(phrases(topics.CATEGORY, 0, spellings))
    except ListUnusable as error:
        raise WishUnreadable from error
    return Wish(kept, whole, topics.built_in().named(plain))


@lru_cache(maxsize=64)
def read_for_wishes(reading: Reading) -> Read:
    """A reading with what wishes are looked for in."""
    tokens = tuple(
        Token(each.group(), each.start(), each.end()) for each in _TOKEN.finditer(reading.text)
    )
    languages = languages_of([each.word for each in tokens])
    return Read(reading, tokens, tuple(forms(each.word, languages) for each in tokens), languages)


@lru_cache(maxsize=4096)
def _wanted(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """The forms of a word of a wish; labels are English whatever the text is in."""
    names = (word, *doers(word)) if "en" in languages else (word,)
    return frozenset[str]().union(*(forms(each, languages) for each in names))


def _last(
    wanted: Sequence[frozenset[str]],
    first: int,
    text: Read,
) -> int | None:
    """The word with which a phrase that begins at ``first`` ends; None where it does not."""
    if not wanted[0] & text.forms[first]:
        return None
    place = first
    for each in wanted[1:]:
        for ahead in range(place + 1, min(place + 2 + _BETWEEN_MAX, len(text.forms))):
            if each & text.forms[ahead]:
                place = ahead
                break
            if not is_small(text.tokens[ahead].word, text.languages):
                return None
        else:
            return None
    return place
