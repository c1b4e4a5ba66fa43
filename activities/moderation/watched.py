"""What was seen and heard in a film, as numbers; the watcher writes it, and nothing trusts it."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

LOOKS_MAX: Final = 4000
FACES_MAX: Final = 16_000
SOUND_MAX: Final = 16_000 * 120
_IDENTITY: Final = 128

Sense = Literal["pictures", "faces", "hearing"]
"""What is watched for; each has the name of the detector that notes it."""
SENSES: Final[frozenset[Sense]] = frozenset(get_args(Sense))


class WatchedUnreadable(Exception):
    """What the watcher left cannot be read."""


@dataclass(frozen=True)
class Watched:
    """One film. Of the n pictures that were looked at: ``seconds`` [n] and ``frames`` [n] (when,
    and which), ``sexual`` [n] (0 to 1). Of the k faces in them: ``face_of`` [k] (which of the n),
    ``faces`` [k, 128] of unit length, ``widths`` [k] (of the picture's width). ``sound`` are mono
    samples at 16 kHz; ``frame_count`` [1] is how many pictures the film has.
    """

    seconds: NDArray[np.float32]
    frames: NDArray[np.int32]
    sexual: NDArray[np.float32]
    face_of: NDArray[np.int32]
    faces: NDArray[np.float32]
    widths: NDArray[np.float32]
    sound: NDArray[np.float32]
    frame_count: NDArray[np.int32]

    def save(self, path: Path) -> None:
        """Write it as arrays without objects."""
        with path.open("wb") as file:
            np.savez(file, **{each.name: getattr(self, each.name) for each in fields(self)})

    def until(self, look: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Milliseconds and frames from a look to the next one, the end excluded."""
        last = look + 1 >= len(self.seconds)
        begin = int(self.frames[look])
        end = int(self.frame_count[0]) if last else int(self.frames[look + 1])
        starts = float(self.seconds[look])
        ends = starts + 0.5 if last else float(self.seconds[look + 1])
        return (round(starts * 1000), round(ends * 1000)), (begin, max(end, begin + 1))


def load(path: Path, senses: Collection[Sense] = SENSES) -> Watched:
    """Read what the watcher wrote who was asked for these senses; who only listened saw nothing.

    Raises WatchedUnreadable unless its shape is right.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = Watched(**{each.name: arrays[each.name] for each in fields(Watched)})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise WatchedUnreadable("no arrays") from error
    n, k = len(found.seconds), len(found.face_of)
    shapes = {
        "seconds": (n,),
        "frames": (n,),
        "sexual": (n,),
        "face_of": (k,),
        "faces": (k, _IDENTITY),
        "widths": (k,),
        "sound": (len(found.sound),),
        "frame_count": (1,),
    }
    for name, shape in shapes.items():
        array = getattr(found, name)
        if array.shape != shape or array.dtype.kind not in "fi":
            raise WatchedUnreadable(f"{name} has another shape")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WatchedUnreadable(f"{name} is not finite")
    least = 1 if "pictures" in senses or "faces" in senses else 0
    if not least <= n <= LOOKS_MAX or k > FACES_MAX or len(found.sound) > SOUND_MAX:
        raise WatchedUnreadable("there is too little or too much of it")
    if k and not 0 <= int(found.face_of.min()) <= int(found.face_of.max()) < n:
        raise WatchedUnreadable("faces of no picture")
    if np.diff(found.frames).min(initial=1) < 1 or np.diff(found.seconds).min(initial=1) <= 0:
        raise WatchedUnreadable("pictures do not follow each other")
    return found
