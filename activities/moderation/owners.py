"""What the people in the cast do not want: scenes and topics they refuse, things they never want.

What somebody never wants is taken out of a shot's words before anything is sampled
(``domain/consent/wording.py``); spoken lines are left as they are, so there it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from activities.moderation.content import Part, Restriction
from activities.moderation.lists import ListUnusable, WordLists, phrases
from activities.moderation.reading import read
from domain.consent.scenes import spoken_of
from domain.moderation.finding import CERTAIN, Detector, Finding, Segment, about_cameo

DETECTOR: Final = Detector(name="owners", version="1")
_CATEGORY: Final = "owner-restriction"
_ARTICLE: Final = re.compile(r"^(a|an|the|any|some)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Owners:
    """Looks for what these people do not want."""

    restrictions: Sequence[Restriction]

    @property
    def detector(self) -> Detector:
        return DETECTOR

    def look(self, part: Part) -> Iterator[Finding]:
        """One finding per person and wish, with its place; the wish itself is not repeated."""
        both = read(part.text)
        for each in self.restrictions:
            if spoken_of(both.clear.text, each.refused):
                whole = (0, len(part.text))
                yield _finding(part, each, whole, "a scene or topic that the owner refuses")
            if part.place.startswith("line-"):
                for words in self._unwanted(part, each):
                    yield _finding(part, each, words, "something that the owner never wants")

    def _unwanted(self, part: Part, restriction: Restriction) -> Iterator[tuple[int, int]]:
        things = [_ARTICLE.sub("", each) for each in restriction.never]
        try:
            lists = WordLists(listed for each in things for listed in phrases(_CATEGORY, 0, [each]))
        except ListUnusable:
            yield 0, len(part.text)  # a wish without letters cannot be looked for: say so
            return
        for reading in read(part.text).different:
            yield from (hit.words for hit in lists.find(reading))


def _finding(part: Part, restriction: Restriction, words: tuple[int, int], note: str) -> Finding:
    return Finding(
        detector=DETECTOR,
        category=_CATEGORY,
        score=CERTAIN,
        segment=Segment(place=part.place, words=words, milliseconds=part.milliseconds),
        subject=about_cameo(restriction.cameo_id),
        note=note,
    )
