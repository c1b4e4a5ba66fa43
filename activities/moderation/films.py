"""Everything that is looked at in a film: its pictures, what is said, and who is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from activities.likeness.contract import Template
from activities.moderation.frames import face_detector, look_at_film, picture_detector
from activities.moderation.looking import SUSPECT
from activities.moderation.material import Again
from activities.moderation.panel import Panel
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import SENSES, Sense, Watched
from domain.moderation.finding import CERTAIN, Detector, Findings, Look

HEARING: Final[Sense] = "hearing"
"""Who makes texts of what is said, for those who read them."""
_PICTURES: Final[Sense] = "pictures"
_FACES: Final[Sense] = "faces"


@dataclass(frozen=True)
class Films:
    """Looks at films; ``panel`` reads what is said in them."""

    panel: Panel

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """Who looks at pictures and faces, and who listens."""
        return picture_detector(), face_detector(), recogniser()

    def look(
        self,
        film: Path,
        cast: Collection[str],
        templates: Sequence[Template],
        again: Again | None = None,
    ) -> tuple[Findings, ...]:
        """Notes at the stages ``frames``, ``sound`` and ``likeness``. Blocks; never raises.

        ``templates`` are of everybody who is enrolled or protected, ``cast`` the keys of those
        among them who are cast. Takes about a second of two cores for ten seconds of a calm film,
        and the time that is spoken; looking ``again``, what those need who are asked. What cannot
        be looked at is a look that failed.
        """
        senses = self._needed(again) if again else SENSES
        own = [each for each in templates if each.key in cast and each.kind == "enrolled"]
        others = [each for each in templates if each not in own]
        pictures, faces, watched = look_at_film(film, own, others, senses)
        heard = Findings(stage="sound")
        if HEARING in senses:
            panel = self.panel if again is None else self.panel.only(again.only)
            heard = _sound(panel, watched)
        found = (pictures, heard, faces)
        return found if again is None else _of(again.only, found)

    def beside(self, names: frozenset[str]) -> frozenset[str]:
        """These, and everybody who reads what is heard where another one listens."""
        return names | self._readers if HEARING in names else names

    @property
    def _readers(self) -> frozenset[str]:
        return frozenset(each.detector.name for each in self.panel.detectors)

    def _needed(self, again: Again) -> frozenset[Sense]:
        """Who reads what is said needs somebody who listens.

        What pictures showed had drawn more looks from 25 % on; where it had, faces were seen in
        those too, and are to be seen there again.
        """
        needed = {each for each in SENSES if each in again.only}
        if again.only & self._readers:
            needed.add(HEARING)
        if _FACES in needed and any(_drew_looks(each) for each in again.before):
            needed.add(_PICTURES)
        return frozenset(needed)


def _drew_looks(findings: Findings) -> bool:
    return any(
        each.detector.name == _PICTURES and each.score >= SUSPECT * CERTAIN
        for each in findings.found
    )


def _of(names: frozenset[str], found: Sequence[Findings]) -> tuple[Findings, ...]:
    """The looks of these and of whoever failed, and no stage at which there is none."""
    kept = (
        Findings(
            stage=each.stage,
            looks=tuple(
                look for look in each.looks if look.detector.name in names or look.state == "failed"
            ),
        )
        for each in found
    )
    return tuple(each for each in kept if each.looks)


def _sound(panel: Panel, watched: Watched | None) -> Findings:
    listener = recogniser()
    if watched is None:
        failed = Look(detector=listener, state="failed", failure="film-unwatched")
        return Findings(stage="sound", looks=(failed,))
    try:
        content = transcript(watched.sound)
        said = panel.look(content).looks if content.parts else ()
    except Exception:  # noqa: BLE001 # whatever broke, nobody listened; quote nothing
        failed = Look(detector=listener, state="failed", failure="broke")
        return Findings(stage="sound", looks=(failed,))
    return Findings(stage="sound", looks=(Look(detector=listener), *said))
