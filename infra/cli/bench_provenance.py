"""``bench provenance``: marks, manifests and traces after what strangers do to films.

Films of three kinds are marked, cut to excerpts of five seconds, encoded, halved, cropped and
covered with grain, and read back blindly. Manifests are changed byte by byte. Excerpts are then
traced by fingerprints alone, in PostgreSQL, among many others that were made up. Sizes are options;
the defaults are those that the project promises its figures for.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Final

import cv2
import numpy as np
import typer
from rich.console import Console

from activities.provenance.footage import read_footage
from activities.provenance.manifest import Generator, Origin
from activities.provenance.payload import PICTURE, SOUND
from activities.provenance.picture_mark import Luma, PictureMark
from activities.provenance.picture_reading import PILOT_MIN, PictureReader, Residue
from activities.provenance.prints import (
    Kind,
    Print,
    asked_picture,
    asked_sound,
    indexed_picture,
    indexed_sound,
)
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner
from activities.provenance.sound_mark import SoundMark
from activities.provenance.sound_reading import SoundReader
from activities.provenance.tracing import DISTANCE_MAX, agreed
from activities.scratch import file_sha256
from domain.provenance.verdict import Layer, ManifestState
from infra.cli import provenance_clips as clips
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.cli.provenance_crowd import fill, served
from infra.clock import system_clock
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys

CLIPS: Final = 40
MUTATIONS: Final = 1000
UNMARKED_FRAMES: Final = 5000
INDEXED: Final = 10_000

_HALF: Final = {"crf": 28, "size": (clips.WIDTH // 2, clips.HEIGHT // 2)}
_TREATMENTS: Final = {
    "half_size": _HALF,
    "half_size_cropped": {**_HALF, "crop": 0.1},
    "screen_grain": {"crf": 28, "crop": 0.04, "grain": 4.0},
}
_EXCERPT_FRAMES: Final = round(clips.EXCERPT_SECONDS * clips.FPS)
_EXCERPT_START: Final = 5
"""Frames that an excerpt leaves out at the start."""


@dataclass
class Found:
    """What was measured, clip by clip."""

    accuracy: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in _TREATMENTS}
    )
    psnr: list[float] = field(default_factory=list)
    frame_seconds: list[float] = field(default_factory=list)
    sound_right: list[bool] = field(default_factory=list)
    picture_wrong: int = 0
    unmarked_frames: int = 0
    unmarked_pilots: list[float] = field(default_factory=list)
    unmarked_read: int = 0
    indexed: dict[str, list[Print]] = field(default_factory=dict)
    asked: list[tuple[str, list[Print]]] = field(default_factory=list)


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
    count: Annotated[int, typer.Option("--clips", min=1, help="Films to mark.")] = CLIPS,
    mutations: Annotated[int, typer.Option(min=1, help="Changed bytes to look for.")] = MUTATIONS,
    unmarked: Annotated[
        int, typer.Option(min=1, help="Unmarked frames to look for a mark in.")
    ] = UNMARKED_FRAMES,
    indexed: Annotated[
        int, typer.Option(min=0, help="Made-up films in the index beside the real ones.")
    ] = INDEXED,
) -> None:
    """Marks, manifests and traces, and how often each holds after hard treatment."""
    if not run(json_path, count, mutations, unmarked, indexed):
        raise typer.Exit(1)


def run(
    json_path: Path | None = None,
    count: int = CLIPS,
    mutations: int = MUTATIONS,
    unmarked: int = UNMARKED_FRAMES,
    indexed: int = INDEXED,
) -> bool:
    """Measure, print the table, write the figures; true when all holds."""
    names = [
        *("manifest_trusted", "mutations_seen", "mutations_seen_by_manifest_alone"),
        *("manifest_bytes", "sign_ms", "verify_ms"),
        *(f"picture_accuracy_{name}" for name in _TREATMENTS),
        *("picture_psnr_worst", "picture_frames_per_second", "picture_wrong_numbers"),
        *("unmarked_frames", "unmarked_read_as_marked", "unmarked_pilot_max"),
        *("sound_recovered", "trace_recall", "trace_wrong", "trace_ms"),
    ]
    figures = Figures("bench provenance", names)
    figures.versions("c2pa-python", "opencv-python-headless", "numpy", "av", "asyncpg")
    figures.add(clips=count, mutations=mutations, indexed=indexed, size=f"{clips.WIDTH}x360")
    cv2.setNumThreads(1)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="callsheet-bench-") as name,
            Console(stderr=True).status("") as status,
        ):
            folder, found = Path(name), Found()
            keys = ProvenanceKeys.ensure(folder / "home", system_clock())
            for number in range(count):
                status.update(f"film {number + 1} of {count}")
                film = clips.film(number)
                _treat(film, number, keys.marking, folder, found, unmarked)
            status.update("manifests")
            _manifests(figures, keys, folder, mutations)
            _report_marks(figures, found)
            status.update("tracing")
            asyncio.run(_trace(figures, found, indexed))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


def _treat(
    film: clips.Film, number: int, key: bytes, folder: Path, found: Found, unmarked: int
) -> None:
    """Mark one film, do everything to it, and read it back each time."""
    said = number + 1000
    plain = [_luma(picture) for picture in film.pictures]
    mark, began = PictureMark(key, said), time.process_time()
    marked = [mark.apply(luma) for luma in plain]
    found.frame_seconds.append((time.process_time() - began) / len(plain))
    errors = [((a.astype(np.float32) - b) ** 2).mean() for a, b in zip(marked, plain, strict=True)]
    found.psnr.append(float(10 * np.log10(255**2 / mean(map(float, errors)))))
    sound = SoundMark(key, said).apply(film.sound)
    first = _EXCERPT_START
    excerpt = marked[first : first + _EXCERPT_FRAMES]
    start = round(first / clips.FPS * clips.RATE)
    heard = sound[:, start : start + round(clips.EXCERPT_SECONDS * clips.RATE)]
    artefact = f"film-{number}"
    found.indexed[artefact] = _to_index(marked, sound)
    for name, treatment in _TREATMENTS.items():
        path = clips.write(folder / "copy.mp4", excerpt, heard, **treatment)  # type: ignore[arg-type]
        _read_back(path, name, key, said, artefact, found)
    if found.unmarked_frames < unmarked:
        _read_unmarked(clips.write(folder / "plain.mp4", plain, film.sound, 23), key, found)


def _read_back(path: Path, name: str, key: bytes, said: int, artefact: str, found: Found) -> None:
    residue, prints, sound = _look(path)
    reader = PictureReader(key)
    assert residue.mean is not None
    place = reader.locate(residue.mean)
    right = (reader.soft(place) > 0) == (PICTURE.spoken(key, said) > 0)
    found.accuracy[name].append(float(right.mean()))
    read = reader.read(place)
    found.picture_wrong += read is not None and read.number != said
    if name == "half_size":
        sounds = SoundReader(key)
        recovered = sounds.read(sounds.locate(sound))
        lower = said & ((1 << SOUND.number_bits) - 1)
        found.sound_right.append(recovered is not None and recovered.number == lower)
    found.asked.append((artefact, [*prints, *_some(list(asked_sound(sound)))]))


def _read_unmarked(path: Path, key: bytes, found: Found) -> None:
    """Unmarked frames in groups of twelve: a second each, as a reader would take them."""
    groups: list[Residue] = [Residue()]

    def see(_: float, luma: Luma) -> None:
        if groups[-1].frames == clips.FPS:
            groups.append(Residue())
        groups[-1].add(luma)

    read_footage(path, see)
    reader = PictureReader(key)
    for group in groups:
        assert group.mean is not None
        place = reader.locate(group.mean)
        found.unmarked_pilots.append(place.pilot)
        found.unmarked_read += reader.read(place) is not None
        found.unmarked_frames += group.frames


def _look(path: Path) -> tuple[Residue, list[Print], clips.Sound]:
    residue = Residue()
    prints: list[Print] = []

    def see(seconds: float, luma: Luma) -> None:
        residue.add(luma)
        if round(seconds * clips.FPS) % 3 == 0:
            prints.extend(asked_picture(luma, round(seconds * 1000)))

    return residue, prints, read_footage(path, see).sound


def _to_index(marked: list[Luma], sound: clips.Sound) -> list[Print]:
    pictures = [
        each
        for second in range(0, len(marked), clips.FPS)
        for each in indexed_picture(marked[second], second * 1000 // clips.FPS)
    ]
    return [*pictures, *indexed_sound(sound.mean(0))]


def _some(prints: list[Print]) -> list[Print]:
    """Three runs of sixteen, as ``verify`` asks."""
    third = len(prints) // 3
    return [each for part in range(3) for each in prints[part * third : part * third + 16]]


def _luma(picture: clips.Picture) -> Luma:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _manifests(figures: Figures, keys: ProvenanceKeys, folder: Path, mutations: int) -> None:
    """Sign, read, and change one byte of the file at a time."""
    reader = ManifestReader(keys.roots)
    signer = FilmSigner(keys.signing, reader, Generator("bench", "1"))
    film, signed = folder / "plain.mp4", folder / "signed.mp4"
    signing, reading, trusted = [], [], []
    for number in range(10):
        began = time.perf_counter()
        signer.sign(film, signed, Origin(f"film-{number}", f"gen-{number}", "aa" * 32, "bb" * 32))
        signing.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        trusted.append(reader.read(signed).state is ManifestState.TRUSTED)
        reading.append((time.perf_counter() - began) * 1000)
    raw, sha256 = signed.read_bytes(), file_sha256(signed, lambda: None)
    rng, path = np.random.default_rng(11), folder / "changed.mp4"
    seen = alone = 0
    for _number in range(mutations):
        changed = bytearray(raw)
        changed[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        by_manifest = reader.read(path).state is not ManifestState.TRUSTED
        alone += by_manifest
        seen += by_manifest or file_sha256(path, lambda: None) != sha256
    figures.measured("manifest_trusted", mean(trusted), "share", goal=equals(1))
    figures.measured("mutations_seen", seen, "changes", goal=equals(mutations))
    figures.measured("mutations_seen_by_manifest_alone", alone / mutations, "share")
    figures.measured("manifest_bytes", len(raw) - film.stat().st_size, "bytes")
    figures.measured("sign_ms", median(signing), "ms", rounds=signing)
    figures.measured("verify_ms", median(reading), "ms", rounds=reading)


def _report_marks(figures: Figures, found: Found) -> None:
    goals = {"half_size": 0.98, "half_size_cropped": 0.95, "screen_grain": 0.95}
    for name, values in found.accuracy.items():
        figures.measured(
            f"picture_accuracy_{name}",
            mean(values),
            "share of bits",
            goal=at_least(goals[name]),
            rounds=values,
        )
    rate = 1 / median(found.frame_seconds)
    figures.measured(
        "picture_psnr_worst", min(found.psnr), "dB", goal=at_least(38), rounds=found.psnr
    )
    figures.measured("picture_frames_per_second", rate, "pictures/s", goal=at_least(24))
    figures.measured("picture_wrong_numbers", found.picture_wrong, "excerpts", goal=equals(0))
    figures.measured("unmarked_frames", found.unmarked_frames, "pictures")
    figures.measured("unmarked_read_as_marked", found.unmarked_read, "groups", goal=equals(0))
    highest = max(found.unmarked_pilots)
    figures.measured("unmarked_pilot_max", highest, "sigmas", peer={"threshold": PILOT_MIN})
    share = mean(found.sound_right)
    figures.measured("sound_recovered", share, "share of excerpts", goal=at_least(0.95))


async def _trace(figures: Figures, found: Found, indexed: int) -> None:
    """Every excerpt against real and made-up prints, by fingerprints alone."""
    recalled, wrong, took = 0, 0, []
    async with served() as pool:
        await fill(pool, found.indexed, indexed)
        index = PostgresIndex(pool)
        for artefact, prints in found.asked:
            began = time.perf_counter()
            said = set()
            for kind in Kind:
                asked = [each for each in prints if each.kind is kind]
                matches = await index.near(asked, DISTANCE_MAX)
                times = [each.at_ms for each in asked]
                sign = agreed(Layer.PICTURE_PRINT, times, matches)
                said |= {sign.artefact_id} if sign is not None else set()
            took.append((time.perf_counter() - began) * 1000)
            recalled += artefact in said
            wrong += bool(said - {artefact})
    asked_count = len(found.asked)
    figures.measured("trace_recall", recalled / asked_count, "of excerpts", goal=at_least(0.95))
    figures.measured("trace_wrong", wrong, "excerpts", goal=equals(0))
    figures.measured("trace_ms", median(took), "ms", goal=at_most(500), rounds=took)
