"""The steps of the release path: mark, sign, verify on the bytes to be served, remember.

Each is a plain function or method, safe to repeat, and blocks: a worker runs it in a thread. The
order matters. Whatever changes bytes comes before signing, and nothing comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np

from activities.film.changed import encode_marked
from activities.film.shape import Reel, Timing
from activities.provenance.agreement import Statement, require_agreement
from activities.provenance.changes import Invisible, Visible
from activities.provenance.footage import read_footage
from activities.provenance.keyed import Floats
from activities.provenance.manifest import Origin, Parent
from activities.provenance.payload import SOUND
from activities.provenance.picture_mark import Luma
from activities.provenance.picture_reading import PictureReader, Residue
from activities.provenance.prints import (
    INDEXED_PICTURE_MS,
    Print,
    indexed_picture,
    indexed_sound,
)
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ProvenanceBroken
from activities.provenance.signing import FilmSigner
from activities.provenance.sound_reading import SoundReader, audible_seconds
from activities.provenance.transcode import transcode
from activities.provenance.visible import LIKENESS_MIN, VisibleMark
from domain.provenance.verdict import ManifestState

VISIBLE_SHARE_MIN: Final = 0.99
AUDIBLE_SECONDS_MIN: Final = 2.73
"""Less to hear than one tile may carry no mark, and nobody is refused for it. Of 40 films, one with
1.6 s to hear in six said nothing even at 5.5 dB; its other layers hold."""

OnPicture = Callable[[int, av.VideoFrame], None]


def _ignore(_: int, __: av.VideoFrame) -> None:
    """Nobody watches."""


def mark_rendition(
    take: Path,
    film: Path,
    timing: Timing,
    key: bytes,
    number: int,
    on_picture: OnPicture = _ignore,
) -> None:
    """Write a take as a film with the artefact's number in picture and sound.

    Raises TakeUnusable, OSError when the disk is full, and whatever ``on_picture`` raises.
    """
    encode_marked([Reel(take, timing)], film, Invisible(key, number), on_picture)


def brand_export(
    rendition: Path, export: Path, timing: Timing, word: str, on_picture: OnPicture = _ignore
) -> None:
    """Write a rendition anew with the visible mark. Its invisible marks stay: they are in it.

    Raises as ``mark_rendition`` does.
    """
    transcode(rendition, export, timing, Visible(word), on_picture)


def sign_rendition(
    signer: FilmSigner,
    film: Path,
    signed: Path,
    origin: Origin,
    parents: Sequence[Parent] = (),
) -> None:
    """Write the film, or a still of it, with its manifest; the last change of its bytes.

    Raises ParentUntrusted, SigningFailed.
    """
    signer.sign(film, signed, origin, tuple(parents))


@dataclass(frozen=True)
class Verified:
    """What was found on the bytes to be served, and the prints to be remembered for them.

    ``sound_pilot`` is None where there is too little sound to carry a mark.
    """

    picture_pilot: float
    sound_pilot: float | None
    visible_share: float | None
    prints: tuple[Print, ...]


def verify_rendition(
    served: Path,
    statement: Statement,
    reader: ManifestReader,
    key: bytes,
    number: int,
    word: str | None = None,
) -> Verified:
    """Read every layer back from a file as it will be served; ``word`` for an export.

    Raises ProvenanceBroken, naming the layer, ManifestDiffers, naming the field, and NotAFilm.
    """
    artefact_id = statement.origin.artefact_id
    require_manifest(served, statement, reader)
    look = _Look(word)
    footage = read_footage(served, look.see)
    picture, sound = _require_marks(look, footage.sound, artefact_id, key, number)
    visible = look.visible_share
    if visible is not None and visible < VISIBLE_SHARE_MIN:
        raise ProvenanceBroken(f"The visible mark of {artefact_id} is in {visible:.1%} of it.")
    return Verified(picture, sound, visible, (*look.prints, *indexed_sound(footage.sound)))


def require_manifest(
    served: Path, statement: Statement, reader: ManifestReader, which: str = ""
) -> None:
    """Read the manifest back from a film, or from a still of it that ``which`` names, and compare
    what it says with what is claimed.

    Raises ProvenanceBroken, ManifestDiffers.
    """
    artefact_id = statement.origin.artefact_id
    whose = f"the {which} of {artefact_id}" if which else artefact_id
    reading = reader.read(served)
    if reading.state is not ManifestState.TRUSTED:
        raise ProvenanceBroken(f"The manifest of {whose} is {reading.state}.")
    require_agreement(reading, statement, whose)


def prints_of(film: Path) -> tuple[Print, ...]:
    """The fingerprints of a film as the index keeps them, whatever else it carries.

    Raises NotAFilm.
    """
    look = _Look(None)
    footage = read_footage(film, look.see)
    return (*look.prints, *indexed_sound(footage.sound))


def _require_marks(
    look: _Look, sound: Floats, artefact_id: str, key: bytes, number: int
) -> tuple[float, float | None]:
    """The two pilots, when both marks say the number that they were given."""
    mean = look.residue.mean
    place = PictureReader(key).confirm(mean, number) if mean is not None else None
    if place is None:
        raise ProvenanceBroken(f"The picture of {artefact_id} does not say its number.")
    sounds, numbers = SoundReader(key), np.array([number])
    moment = sounds.locate(sound)
    heard = sounds.read(moment, SOUND.spoken_all(key, numbers), numbers)
    if moment is not None and heard is not None:
        return place.pilot, moment.pilot
    if audible_seconds(sound) >= AUDIBLE_SECONDS_MIN:
        raise ProvenanceBroken(f"The sound of {artefact_id} does not say its number.")
    return place.pilot, None


class _Look:
    """One pass over a film to be served."""

    def __init__(self, word: str | None) -> None:
        self._word = word
        self._mark: VisibleMark | None = None
        self._branded = self._pictures = 0
        self._next_print_ms = 0
        self.residue = Residue()
        self.prints: list[Print] = []

    def see(self, seconds: float, luma: Luma) -> None:
        self._pictures += 1
        self.residue.add(luma)
        at_ms = round(seconds * 1000)
        if at_ms >= self._next_print_ms:
            self.prints += indexed_picture(luma, at_ms)
            self._next_print_ms = at_ms + INDEXED_PICTURE_MS
        if self._word is not None:
            if self._mark is None:
                self._mark = VisibleMark(self._word, luma.shape[1], luma.shape[0])
            self._branded += self._mark.likeness(luma, seconds) >= LIKENESS_MIN

    @property
    def visible_share(self) -> float | None:
        """In how many of the pictures the visible mark is, or None when none is due."""
        if self._word is None:
            return None
        return self._branded / self._pictures if self._pictures else 0.0
