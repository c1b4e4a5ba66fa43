"""How somebody is to be portrayed: short noun phrases that are data and never instructions.

A preference is *always* or *never*, and a thing: ``always`` "a gold chain". The server merges
them into every plan that casts the person; the caster's prompt neither shows nor overrides them.
What is told to models could be misused to tell models what to do, so the text is held to rules:

- at most 20 phrases of at most 80 characters and 8 words;
- neutralised first: NFKC, invisible characters removed, spaces collapsed;
- letters, digits, spaces and ``, ' - & %`` only: no brackets, quotes, colons, line breaks, slashes,
  mentions, links or markup;
- one script in each word, so that letters of another cannot hide a word;
- a noun phrase: no part of it begins like a command, and no word speaks of texts, tasks and
  requests (``domain/consent/instructing.py``), read as moderation reads a text;
- no script for which there is no list of such words.

What breaks a rule is refused with its place, never silently changed in meaning.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from domain.consent.instructing import instructs, unlisted
from domain.kernel.canonical import canonical_json
from domain.kernel.errors import Refusal
from domain.kernel.model import Personal, Value

PREFERENCES_MAX: Final = 20
CHARACTERS_MAX: Final = 80
WORDS_MAX: Final = 8


Salt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 random bytes in hex, drawn by whoever takes the wishes in."""


class PreferenceUnusable(Refusal):
    """A preference says how somebody is portrayed, in a few plain words, and this one does not."""

    code = "preference-unusable"
    stage = "settings"
    next_step = "Write a short noun phrase such as “a gold chain”, without commands or signs."


class Preference(Value):
    """One wish about how I am portrayed."""

    kind: Literal["always", "never"]
    thing: Annotated[str, Personal(), StringConstraints(min_length=1, max_length=400)]


class Preferences(Value):
    """All wishes of one person, in the order given, under a version that rises.

    ``salt`` is what keeps a hash of few and common words from being guessed. Wishes that were
    stated before there was one have none.
    """

    version: Annotated[int, Field(ge=0)] = 0
    wishes: Annotated[tuple[Preference, ...], Field(max_length=PREFERENCES_MAX)] = ()

    salt: Annotated[Salt | None, Field(repr=False)] = None

    @property
    def sha256(self) -> str:
        """The hash that a plan and a receipt carry in place of the words."""
        content = self.model_dump(mode="json", exclude_none=True)
        return hashlib.sha256(canonical_json(content)).hexdigest()


NO_PREFERENCES: Final = Preferences()


def plain(wishes: tuple[Preference, ...]) -> tuple[Preference, ...]:
    """The wishes, neutralised and each once. Raises ``PreferenceUnusable`` with the place."""
    found = []
    for place, wish in enumerate(wishes, start=1):
        thing = _neutral(wish.thing)
        if problem := _problem(thing):
            raise PreferenceUnusable(f"Preference {place} {problem}.")
        found.append(Preference(kind=wish.kind, thing=thing))
    return tuple(dict.fromkeys(found))


def _neutral(text: str) -> str:
    plain_text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‑", "-")
    visible = (each for each in plain_text if unicodedata.category(each) != "Cf")
    return re.sub(" +", " ", "".join(visible)).strip(" ")


def _problem(thing: str) -> str | None:
    """What is wrong with a phrase, in words that do not quote it."""
    if not thing:
        return "is empty"
    if len(thing) > CHARACTERS_MAX or len(thing.split()) > WORDS_MAX:
        return f"is longer than {CHARACTERS_MAX} characters or {WORDS_MAX} words"
    if not all(_allowed(each) for each in thing):
        return "holds signs other than letters, digits, spaces and , ' - & %"
    if any(_mixes_scripts(word) for word in thing.split()):
        return "mixes scripts within a word"
    if unlisted(thing):
        return "is in a script that is not read here; write Latin, Cyrillic, Chinese or Japanese"
    if instructs(thing):
        return "reads like an instruction"
    return None


def _allowed(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" or character in " ,'-&%"


_JAPANESE: Final = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "CJK", "MODIFIER"}


def _mixes_scripts(word: str) -> bool:
    scripts = {unicodedata.name(each, "UNKNOWN").split(" ")[0] for each in word if each.isalpha()}
    return len(scripts - {"MODIFIER"}) > 1 and not scripts <= _JAPANESE
