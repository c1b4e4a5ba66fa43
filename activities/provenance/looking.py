"""Looking at a file: its manifest, what marks of every key say in each stretch, and its prints.

``look`` does it here; ``look_apart`` in a process of its own, whose memory and time are limited,
since whatever a stranger's bytes do to a decoder, they should do it there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from activities.clip.apart import ExaminerDied, TookTooLong, report_of
from activities.provenance.examination import Examination, Stretch, examine
from activities.provenance.footage import SECONDS_MAX, is_cut_off
from activities.provenance.looked import Looked, Spoken
from activities.provenance.looked import Stretch as SpokenStretch
from activities.provenance.picture_reading import PILOT_MIN, PictureReader, Residue
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ExaminationTooCostly, NotAFilm
from activities.provenance.sound_reading import SoundReader

CPU_SECONDS: Final = 120
WALL_SECONDS: Final = 180.0
MEMORY_BYTES: Final = 3 << 30

_EXAMINER: Final = "activities.provenance.examiner"
_COMPARABLE_SCALES: Final = (0.88, 1.12)


def look(
    path: Path,
    manifests: ManifestReader,
    mark_keys: Sequence[bytes],
    seconds_max: float = SECONDS_MAX,
) -> Looked:
    """Look at a file in this process. Every fault of the file is in the answer."""
    manifest, ends_early = manifests.read(path), is_cut_off(path)
    try:
        examination = examine(path, seconds_max)
    except NotAFilm as error:
        said = str(error).removeprefix(str(NotAFilm())).strip()
        fault = "It ends before what it announces: it is cut off." if ends_early else said
        return Looked(manifest=manifest, fault=fault)
    return Looked(
        manifest=manifest,
        stretches=listened(examination, [Listener(key, examination) for key in mark_keys]),
        cut_off=examination.footage.cut_off or ends_early,
        longer_than_read=examination.footage.longer_than_read,
    )


def listened(examination: Examination, listeners: Sequence[Listener]) -> tuple[SpokenStretch, ...]:
    """What the marks of every key say in each stretch of an examination."""
    return tuple(_spoken(each, listeners) for each in examination.stretches)


def look_apart(
    path: Path, roots: bytes, mark_keys: Sequence[bytes], seconds_max: float = SECONDS_MAX
) -> Looked:
    """Look at a file in a confined process. Raises ExaminationTooCostly, NotAFilm.

    The keys go through a pipe: arguments and variables of a process are for others to read.
    """
    asked = {
        "path": str(path.resolve()),
        "roots": roots.decode(),
        "mark_keys": [base64.b64encode(each).decode() for each in mark_keys],
        "seconds_max": seconds_max,
        "memory_bytes": MEMORY_BYTES,
        "cpu_seconds": CPU_SECONDS,
    }
    try:
        report = report_of(_EXAMINER, [], WALL_SECONDS, json.dumps(asked).encode())
    except TookTooLong as late:
        limit = f"{WALL_SECONDS:g} s of waiting" if late.waited else f"{CPU_SECONDS} s of computing"
        raise ExaminationTooCostly(f"The limit is {limit}.") from None
    except ExaminerDied:
        raise NotAFilm("Its bytes end the decoder.") from None
    if report == OUT_OF_MEMORY:
        raise ExaminationTooCostly(f"The limit is {MEMORY_BYTES >> 20} MiB of memory.")
    try:
        return Looked.model_validate_json(report)
    except ValidationError:
        raise NotAFilm("Its examination has no readable result.") from None


OUT_OF_MEMORY: Final = b'"memory"'
"""What an examiner reports that met its limit of memory."""


class Listener:
    """Hears the marks of one key in a file, the place found in all of it as a hint."""

    def __init__(self, key: bytes, examination: Examination) -> None:
        self._examination = examination
        self._pictures, self._sounds = PictureReader(key), SoundReader(key)
        whole = sum((each.residue for each in examination.stretches), Residue()).mean
        self.place = None if whole is None else self._pictures.locate(whole)
        """Where the tile lies in the whole file, however unsure."""

    def picture(self, stretch: Stretch) -> Spoken | None:
        """What the picture says; None where there is none."""
        mean = stretch.residue.mean
        if mean is None:
            return None
        hint = self.place if self.place is not None and self.place.pilot >= PILOT_MIN else None
        place = self._pictures.locate(mean, hint)
        low, high = _COMPARABLE_SCALES
        return Spoken(
            pilot=place.pilot,
            soft=tuple(self._pictures.soft(place).tolist()),
            comparable=low < place.scale < high and not place.mirrored,
        )

    def sound(self, stretch: Stretch) -> Spoken | None:
        """What the sound says; None where there is too little of it."""
        moment = self._sounds.locate(self._examination.heard(stretch))
        if moment is None:
            return None
        return Spoken(pilot=moment.pilot, soft=tuple(moment.soft.tolist()))


def _spoken(stretch: Stretch, listeners: Sequence[Listener]) -> SpokenStretch:
    return SpokenStretch(
        start=round(stretch.start, 3),
        end=round(stretch.end, 3),
        pictures=tuple(each.picture(stretch) for each in listeners),
        sounds=tuple(each.sound(stretch) for each in listeners),
        prints=tuple(stretch.prints),
        sound_prints=tuple(stretch.sound_prints),
    )
