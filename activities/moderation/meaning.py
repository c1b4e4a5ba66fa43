"""What a text is about, whatever its words: a classifier on sentence vectors.

A text is looked at in pieces of whole sentences, so that harm within a long harmless text is seen,
and so that a finding can say which sentences it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from activities.moderation.content import Part
from activities.moderation.embedding import Embedder
from activities.moderation.head import FORMAT, Head
from activities.moderation.normalising import Reading
from activities.moderation.reading import read
from domain.moderation.finding import CERTAIN, Detector, Finding, Segment

PIECE_CHARACTERS: Final = 240
VERSION: Final = "2"
"""Of how texts are read before they are understood."""
_NOTED_MIN: Final = 150
"""Less likely than this many thousandths is not worth a note."""
SURE_MAX: Final = 690
"""A classifier this small is never surer than this: alone it lets a human look, and refuses nothing
that the policy does not refuse at such a score."""
_ENDS: Final = re.compile(r"[.!?;。！？；…]+[\s\"'”’)]*|\n+")


@dataclass(frozen=True)
class Meaning:
    """The classifier."""

    embedder: Embedder
    head: Head

    @property
    def detector(self) -> Detector:
        """Its name, and the versions of reading, head and model."""
        version = f"{VERSION}, head {FORMAT}, {self.embedder.version}"
        return Detector(name="meaning", version=version)

    def look(self, part: Part) -> Iterator[Finding]:
        """For each category the piece that is most likely about it, where one is."""
        reading = read(part.text).clear
        spans = list(pieces(reading))
        if not spans:
            return
        texts = [reading.text[begin:end] for begin, end in spans]
        chances = self.head.chances(self.embedder.vectors(texts))
        detector = self.detector
        for column, category in enumerate(self.head.categories):
            best = int(chances[:, column].argmax())
            score = min(SURE_MAX, round(float(chances[best, column]) * CERTAIN))
            if score >= _NOTED_MIN:
                yield Finding(
                    detector=detector,
                    category=category,
                    score=score,
                    segment=Segment(
                        place=part.place,
                        words=reading.span(*spans[best]),
                        milliseconds=part.milliseconds,
                    ),
                    note=f"piece {best + 1} of {len(spans)}",
                )


def pieces(reading: Reading) -> Iterator[tuple[int, int]]:
    """Whole sentences of up to PIECE_CHARACTERS together; a longer sentence is cut at a space."""
    text, begin = reading.text, 0
    ends = [each.end() for each in _ENDS.finditer(text)]
    while begin < len(text):
        last = begin + PIECE_CHARACTERS
        if last >= len(text):
            end = len(text)
        else:
            whole = [each for each in ends if begin < each <= last]
            end = whole[-1] if whole else text.rfind(" ", begin, last) + 1
            end = end if end > begin else last
        if text[begin:end].strip():
            yield begin, end
        begin = end
