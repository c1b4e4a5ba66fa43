"""Wording: what the people of a shot wish, merged into the words that a sampler is given.

Wishes are quoted data after the caster's words. What somebody never wants is taken out of the
caster's words wherever they name it, so that asking for it is no way around. Nothing of this is
written where the caster can read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from domain.consent.preferences import Preferences

_ARTICLE: Final = re.compile(r"^(a|an|the|any|some)\s+", re.IGNORECASE)

Portrayed = tuple[str, Preferences]
"""A handle, and how who bears it is to be portrayed."""


def portrayed(prompt: str, people: Sequence[Portrayed]) -> str:
    """The prompt that a sampler gets for a shot with these people."""
    text = prompt
    for thing in avoided(people):
        text = _without(text, thing)
    text = re.sub(r"[ \t]{2,}", " ", text).strip()
    wishes = [_wished(handle, preferences) for handle, preferences in people]
    said = " ".join(each for each in wishes if each)
    if not text.strip(" ,.;:-"):
        text = " and ".join(handle for handle, _ in people) or prompt
    return f"{text} {said}".strip()


def avoided(people: Sequence[Portrayed]) -> tuple[str, ...]:
    """What is not to be seen with any of them, each once."""
    return tuple(
        dict.fromkeys(
            each.thing
            for _, preferences in people
            for each in preferences.wishes
            if each.kind == "never"
        )
    )


def _wished(handle: str, preferences: Preferences) -> str:
    things = [each.thing for each in preferences.wishes if each.kind == "always"]
    if not things:
        return ""
    return f"{handle} with " + ", ".join(f'"{each}"' for each in things) + "."


def _without(text: str, thing: str) -> str:
    """The text without a thing, however it is spaced and whatever article it has."""
    words = [re.escape(each) for each in _ARTICLE.sub("", thing).split()]
    if not words:
        return text
    phrase = r"\s+".join(words)
    return re.sub(
        rf"(?<!\w)(?:(?:a|an|the|any|some)\s+)?{phrase}(?!\w)", "", text, flags=re.IGNORECASE
    )
