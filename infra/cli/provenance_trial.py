"""One film of ``bench provenance``: marked, signed and verified as the product does it, forged byte
by byte, treated as strangers treat films, and looked at again as ``verify`` looks.

A trial is one function of a number, so trials run beside each other, and what one found can be kept
and read again when a bench goes on that was interrupted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Final

import cv2
import numpy as np
from pydantic import ConfigDict

from activities.film.shape import Timing
from activities.provenance.agreement import Statement
from activities.provenance.examination import examine
from activities.provenance.footage import read_footage
from activities.provenance.looked import Looked, ToldPrint
from activities.provenance.looking import Listener, listened
from activities.provenance.manifest import Generator, Origin
from activities.provenance.payload import PICTURE, SOUND
from activities.provenance.picture_mark import Luma, PictureMark
from activities.provenance.picture_reading import PictureReader, Place, Residue
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ProvenanceBroken
from activities.provenance.signing import FilmSigner
from activities.provenance.sound_reading import SoundReader
from activities.provenance.steps import mark_rendition, sign_rendition, verify_rendition
from domain.kernel.model import Value
from domain.provenance.verdict import ManifestState
from infra.cli import provenance_clips as clips
from infra.cli.provenance_forgery import Forgeries, forged
from infra.cli.provenance_served import Copy, Kit, copy_of, read_apart
from infra.provenance.keys import ProvenanceKeys

_HALF: Final = {"crf": 28, "size": (clips.WIDTH // 2, clips.HEIGHT // 2)}
TREATMENTS: Final[dict[str, dict[str, object]]] = {
    "half_size": _HALF,
    "half_size_cropped": {**_HALF, "crop": 0.1},
    "screen_grain": {"crf": 28, "crop": 0.04, "grain": 4.0},
}
FIRST_NUMBER: Final = 1000
"""The first film's number in its marks."""
COPIED_EVERY: Final = 4
"""One film in so many is exported too, the first among them: copies take as long as films."""
_EXCERPT_FRAMES: Final = round(clips.EXCERPT_SECONDS * clips.FPS)
_GROUP_FRAMES: Final = 2 * clips.FPS
_SHEET_MOMENTS: Final = (10, 40)
_LOUDER: Final = 8


class Unmarked(Value):
    """What readers made of what nobody marked; a group is two seconds of pictures."""

    frames: int
    pilots: tuple[float, ...]
    scores: tuple[float, ...]
    """How each group's bits correlate with words of numbers, in standard deviations of chance."""
    read: int
    sound_pilot: float
    sound_read: bool


class Excerpt(Value):
    """Five seconds of a film after a treatment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: float
    picture_number: int | None
    sound_number: int | None
    looked: Looked


class Trial(Value):
    """Everything that was found on one film."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    kind: str
    psnr: float
    frame_seconds: float
    broken: str | None
    trusted: bool
    read_apart: bool
    copy_left: Copy | None
    manifest_bytes: int
    sign_ms: float
    read_ms: float
    forgeries: Forgeries
    prints: tuple[ToldPrint, ...]
    excerpts: dict[str, Excerpt]
    unmarked: Unmarked


def artefact_of(number: int) -> str:
    """The id of a film of the bench."""
    return f"vid_bench-{number}"


def trial(number: int, home: Path, mutations: int, sheet: Path | None = None) -> Trial:
    """Do everything to one film. The keys of ``home`` mark and sign."""
    cv2.setNumThreads(1)
    keys = ProvenanceKeys.read(home)
    film = clips.film(number)
    with tempfile.TemporaryDirectory(prefix="callsheet-trial-") as name:
        return _Trial(number, film, keys, Path(name)).run(mutations, sheet)


def unmarked_trial(number: int, home: Path) -> Unmarked:
    """Look for marks in a film that has none."""
    cv2.setNumThreads(1)
    film = clips.film(number)
    with tempfile.TemporaryDirectory(prefix="callsheet-trial-") as name:
        return _unmarked(film, ProvenanceKeys.read(home).marking, Path(name))


