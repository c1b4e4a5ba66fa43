"""The observer: a process of its own that decodes a probed clip once more and measures it.

``python -m activities.likeness.observer CLIP FACTS FOLDER`` leaves ``evidence.npz`` and, where a
face was found, ``face.png`` and ``head.mp4`` in the folder; with ``turned`` behind it, faces that
lie on their side are looked for too. It is confined before the first byte of the clip is decoded,
for the models and FFmpeg run on bytes that a stranger chose.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from activities.clip.facts import ClipFacts
from activities.clip.reading import opened
from activities.clip.streams import picture_streams
from activities.likeness.evidence import LANDMARKS, SAMPLE_RATE, THUMB_SIDE, Evidence
from activities.likeness.faces import Face, Faces, Picture
from activities.likeness.observing import TURNED
from activities.likeness.portrait import Portrait, Whole
from activities.likeness.turning import surest_turned

_MEMORY_BYTES: Final = 4 << 30
_CPU_SECONDS: Final = 120
_FILE_BYTES: Final = 64 << 20
LOOK_SIDE: Final = 640
"""Pictures are shrunk to this longer side before anything is measured."""
LOOKS_PER_SECOND: Final = 15
_EARLY_SECONDS: Final = 0.01
"""A picture that comes so little before its look is taken for it."""
_IDENTITY_SECONDS: Final = 0.55
_TURNED_OVER_EVERY: Final = 3
"""Of the identities, so many are taken for each look at the picture turned over."""
_TURNED_SECONDS: Final = 0.5


@dataclass
class _Notes:
    """What is gathered while the pictures pass."""

    times: list[float] = field(default_factory=list)
    thumbs: list[NDArray[np.float32]] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    presence: list[float] = field(default_factory=list)
    roll: list[float] = field(default_factory=list)
    points: list[NDArray[np.float32]] = field(default_factory=list)
    identity_of: list[int] = field(default_factory=list)
    identities: list[NDArray[np.float32]] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)


class Observer:
    """Looks at pictures in their order; with ``turned``, for faces that lie on their side, too."""

    def __init__(self, faces: Faces, *, turned: bool = False) -> None:
        self.notes = _Notes()
        self.portrait = Portrait()
        self._faces = faces
        self._next_look, self._next_identity = 0.0, 0.0
        self._next_turned = 0.0 if turned else float("inf")

    def see(self, seconds: float, picture: Picture, whole: Whole | None = None) -> None:
        """One picture, upright. Every one is remembered small; some are looked at closely.

        ``whole`` makes the same in the size of the recording.
        """
        self.notes.times.append(seconds)
        self.notes.thumbs.append(_thumb(picture))
        if seconds + _EARLY_SECONDS >= self._next_look:
            self._look(seconds, picture, whole)
            while self._next_look <= seconds + _EARLY_SECONDS:  # a beat of its own, not the clip's
                self._next_look += 1 / LOOKS_PER_SECOND

    def _look(self, seconds: float, picture: Picture, whole: Whole | None) -> None:
        notes = self.notes
        notes.size = (picture.shape[1], picture.shape[0])
        if seconds + _EARLY_SECONDS >= self._next_turned:
            self._next_turned += _TURNED_SECONDS
            notes.turned.append(surest_turned(self._faces, picture, len(notes.turned)))
        found = self._faces.detect(picture)
        notes.seen_at.append(seconds)
        notes.faces.append(len(found))
        notes.others.append(found[1].width / found[0].width if len(found) > 1 else 0.0)
        if not found:
            self.portrait.consider_whole(picture, seconds, whole)
            notes.boxes.append(np.zeros(4, np.float32))
            notes.presence.append(0.0)
            notes.roll.append(0.0)
            notes.points.append(np.zeros((LANDMARKS, 3), np.float32))
            return
        face = found[0]
        points, presence = self._faces.landmarks(picture, face)
        notes.boxes.append(face.row[:4].copy())
        notes.presence.append(presence)
        notes.roll.append(_roll(face))
        notes.points.append(points)
        self.portrait.consider(picture, face, points, seconds, whole)
        if seconds >= self._next_identity:
            self._next_identity = seconds + _IDENTITY_SECONDS
            notes.identity_of.append(len(notes.seen_at) - 1)
            notes.identities.append(self._faces.identity(picture, face))
            if (len(notes.identities) - 1) % _TURNED_OVER_EVERY == 0:
                notes.over.append(self._surer_turned_over(picture) - face.score)
            else:
                notes.over.append(notes.over[-1])

    def _surer_turned_over(self, picture: Picture) -> float:
        """The best score of a face in the picture turned by half a turn; 0 without one."""
        found = self._faces.detect(np.ascontiguousarray(picture[::-1, ::-1]))
        return max((face.score for face in found), default=0.0)

    def evidence(self, sound: NDArray[np.float32]) -> Evidence:
        """Everything so far, and the sound."""
        notes = self.notes
        return Evidence(
            times=np.array(notes.times, np.float32),
            thumbs=np.stack(notes.thumbs),
            seen_at=np.array(notes.seen_at, np.float32),
            faces=np.array(notes.faces, np.int32),
            boxes=np.array(notes.boxes, np.float32).reshape(-1, 4),
            others=np.array(notes.others, np.float32),
            presence=np.array(notes.presence, np.float32),
            roll=np.array(notes.roll, np.float32),
            points=np.array(notes.points, np.float32).reshape(-1, LANDMARKS, 3),
            identity_of=np.array(notes.identity_of, np.int32),
            identities=np.array(notes.identities, np.float32).reshape(-1, 128),
            over=np.array(notes.over, np.float32),
            turned=np.array(notes.turned, np.float32),
            size=np.array(notes.size, np.int32),
            sound=sound,
        )


def _thumb(picture: Picture) -> NDArray[np.float32]:
    """[32, 32], grey, 0 to 255."""
    height, width = picture.shape[:2]
    half = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(half, cv2.COLOR_BGR2GRAY).astype(np.float32)
    thumb = cv2.resize(grey, (THUMB_SIDE, THUMB_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(thumb, np.float32)


def _roll(face: Face) -> float:
    """How far the line of the eyes leans, in degrees; near 180 where the head is upside down."""
    across, down = face.row[6:8] - face.row[4:6]
    return float(np.degrees(np.arctan2(down, across)))


def pictures(path: Path, facts: ClipFacts) -> Iterator[tuple[float, Picture]]:
    """Seconds since the first picture, and the picture: upright, its longer side at most 640."""
    for seconds, picture, _ in looks(path, facts):
        yield seconds, picture


def looks(path: Path, facts: ClipFacts) -> Iterator[tuple[float, Picture, Whole]]:
    """As ``pictures``, and with each what makes it in full: ask before the next one comes."""
    scale = min(1.0, LOOK_SIDE / max(facts.width, facts.height))
    width, height = (max(2, round(side * scale)) for side in (facts.width, facts.height))
    with opened(path, facts) as container:
        stream = picture_streams(container)[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        for packet in container.demux(stream):
            with contextlib.suppress(av.InvalidDataError):
                for frame in packet.decode():
                    if not isinstance(frame, av.VideoFrame) or frame.pts is None:
                        continue
                    seconds = float((frame.pts - facts.times[0]) * facts.tick)
                    yield (
                        seconds,
                        _upright(frame, width, height, facts.rotation),
                        partial(_upright, frame, facts.width, facts.height, facts.rotation),
                    )


def _upright(frame: av.VideoFrame, width: int, height: int, rotation: int) -> Picture:
    shrunk = frame.reformat(width, height, format="bgr24", interpolation="AREA").to_ndarray()
    upright = np.ascontiguousarray(np.rot90(shrunk, rotation // 90))
    return np.asarray(upright, np.uint8)


def hear(path: Path, facts: ClipFacts) -> NDArray[np.float32]:
    """The sound as mono samples at 16 kHz that begin with the first picture."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    pieces: list[NDArray[np.float32]] = []
    first: float | None = None
    with opened(path, facts) as container:
        if facts.sound is None:
            return np.zeros(0, np.float32)
        stream = container.streams.audio[0]
        for packet in container.demux(stream):
            with contextlib.suppress(av.InvalidDataError):
                for frame in packet.decode():
                    if not isinstance(frame, av.AudioFrame):
                        continue
                    first = frame.time if first is None else first
                    pieces += [_flat(each) for each in resampler.resample(frame)]
        pieces += [_flat(each) for each in resampler.resample(None)]
    sound = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    late = round(((first or 0.0) - facts.starts) * SAMPLE_RATE)
    late = max(-len(sound), min(late, 30 * SAMPLE_RATE))
    shifted = np.pad(sound, (late, 0)) if late > 0 else sound[-late:]
    return np.asarray(np.nan_to_num(shifted), np.float32)


