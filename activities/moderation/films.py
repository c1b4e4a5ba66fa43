"""Everything that is looked at in a film: its pictures, what is said, and who is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from activities.likeness.contract import Template
from activities.moderation.content import Content
from activities.moderation.frames import face_detector, look_at_film, picture_detector
from activities.moderation.looking import SUSPECT
from activities.moderation.material import Again
from activities.moderation.panel import Panel
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import SENSES, Sense, Watched
from domain.moderation.finding import CERTAIN, Detector, Findings, Look

FilmFindings = tuple[Findings, Findings, Findings]
"""At the stages ``frames``, ``sound`` and ``likeness``."""
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
        self, film: Path, cast: Collection[str], templates: Sequence[Template]
    ) -> FilmFindings:
        """Notes at the three stages of films, as ``look_for`` has them for the own panel."""
        (noted,) = self.look_for(film, cast, templates, (self.panel,))
        return noted

    def look_for(
        self,
        film: Path,
        cast: Collection[str],
        templates: Sequence[Template],
        panels: Sequence[Panel],
    ) -> tuple[FilmFindings, ...]:
        """Notes for each panel, which reads what is said. Blocks; never raises.

        ``templates`` are of everybody who is enrolled or protected, ``cast`` the keys of those
        among them who are cast. A film is watched and listened to once, which takes about a second
        of two cores for ten seconds of a calm film, and the time that is spoken. What cannot be
        looked at is a look that failed.
        """
        pictures, faces, watched = look_at_film(film, *_apart(cast, templates), SENSES)
        said = _said(watched)
        return tuple((pictures, _sound(said, each), faces) for each in panels)

    def look_again(
        self, film: Path, cast: Collection[str], templates: Sequence[Template], again: Again
    ) -> tuple[Findings, ...]:
        """The same, by those alone who are asked, in the time that what they need takes."""
        senses = self._needed(again)
        pictures, faces, watched = look_at_film(film, *_apart(cast, templates), senses)
        heard = Findings(stage="sound")
        if HEARING in senses:
            heard = _sound(_said(watched), self.panel.only(again.only))
        return _of(again.only, (pictures, heard, faces))

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


def _apart(
    cast: Collection[str], templates: Sequence[Template]
) -> tuple[list[Template], list[Template]]:
    """Those who are cast, and everybody else."""
    own = [each for each in templates if each.key in cast and each.kind == "enrolled"]
    return own, [each for each in templates if each not in own]


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


def _said(watched: Watched | None) -> Content | str:
    """What is said in a film, or a word for why nobody knows."""
    if watched is None:
        return "film-unwatched"
    try:
        return transcript(watched.sound)
    except Exception:  # noqa: BLE001 # whatever broke, nobody listened; quote nothing
        return "broke"


def _sound(said: Content | str, panel: Panel) -> Findings:
    listener = recogniser()
    if isinstance(said, str):
        failed = Look(detector=listener, state="failed", failure=said)
        return Findings(stage="sound", looks=(failed,))
    looks = panel.look(said).looks if said.parts else ()
    return Findings(stage="sound", looks=(Look(detector=listener), *looks))