class _Trial:
    def __init__(self, number: int, film: clips.Film, keys: ProvenanceKeys, folder: Path) -> None:
        self._number, self._film, self._folder = number, film, folder
        self._keys, self._key, self._said = keys, keys.marking, FIRST_NUMBER + number
        self._reader = ManifestReader(keys.roots)
        self._signer = FilmSigner(keys.signing, self._reader, Generator("bench", "1"))
        self._timing = Timing(len(film.pictures), clips.FPS)
        self._origin = Origin(artefact_of(number), f"gen-{number}", "aa" * 32, "bb" * 32)

    def run(self, mutations: int, sheet: Path | None) -> Trial:
        psnr, frame_seconds = self._cost(sheet)
        served, sign_ms, overhead = self._make()
        began = time.perf_counter()
        trusted = self._reader.read(served).state is ManifestState.TRUSTED
        read_ms = (time.perf_counter() - began) * 1000
        broken, prints = self._verified(served)
        copy_left = self._copy(served) if self._number % COPIED_EVERY == 0 else None
        forgeries = forged(
            served,
            artefact_of(self._number),
            self._reader,
            mutations,
            self._number,
            self._folder,
        )
        pictures, sound = clips.decoded(served)
        excerpts = {
            name: self._excerpt(place, treatment, pictures, sound)
            for place, (name, treatment) in enumerate(TREATMENTS.items())
        }
        return Trial(
            number=self._number,
            kind=self._film.kind,
            psnr=psnr,
            frame_seconds=frame_seconds,
            broken=broken,
            trusted=trusted,
            read_apart=read_apart(served),
            copy_left=copy_left,
            manifest_bytes=overhead,
            sign_ms=sign_ms,
            read_ms=read_ms,
            forgeries=forgeries,
            prints=prints,
            excerpts=excerpts,
            unmarked=_unmarked(self._film, self._key, self._folder),
        )

    def _cost(self, sheet: Path | None) -> tuple[float, float]:
        """What the mark does to the picture in dB, and seconds of the processor for a frame."""
        plain = [_luma(picture) for picture in self._film.pictures]
        mark, began = PictureMark(self._key, self._said), time.process_time()
        marked = [mark.apply(luma) for luma in plain]
        seconds = (time.process_time() - began) / len(plain)
        if sheet is not None:
            _draw_sheet(plain, marked, sheet)
        errors = [
            float(((a.astype(np.float32) - b) ** 2).mean())
            for a, b in zip(marked, plain, strict=True)
        ]
        return float(10 * np.log10(255**2 / max(mean(errors), 1e-9))), seconds

    def _make(self) -> tuple[Path, float, int]:
        """The film as it would be served, what signing took in ms, and what it added in bytes."""
        # the studio's libraries take a while to load, and only the bench needs them here
        from gpu_workers.clip import Clip
        from gpu_workers.mezzanine import write_mezzanine

        film, take = self._film, self._folder / "take.mkv"
        marked, signed = self._folder / "marked.mp4", self._folder / "signed.mp4"
        write_mezzanine(Clip(film.pictures, film.sound, clips.FPS, clips.RATE), take)
        mark_rendition(take, marked, self._timing, self._key, self._said)
        began = time.perf_counter()
        sign_rendition(self._signer, marked, signed, self._origin)
        took = (time.perf_counter() - began) * 1000
        return signed, took, signed.stat().st_size - marked.stat().st_size

    def _copy(self, served: Path) -> Copy:
        """A copy for outside of the film."""
        kit = Kit(self._signer, self._reader, self._key)
        return copy_of(served, self._origin, self._timing, self._said, kit, self._folder)

    def _verified(self, served: Path) -> tuple[str | None, tuple[ToldPrint, ...]]:
        """Which layer does not hold on the bytes to be served, and the prints of them."""
        statement = Statement(self._origin)
        try:
            verified = verify_rendition(served, statement, self._reader, self._key, self._said)
        except ProvenanceBroken as refusal:
            return str(refusal), ()
        return None, verified.prints

    def _excerpt(
        self,
        place: int,
        treatment: dict[str, object],
        pictures: Sequence[clips.Picture],
        sound: clips.Sound,
    ) -> Excerpt:
        """Five seconds from somewhere, treated and looked at."""
        first = 2 + 4 * place  # each treatment begins elsewhere, in the sound too
        start = round(first / clips.FPS * clips.RATE)
        path = clips.write(
            self._folder / "copy.mp4",
            pictures[first : first + _EXCERPT_FRAMES],
            sound[:, start : start + round(clips.EXCERPT_SECONDS * clips.RATE)],
            **treatment,  # type: ignore[arg-type]
        )
        examination = examine(path)
        listener = Listener(self._key, examination)
        accuracy, said = self._picture(listener.place)
        sounds = SoundReader(self._key)
        heard = sounds.read(sounds.locate(examination.footage.sound))
        return Excerpt(
            accuracy=accuracy,
            picture_number=said,
            sound_number=None if heard is None else heard.number,
            looked=Looked(
                manifest=self._reader.read(path), stretches=listened(examination, [listener])
            ),
        )

    def _picture(self, place: Place | None) -> tuple[float, int | None]:
        """The share of bits that are right, read blindly, and the number that they say."""
        assert place is not None, "an excerpt has pictures"
        reader = PictureReader(self._key)
        right = (reader.soft(place) > 0) == (PICTURE.spoken(self._key, self._said) > 0)
        read = reader.read(place)
        return float(right.mean()), None if read is None else read.number


def sound_number(said: int) -> int:
    """The part of a number that a sound mark says."""
    return said & ((1 << SOUND.number_bits) - 1)


def _unmarked(film: clips.Film, key: bytes, folder: Path) -> Unmarked:
    """Unmarked frames in groups of two seconds, encoded, as a reader would take them."""
    plain = [_luma(picture) for picture in film.pictures]
    path = clips.write(folder / "plain.mp4", plain, film.sound, 23, preset="veryfast")
    groups: list[Residue] = [Residue()]

    def see(_: float, luma: Luma) -> None:
        if groups[-1].frames == _GROUP_FRAMES:
            groups.append(Residue())
        groups[-1].add(luma)

    footage = read_footage(path, see)
    reader, sounds = PictureReader(key), SoundReader(key)
    words = PICTURE.spoken_all(key, np.arange(1, 201)).astype(np.float32)
    pilots, scores, read = [], [], 0
    for group in groups:
        if group.mean is None:
            continue
        place = reader.locate(group.mean)
        soft = reader.soft(place)
        pilots.append(place.pilot)
        scores.append(float((words @ (soft / (np.linalg.norm(soft) + 1e-12))).max()))
        read += reader.read(place) is not None
    moment = sounds.locate(footage.sound)
    return Unmarked(
        frames=footage.pictures,
        pilots=tuple(pilots),
        scores=tuple(scores),
        read=read,
        sound_pilot=0.0 if moment is None else moment.pilot,
        sound_read=sounds.read(moment) is not None,
    )


def _luma(picture: clips.Picture) -> Luma:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _draw_sheet(plain: list[Luma], marked: list[Luma], path: Path) -> None:
    """Two moments: as they were, as they are marked, and the difference many times louder."""
    rows = [
        np.hstack(
            [
                plain[at],
                marked[at],
                np.clip(128 + _LOUDER * (marked[at].astype(int) - plain[at]), 0, 255).astype(
                    np.uint8
                ),
            ]
        )
        for at in _SHEET_MOMENTS
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])
