"""Everything that is looked at in a film: its pictures, what is said, and who is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.likeness.contract import Template
from activities.moderation.content import Content
from activities.moderation.frames import face_detector, look_at_film, picture_detector
from activities.moderation.panel import Panel
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import Watched
from domain.moderation.finding import Detector, Findings, Look

FilmFindings = tuple[Findings, Findings, Findings]
"""At the stages ``frames``, ``sound`` and ``likeness``."""


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
        own = [each for each in templates if each.key in cast and each.kind == "enrolled"]
        others = [each for each in templates if each not in own]
        pictures, faces, watched = look_at_film(film, own, others)
        said = _said(watched)
        return tuple((pictures, _sound(said, each), faces) for each in panels)


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
