"""The plainest look at a film: it can be read to its end, picture by picture and tone by tone.

It notes nothing of what is to be seen. What cannot be read is a failure to look, which holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
from av.error import FFmpegError

from activities.moderation.material import Material
from domain.moderation.categories import Stage
from domain.moderation.finding import Detector, Findings, Look

READABLE: Final = Detector(name="film-readable", version="1")


class ReadableFilm:
    """Reads all of it once."""

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """Who looks."""
        return (READABLE,)

    def look(self, path: Path, material: Material) -> tuple[Findings, ...]:
        """The findings about frames, sound and likeness, all of them empty."""
        pictures, tones = _read(path)
        return (
            _looked("frames", pictures),
            _looked("sound", tones),
            _looked("likeness", pictures),
        )


def _read(path: Path) -> tuple[bool, bool]:
    """Whether there are pictures, and whether there is sound, both to their ends."""
    try:
        with av.open(str(path)) as container:
            pictures = sum(1 for _ in container.decode(video=0))
        with av.open(str(path)) as container:
            tones = sum(1 for _ in container.decode(audio=0))
    except (FFmpegError, IndexError, OSError):
        return False, False
    return pictures > 0, tones > 0


def _looked(stage: Stage, readable: bool) -> Findings:
    look = (
        Look(detector=READABLE)
        if readable
        else Look(detector=READABLE, state="failed", failure="unreadable")
    )
    return Findings(stage=stage, looks=(look,))
