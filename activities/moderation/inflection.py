"""Words in the forms in which languages write them: by their stems, and by what they are irregular
forms of.

Stems are Snowball's (``snowballstemmer``), without marks, as ``normalising`` leaves a text. Nobody
says which language a text is in: that is guessed by its letters and by its smallest words.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import snowballstemmer

from activities.moderation.normalising import normalised

VERSION: Final = f"snowball {version('snowballstemmer')}"
_SMALL: Final = Path(__file__).with_name("small_words.txt")
_IRREGULAR: Final = Path(__file__).with_name("irregular.txt")
_NAMES: Final = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "ru": "russian",
    "ar": "arabic",
}
_STEM_MIN: Final = 3
"""A shorter stem says too little: such words are compared as they are written."""
_ENDING: Final = "ing"
_DERIVED: Final = ("ics", "ity", "ation", "ize", "ism", "ist", "ness", "ment")
"""English words with these endings mean something else than the stem that Snowball leaves of them:
``politics`` is no form of ``polite``."""
_WORD: Final = re.compile(r"[^\W_]+")
_STEMMING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, with its characters there."""

    word: str
    begin: int
    end: int


def languages_of(words: Collection[str]) -> tuple[str, ...]:
    """The languages that a text may be in, English where nothing tells."""
    if any("\u0400" <= each[0] <= "\u04ff" for each in words):
        return ("ru", "en")
    if any("\u0600" <= each[0] <= "\u06ff" for each in words):
        return ("ar", "en")
    counts = {
        language: sum(each in known for each in words) for language, known in _small().items()
    }
    most = max(counts.values(), default=0)
    found = tuple(each for each, count in counts.items() if count == most) if most else ()
    return found or ("en",)


def is_small(word: str, languages: Iterable[str]) -> bool:
    """Whether a word only holds others together in any of the languages, such as an article."""
    small = _small()
    return any(word in small.get(each, ()) for each in languages)


def content_words(text: str) -> tuple[str, ...]:
    """The words of a wish without the smallest ones; the last one where there are no others."""
    words = tuple(_WORD.findall(normalised(text)))
    likely = languages_of(words)
    languages = ("en",) if "en" in likely else likely
    kept = (each for each in words if not all(is_small(each, (one,)) for one in languages))
    return tuple(kept) or words[-1:]


def forms(word: str, languages: Iterable[str]) -> frozenset[str]:
    """What a word is a form of, in each of the languages: words that share any are forms of one."""
    return frozenset({word}.union(*(_forms(each, word) for each in languages)))


def doers(word: str) -> frozenset[str]:
    """Who does what an English word in ``-ing`` names: what ``jumper`` is to ``jumping``."""
    if not word.endswith(_ENDING) or len(word) < len(_ENDING) + _STEM_MIN:
        return frozenset()
    stem = _stem("en", word)
    return frozenset({f"{stem.removesuffix('e')}er", f"{stem.removesuffix('e')}ers"})


@lru_cache(maxsize=16_384)
def _forms(language: str, word: str) -> frozenset[str]:
    base = _irregular().get(word, word) if language == "en" else word
    if language == "en" and _singular(base).endswith(_DERIVED):
        return frozenset({f"en:{_singular(base)}"})
    found = {_stem(language, base)}
    if language == "de":
        found |= {_weak(each) for each in tuple(found)}
        if word.startswith("ge") and len(word) > 2 * _STEM_MIN:
            found.add(_weak(_stem(language, word[2:])))
    return frozenset(f"{language}:{each}" for each in found if len(each) >= _STEM_MIN)


def _singular(word: str) -> str:
    if word.endswith(("ics", "ss")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _weak(stem: str) -> str:
    """A German stem without the ending of a verb that Snowball leaves: ``tanzt`` is ``tanz``."""
    return stem.removesuffix("t") if len(stem) > _STEM_MIN + 1 else stem


@lru_cache(maxsize=16_384)
def _stem(language: str, word: str) -> str:
    with _STEMMING:  # a stemmer keeps the word that it is at
        return str(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_NAMES[language])


@cache
def _small() -> dict[str, frozenset[str]]:
    """The smallest words by language."""
    lines = _SMALL.read_text(encoding="utf-8").splitlines()
    pairs = (each.partition(":") for each in lines if each and not each.startswith("#"))
    return {
        language: frozenset(normalised(each) for each in words.split())
        for language, _, words in pairs
    }


@cache
def _irregular() -> dict[str, str]:
    """Irregular English forms, and what each is a form of."""
    lines = _IRREGULAR.read_text(encoding="utf-8").splitlines()
    rows = (each.split() for each in lines if each and not each.startswith("#"))
    return {form: base for base, *others in rows for form in others}
