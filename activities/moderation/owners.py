"""What the people in the cast do not want: scenes and topics they refuse, things they never want.

What somebody never wants is taken out of a shot's words before anything is sampled
(``domain/consent/wording.py``); spoken lines are left as they are, so there it is refused. A wish
is met by its words in any form, by the words of the topic that it names, and, where neither is
found, by a sentence that is near to it in meaning: of that no program is sure, so a human looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from activities.moderation import inflection, topics
from activities.moderation.content import Part, Restriction
from activities.moderation.nearness import Nearness
from activities.moderation.reading import read
from activities.moderation.wishes import WishUnreadable, read_for_wishes, wish
from domain.moderation.finding import CERTAIN, Detector, Finding, Segment, about_cameo

VERSION: Final = "3"
NEAR: Final = 500
"""The score of a sentence that is near to a wish: the project's policy holds it and blocks none."""
_REFUSED: Final = "a scene or topic that the owner refuses"
_NEVER: Final = "something that the owner never wants"
_LIKELY: Final = "near in meaning to what the owner does not want"


def detector(model: str = "") -> Detector:
    """Who looks, in which version; ``model`` is the version of the embedder, where there is one."""
    words = f"{VERSION}+{topics.built_in().fingerprint}, {inflection.VERSION}"
    return Detector(name="owners", version=f"{words}, {model or 'no model'}")


@dataclass(frozen=True)
class Owners:
    """Looks for what these people do not want; without ``near``, by words alone."""

    restrictions: Sequence[Restriction]
    near: Nearness | None = None

    @property
    def detector(self) -> Detector:
        return detector(self.near.version if self.near else "")

    def look(self, part: Part) -> Iterator[Finding]:
        """One finding per person and wish, with its place; the wish itself is not repeated."""
        for each in self.restrictions:
            for written in each.refused:
                yield from self._met(part, each, written, _REFUSED)
            if part.place.startswith("line-"):
                for written in each.never:
                    yield from self._met(part, each, written, _NEVER)

    def _met(
        self, part: Part, restriction: Restriction, written: str, note: str
    ) -> Iterator[Finding]:
        whole = (0, len(part.text))
        try:
            wanted = wish(written)
        except WishUnreadable:  # what has no letters cannot be looked for: say so
            yield self._finding(part, restriction, whole, CERTAIN, note)
            return
        both = read(part.text)
        for reading in both.different:
            words = next(wanted.met_in(read_for_wishes(reading)), None)
            if words is not None:
                yield self._finding(part, restriction, words, CERTAIN, note)
                return
        if self.near is not None and not wanted.topics:  # a topic's words tell it better
            likely = self.near.nearest(both.clear, written)
            if likely is not None:
                yield self._finding(part, restriction, likely, NEAR, _LIKELY)

    def _finding(
        self,
        part: Part,
        restriction: Restriction,
        words: tuple[int, int],
        score: int,
        note: str,
    ) -> Finding:
        return Finding(
            detector=self.detector,
            category=topics.CATEGORY,
            score=score,
            segment=Segment(place=part.place, words=words, milliseconds=part.milliseconds),
            subject=about_cameo(restriction.cameo_id),
            note=note,
        )