def _flat(frame: av.AudioFrame) -> NDArray[np.float32]:
    return np.asarray(frame.to_ndarray(), np.float32).reshape(-1)


def _confine() -> None:
    """From here on this process cannot grow, run long, or write much."""
    sys.dont_write_bytecode = True  # half a module's is what the limits would leave of it
    for kind, bound in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # some systems know fewer of these limits
            resource.setrlimit(kind, (bound, bound))


def observe(
    clip: Path, facts: ClipFacts, faces: Faces, folder: Path, *, turned: bool = False
) -> None:
    """Look at the whole clip and listen to it, and leave what was measured in the folder."""
    observer = Observer(faces, turned=turned)
    for seconds, picture, whole in looks(clip, facts):
        observer.see(seconds, picture, whole)
    observer.evidence(hear(clip, facts)).save(folder / "evidence.npz")
    observer.portrait.save(folder)


def main() -> None:
    """Observe one clip, and leave without tidying up, since the decoder may be in any state."""
    clip, folder = Path(sys.argv[1]), Path(sys.argv[3])
    facts = ClipFacts.model_validate_json(Path(sys.argv[2]).read_bytes())
    av.logging.set_level(None)
    cv2.setNumThreads(1)
    _confine()
    observe(clip, facts, Faces(), folder, turned=TURNED in sys.argv[4:])
    os._exit(0)


if __name__ == "__main__":
    main()
