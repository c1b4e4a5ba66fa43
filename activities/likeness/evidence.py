"""Evidence: what was seen and heard in a clip, as numbers that any check may read.

An observer in a process of its own writes it and the caller reads it, so nothing in it is trusted
further than its shape.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
THUMB_SIDE: Final = 32
LANDMARKS: Final = 468
IDENTITY_SIZE: Final = 128
PICTURES_MAX: Final = 4_000

Floats = NDArray[np.float32]


class EvidenceUnreadable(Exception):
    """What the observer left is not evidence."""


@dataclass(frozen=True)
class Evidence:
    """One clip. Times in seconds from the first picture; pixels of upright pictures.

    Of all n pictures: ``times`` [n] and ``thumbs`` [n, 32, 32] (grey, 0 to 255).
    Of the m that were looked at closely: ``seen_at`` [m], ``faces`` [m] (how many), ``boxes``
    [m, 4] (the widest face: left, top, width, height), ``others`` [m] (the second widest face's
    width as a share of the first's), ``presence`` [m], ``roll`` [m] (degrees), ``points``
    [m, 468, 3]. Where there is no face, zeros.
    Of the k whose identity was taken: ``identity_of`` [k] (indices into the m), ``identities``
    [k, 128], ``over`` [k] (how much surer the detector is when the picture is turned over: above 0
    where it stands on its head). Of the j that were looked at turned as well, ``turned`` [j]: how
    sure the surest face is; none where nobody asked.
    ``size`` [2] is the width and height of the pictures looked at; ``sound`` the mono samples at
    16 kHz, beginning with the first picture.
    """

    times: Floats
    thumbs: Floats
    seen_at: Floats
    faces: NDArray[np.int32]
    boxes: Floats
    others: Floats
    presence: Floats
    roll: Floats
    points: Floats
    identity_of: NDArray[np.int32]
    identities: Floats
    over: Floats
    turned: Floats
    size: NDArray[np.int32]
    sound: Floats

    @property
    def alone(self) -> NDArray[np.bool_]:
        """[m]: where there is a face to measure."""
        return np.asarray((self.faces > 0) & (self.presence > 0.5))

    def save(self, path: Path) -> None:
        """Write it as arrays without objects."""
        with path.open("wb") as file:
            np.savez(file, **{each.name: getattr(self, each.name) for each in fields(self)})


def load(path: Path) -> Evidence:
    """Read what an observer wrote. Raises EvidenceUnreadable unless its shape is right."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            evidence = Evidence(**{each.name: arrays[each.name] for each in fields(Evidence)})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EvidenceUnreadable("no arrays") from error
    _require(evidence)
    return evidence


def _require(found: Evidence) -> None:
    n, m, k = len(found.times), len(found.seen_at), len(found.identity_of)
    shapes = {
        "times": (n,),
        "thumbs": (n, THUMB_SIDE, THUMB_SIDE),
        "seen_at": (m,),
        "faces": (m,),
        "boxes": (m, 4),
        "others": (m,),
        "presence": (m,),
        "roll": (m,),
        "points": (m, LANDMARKS, 3),
        "identity_of": (k,),
        "identities": (k, IDENTITY_SIZE),
        "over": (k,),
        "turned": (len(found.turned),),
        "size": (2,),
        "sound": (len(found.sound),),
    }
    for name, shape in shapes.items():
        array = getattr(found, name)
        if array.shape != shape or array.dtype.kind not in "fiu":
            raise EvidenceUnreadable(f"{name} has another shape")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise EvidenceUnreadable(f"{name} is not finite")
    if not 1 <= n <= PICTURES_MAX or not 1 <= m <= n or k > m or len(found.turned) > m:
        raise EvidenceUnreadable("pictures are missing")
    if k and not 0 <= int(found.identity_of.min()) <= int(found.identity_of.max()) < m:
        raise EvidenceUnreadable("identities of no picture")
