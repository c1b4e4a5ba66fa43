"""What owners most often do not want, by the words of many languages that tell of it.

``topics.toml`` has them. A wish that names a topic, in whatever form, means all of it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from activities.moderation.inflection import content_words, forms
from activities.moderation.lists import Entry, Listed, WordLists, phrases
from domain.moderation.finding import CERTAIN

PATH: Final = Path(__file__).with_name("topics.toml")
CATEGORY: Final = "owner-restriction"
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "ru")


@dataclass(frozen=True)
class Topics:
    """``by_name`` has the lists of each topic under the forms of the words of its names."""

    by_name: Sequence[tuple[tuple[frozenset[str], ...], WordLists]]
    fingerprint: str
    """Twelve characters that change with any word."""

    def named(self, wish: str) -> tuple[WordLists, ...]:
        """The lists of every topic that a wish names; none where it names none."""
        words = _name(wish)
        return tuple(
            lists
            for name, lists in self.by_name
            if len(name) == len(words)
            and all(one & other for one, other in zip(name, words, strict=True))
        )


@cache
def built_in() -> Topics:
    """The topics that come with the project."""
    text = PATH.read_text(encoding="utf-8")
    given = {str(each["names"][0]): each for each in tomllib.loads(text)["topics"]}
    named = []
    for topic in given.values():
        parts = [topic, *(given[each] for each in topic.get("includes", ()))]
        lists = WordLists(listed for part in parts for listed in _listed(part))
        named += [(name, lists) for name in {_name(each) for each in topic["names"]}]
    return Topics(tuple(named), hashlib.sha256(text.encode()).hexdigest()[:12])


def _listed(topic: Mapping[str, Any]) -> list[Listed]:
    found = [listed for each in topic["words"] for listed in phrases(CATEGORY, CERTAIN, [each])]
    if "within" in topic:
        halves = [(1, each) for each in topic["first"]] + [(2, each) for each in topic["second"]]
        found.append((Entry(CATEGORY, CERTAIN, "any", int(topic["within"])), halves))
    if "also" in topic:  # the second right after the first
        one, other = topic["also"]
        found.append(
            (Entry(CATEGORY, CERTAIN, "any"), [(0, f"{a} {b}") for a in one for b in other])
        )
    return found


def _name(text: str) -> tuple[frozenset[str], ...]:
    """The forms of a wish's words, without the smallest ones."""
    return tuple(forms(each, _LANGUAGES) for each in content_words(text))
