"""The panel: every built-in detector of texts looks at every part, and all notes are put together.

Nothing acts here. A detector that breaks, and a text that is too long to look at or that draws what
it shows, are written down as a failure to look, for which every policy holds; the text is quoted
nowhere. What was seen around a picture is noted with the failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Protocol

from activities.moderation import lists
from activities.moderation.content import Content, Part
from activities.moderation.drawn import is_drawn
from activities.moderation.embedding import Embedder, PackagedEmbedder
from activities.moderation.head import load
from activities.moderation.kept_looks import KeptLooks, LookKey
from activities.moderation.meaning import Meaning
from activities.moderation.names import Names, names
from activities.moderation.nearness import Nearness, nearness
from activities.moderation.normalising import CHARACTERS_MAX
from activities.moderation.owners import Owners
from activities.moderation.words import Words
from domain.moderation.finding import DRAWN, Detector, Finding, Findings, Look
from domain.moderation.policy import Policy, Protected

ALL_CHARACTERS_MAX: Final = 60_000
"""Of all parts of a content together."""
FINDINGS_MAX: Final = 200


class TextDetector(Protocol):
    """Looks at one text and notes what it sees."""

    @property
    def detector(self) -> Detector:
        """Its name and version."""
        ...

    def look(self, part: Part) -> Iterable[Finding]:
        """What it notes about one part."""
        ...


@dataclass(frozen=True)
class Panel:
    """The detectors, in the order in which their looks are kept."""

    detectors: tuple[TextDetector, ...]
    kept: KeptLooks | None = field(default=None, compare=False)
    """Where looks are kept, so that a content is looked at once; without it, each time."""
    wishes: bool = True
    """Whether it is asked what the people in the cast do not want."""
    near: Nearness | None = field(default=None, compare=False)
    """What says how near a sentence is to a wish; without it wishes are met by words alone."""

    @property
    def owners(self) -> Detector:
        """Who looks for what the people in the cast do not want, where anybody wants nothing."""
        return Owners((), self.near).detector

    def look(self, content: Content) -> Findings:
        """Everybody's notes about a content. Blocks: about 40 ms for a sentence of 20 words."""
        asked = self.detectors
        if content.restrictions and self.wishes:
            asked = (*asked, Owners(content.restrictions, self.near))
        return Findings(
            stage=content.stage, looks=tuple(self._once(each, content) for each in asked)
        )

    def _once(self, detector: TextDetector, content: Content) -> Look:
        if self.kept is None:
            return _look(detector, content)
        key = LookKey(content.sha256, detector.detector)
        return self.kept.once(key, lambda: _look(detector, content))

    def only(self, names: frozenset[str]) -> Panel:
        """The detectors of these names alone."""
        kept = tuple(each for each in self.detectors if each.detector.name in names)
        return replace(self, detectors=kept, wishes=self.owners.name in names)

    def under(self, policy: Policy) -> Panel:
        """The same panel, looking for whom another policy protects."""
        wanted = _names(policy.protected)
        swapped = tuple(wanted if isinstance(each, Names) else each for each in self.detectors)
        return replace(self, detectors=swapped)


def built_in(policy: Policy, embedder: Embedder | None = None) -> Panel:
    """Words, meaning and names. Raises EmbedderMissing where its package is not installed."""
    embeds, head = embedder or PackagedEmbedder(), load()
    return Panel(
        (Words(lists.built_in()), Meaning(embeds, head), _names(policy.protected)),
        near=nearness(embeds),
    )


@lru_cache(maxsize=4)
def _names(protected: tuple[Protected, ...]) -> Names:
    return names(protected)


def _look(detector: TextDetector, content: Content) -> Look:
    who = detector.detector
    lengths = [len(part.text) for part in content.parts]
    if max(lengths, default=0) > CHARACTERS_MAX or sum(lengths) > ALL_CHARACTERS_MAX:
        return Look(detector=who, state="failed", failure="too-long")
    try:
        noted = list(_strongest(each for part in content.parts for each in detector.look(part)))
    except Exception:  # noqa: BLE001 # whatever broke, nobody looked; the text must not be told
        return Look(detector=who, state="failed", failure="broke")
    if any(is_drawn(part.text) for part in content.parts):
        return Look(detector=who, state="failed", failure=DRAWN, findings=tuple(noted))
    return Look(detector=who, findings=tuple(noted))


def _strongest(noted: Iterable[Finding]) -> Iterator[Finding]:
    """For each category, subject and part the surest finding, the surest of all first."""
    best: dict[tuple[str, str | None, str], Finding] = {}
    for each in noted:
        key = (each.category, each.subject, each.segment.place)
        if key not in best or each.score > best[key].score:
            best[key] = each
    ordered = sorted(best.values(), key=lambda each: (-each.score, each.segment.place))
    yield from ordered[:FINDINGS_MAX]
