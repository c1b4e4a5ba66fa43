"""Words and pairs of words from the lists, found in both readings of a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from activities.moderation.content import Part
from activities.moderation.lists import WordLists
from activities.moderation.reading import read
from domain.moderation.finding import Detector, Finding, Segment

VERSION: Final = "3"
"""Raise it with what the panel takes for a picture, and with how texts are read: then what-if looks
again."""


@dataclass(frozen=True)
class Words:
    """Looks for what the lists know."""

    lists: WordLists

    @property
    def detector(self) -> Detector:
        """Its version is a hash of the lists."""
        return Detector(name="words", version=f"{VERSION}+{self.lists.fingerprint}")

    def look(self, part: Part) -> Iterator[Finding]:
        """Each entry of the lists once, with its place."""
        detector, noted = self.detector, set()
        for reading in read(part.text).different:
            for hit in self.lists.find(reading):
                if hit.entry not in noted:
                    noted.add(hit.entry)
                    yield Finding(
                        detector=detector,
                        category=hit.entry.category,
                        score=hit.entry.score,
                        segment=Segment(
                            place=part.place, words=hit.words, milliseconds=part.milliseconds
                        ),
                        note=f"list of {hit.entry.language}",
                    )
