"""Faces in one picture: where they are, 468 landmarks, and a vector that tells people apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.evidence import LANDMARKS

Picture = NDArray[np.uint8]
"""[height, width, 3], BGR."""
Vector = NDArray[np.float32]

DETECTION_SIDE: Final = 320
"""Pictures are shrunk to this longer side before faces are looked for: an enrolment's are large."""
_SCORE_MIN: Final = 0.6
_CROP: Final = 192
_CROP_MARGIN: Final = 1.5


@dataclass(frozen=True)
class Face:
    """A face: ``row`` is YuNet's, 15 numbers in pixels of the picture that was given.

    Left, top, width, height; five points (eyes, nose, corners of the mouth); the score.
    """

    row: NDArray[np.float32]

    @property
    def score(self) -> float:
        return float(self.row[14])

    @property
    def width(self) -> float:
        return float(self.row[2])


class Faces:
    """The three models, loaded once; not to be shared between threads."""

    def __init__(self) -> None:
        self._detector = cv2.FaceDetectorYN.create(
            str(models.yunet_path()), "", (DETECTION_SIDE, DETECTION_SIDE), _SCORE_MIN
        )
        self._identity = cv2.FaceRecognizerSF.create(str(models.sface_path()), "")
        self._mesh: Any = Interpreter(str(models.facemesh_path()), num_threads=1)
        self._mesh.allocate_tensors()
        self._mesh_input = self._mesh.get_input_details()[0]["index"]
        outputs = self._mesh.get_output_details()
        outputs.sort(key=lambda each: -int(np.prod(each["shape"])))
        self._mesh_points, self._mesh_presence = (each["index"] for each in outputs[:2])

    def detect(self, picture: Picture, side: int = DETECTION_SIDE) -> list[Face]:
        """All faces, the widest first; the picture is shrunk to ``side`` before they are looked
        for, so a larger one finds smaller faces."""
        height, width = picture.shape[:2]
        scale = min(1.0, side / max(height, width))
        small = picture
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        if rows is None:
            return []
        found = []
        for row in np.asarray(rows, np.float32):
            row[:14] /= scale
            found.append(Face(row))
        return sorted(found, key=lambda face: -face.width)

    def landmarks(self, picture: Picture, face: Face) -> tuple[NDArray[np.float32], float]:
        """[468, 3] in pixels (the third: depth, smaller is nearer), and the face's presence."""
        row = face.row
        (left_x, left_y), (right_x, right_y) = row[4:6], row[6:8]
        angle = float(np.arctan2(right_y - left_y, right_x - left_x))
        centre = row[:2] + row[2:4] / 2
        scale = _CROP / (_CROP_MARGIN * float(max(row[2], row[3], 1.0)))
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = _CROP / 2 - turn @ centre
        warp = np.hstack([turn, shift[:, None]]).astype(np.float32)
        crop = cv2.warpAffine(picture, warp, (_CROP, _CROP))
        rgb = crop[None, :, :, ::-1].astype(np.float32) / 255
        self._mesh.set_tensor(self._mesh_input, rgb)
        self._mesh.invoke()
        points = self._mesh.get_tensor(self._mesh_points).reshape(LANDMARKS, 3).astype(np.float32)
        logit = float(self._mesh.get_tensor(self._mesh_presence).reshape(-1)[0])
        points[:, :2] = (points[:, :2] - shift) @ np.linalg.inv(turn).T
        points[:, 2] /= scale
        return points, float(1 / (1 + np.exp(-logit)))

    def identity(self, picture: Picture, face: Face) -> Vector:
        """[128], of unit length: the cosine of two tells whether they are the same person."""
        aligned = self._identity.alignCrop(picture, face.row)
        vector = np.asarray(self._identity.feature(aligned), np.float32)[0]
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)
