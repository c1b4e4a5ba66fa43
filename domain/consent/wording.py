"""Wording: what the people of a shot wish, merged into the words that a sampler is given.

Wishes are quoted data after the caster's words. What somebody never wants is taken out of the
caster's words wherever they name it, and so is every *without* before what somebody always wants,
until nothing of it is left: asking for it is no way around. Where words still go against a wish,
or are spoken, the check refuses. Nothing of this is written where the caster can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from domain.consent.naming import Span, Words
from domain.consent.preferences import Preferences

Portrayed = tuple[str, Preferences]
"""A handle, and how who bears it is to be portrayed."""

_ROUNDS_MAX: Final = 12
"""So often something is taken out of a text; words nested deeper are not written in earnest."""
_ADDRESSES_WISHES: Final = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|overrul\w*|skip\w*|discard\w*|drop\w*|omit\w*"
    r"|(?:do not|don't|never|not) (?:follow|obey|heed|use|apply))\W+(?:\w+\W+){0,6}"
    r"(?:wish|wishes|preferences?|quoted|quotes?|quotations?|instructions?)\b"
)


def portrayed(prompt: str, people: Sequence[Portrayed]) -> str:
    """The prompt that a sampler gets for a shot with these people."""
    text, clean = _taken_out(prompt, avoided(people), wanted(people))
    text = re.sub(r"[ \t]{2,}", " ", text).strip() if clean else ""
    wishes = [_wished(handle, preferences) for handle, preferences in people]
    said = " ".join(each for each in wishes if each)
    if not text.strip(" ,.;:-"):
        text = " and ".join(handle for handle, _ in people) or prompt
    return f"{text} {said}".strip()


def avoided(people: Sequence[Portrayed]) -> tuple[str, ...]:
    """What is not to be seen with any of them, each once."""
    return _things(people, "never")


def wanted(people: Sequence[Portrayed]) -> tuple[str, ...]:
    """What is to be seen with somebody of them, each once."""
    return _things(people, "always")


def goes_against(preferences: Preferences, shown: Iterable[str], spoken: Iterable[str]) -> bool:
    """Whether words go against somebody's wishes in a way that nothing can be taken out of.

    ``shown`` are prompts, in which what is named plainly is taken out. ``spoken`` are lines, which
    are said as they stand or not at all.
    """
    if not preferences.wishes:
        return False
    people = [("", preferences)]
    never, always = avoided(people), wanted(people)
    return any(_resists(text, never, always) for text in shown) or any(
        _speaks_of(Words(text), never) for text in spoken
    )


def _resists(text: str, never: Sequence[str], always: Sequence[str]) -> bool:
    left, clean = _taken_out(text, never, always)
    if not clean:
        return True
    words = Words(left)
    return (
        _speaks_of(words, never)
        or any(words.takes_away(each) for each in always)
        or any(_ADDRESSES_WISHES.search(each.text) for each in words.readings)
    )


def _speaks_of(words: Words, things: Sequence[str]) -> bool:
    return any(
        words.hints_at(each) or next(words.naming(each), None) is not None for each in things
    )


def _taken_out(text: str, never: Sequence[str], always: Sequence[str]) -> tuple[str, bool]:
    """The text without what names a thing, and whether nothing of it is left."""
    if not never and not always:
        return text, True
    for _ in range(_ROUNDS_MAX):
        words = Words(text)
        spans = [span for each in never for span in words.naming(each)]
        spans += [span for each in always for span in words.denying(each)]
        if not spans:
            return text, True
        text = _cut(text, spans)
    return text, False


def _cut(text: str, spans: Iterable[Span]) -> str:
    """The text without these places, with one space for each."""
    kept, place = [], 0
    for begin, end in sorted(spans):
        if begin > place:
            kept.append(text[place:begin])
        place = max(place, end)
    return " ".join((*kept, text[place:]))


def _things(people: Sequence[Portrayed], kind: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            each.thing
            for _, preferences in people
            for each in preferences.wishes
            if each.kind == kind
        )
    )


def _wished(handle: str, preferences: Preferences) -> str:
    things = [each.thing for each in preferences.wishes if each.kind == "always"]
    if not things:
        return ""
    return f"{handle} with " + ", ".join(f'"{each}"' for each in things) + "."
