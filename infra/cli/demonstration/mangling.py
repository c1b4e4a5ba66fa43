"""What strangers do to a film that they found, and pictures of before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np

from activities.film.probe import probe
from infra.cli import provenance_clips as clips

_EXCERPT_SECONDS: Final = 5.0
_SHOWN_SIZE: Final = (384, 216)
_MARGIN: Final = 24


@dataclass(frozen=True)
class Mangled:
    """One copy: what was done, its file, and a picture of it beside where it came from."""

    name: str
    path: Path
    before: clips.Picture
    after: clips.Picture


def mangled(film: Path, folder: Path) -> list[Mangled]:
    """The copies of a film, each without its manifest."""
    facts = probe(film)
    pictures, sound = clips.decoded(film)
    width, height, fps = facts.width, facts.height, round(facts.fps)
    half = (width // 4 * 2, height // 4 * 2)
    kept = round(min(_EXCERPT_SECONDS, facts.picture_seconds - 0.5) * fps)
    late = (len(pictures) - kept) // 2
    heard = round(late / fps * clips.RATE)
    part = sound[:, heard : heard + round(kept / fps * clips.RATE)]
    whole = {"size": (width, height), "fps": fps}
    made = []

    def keep(name: str, first: int, source: list[clips.Picture], **treatment: object) -> None:
        path = folder / f"{name}.mp4"
        heard_with = part if source is not pictures else sound
        clips.write(path, source, heard_with, **{**whole, "crf": 28, **treatment})  # type: ignore[arg-type]
        made.append(_shown(name, path, pictures, first, len(source) // 2))

    keep("encoded-again", 0, pictures)
    keep("half-size", 0, pictures, size=half)
    keep("cropped-by-a-tenth", 0, pictures, crop=0.1)
    excerpt = pictures[late : late + kept]
    keep("excerpt", late, excerpt, crf=23)
    keep("recorded-from-a-screen", late, excerpt, crop=0.04, grain=4.0)
    stripped = _stripped(film, folder / "metadata-stripped.mp4")
    made.append(_shown("metadata-stripped", stripped, pictures, 0, len(pictures) // 2))
    return made


def contact_sheet(copies: list[Mangled], path: Path) -> None:
    """Each copy in a row of two: before and after."""
    rows = [
        np.hstack([_framed(each.before, "before"), _framed(each.after, each.name)])
        for each in copies
    ]
    cv2.imwrite(
        str(path),
        cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, 82],
    )


def _shown(name: str, path: Path, pictures: list[clips.Picture], first: int, at: int) -> Mangled:
    copies, _ = clips.decoded(path)
    return Mangled(name, path, pictures[first + at], copies[at])


def _stripped(film: Path, target: Path) -> Path:
    """The same streams in a new container, as a platform that keeps no metadata leaves them."""
    with av.open(str(film)) as read, av.open(str(target), "w") as written:
        streams = {each.index: written.add_stream_from_template(each) for each in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                written.mux(packet)
    return target


def _framed(picture: clips.Picture, words: str) -> clips.Picture:
    small = cv2.resize(picture, _SHOWN_SIZE, interpolation=cv2.INTER_AREA)
    strip = np.full((_MARGIN, _SHOWN_SIZE[0], 3), 24, np.uint8)
    cv2.putText(
        strip, words, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (232, 232, 232), 1, cv2.LINE_AA
    )
    return np.asarray(np.vstack([strip, small]), np.uint8)
