"""Everything that is looked at in a film: its pictures, what is said, and who is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.likeness.contract import Template
from activities.moderation.frames import face_detector, look_at_film, picture_detector
from activities.moderation.panel import Panel
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import Watched
from domain.moderation.finding import Detector, Findings, Look


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
    ) -> tuple[Findings, Findings, Findings]:
        """Notes at the stages ``frames``, ``sound`` and ``likeness``. Blocks; never raises.

        ``templates`` are of everybody who is enrolled or protected, ``cast`` the keys of those
        among them who are cast. Takes about a second of two cores for ten seconds of a calm film,
        and the time that is spoken. What cannot be looked at is a look that failed.
        """
        own = [each for each in templates if each.key in cast and each.kind == "enrolled"]
        others = [each for each in templates if each not in own]
        pictures, faces, watched = look_at_film(film, own, others)
        return pictures, self._sound(watched), faces

    def _sound(self, watched: Watched | None) -> Findings:
        listener = recogniser()
        if watched is None:
            failed = Look(detector=listener, state="failed", failure="film-unwatched")
            return Findings(stage="sound", looks=(failed,))
        try:
            content = transcript(watched.sound)
            said = self.panel.look(content).looks if content.parts else ()
        except Exception:  # noqa: BLE001 # whatever broke, nobody listened; quote nothing
            failed = Look(detector=listener, state="failed", failure="broke")
            return Findings(stage="sound", looks=(failed,))
        return Findings(stage="sound", looks=(Look(detector=listener), *said))
