"""Where a head points and how wide its mouth is open, from the landmarks of many pictures."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.evidence import Evidence

Floats = NDArray[np.float32]

_RIGHT: Final = [454, 356, 263]
_LEFT: Final = [234, 127, 33]
_CHIN, _BROW = 152, 10
_BRIDGE, _LOWER_LIP = 195, 17
_EYES: Final = (33, 263)


def pose_of(points: Floats) -> Floats:
    """[m, 2]: yaw and pitch in degrees for points [m, 468, 3].

    Yaw is positive where the nose points to the picture's right, which is the person's own left;
    pitch where it points down. Both have the right sign and order; their size depends on the face
    and the lens, so they are read against the same person's rest.
    """
    across = points[:, _RIGHT].mean(1) - points[:, _LEFT].mean(1)
    across = across / (np.linalg.norm(across, axis=1, keepdims=True) + 1e-6)
    down = points[:, _CHIN] - points[:, _BROW]
    down = down - across * np.sum(across * down, 1, keepdims=True)
    down = down / (np.linalg.norm(down, axis=1, keepdims=True) + 1e-6)
    away = np.cross(across, down)
    away = np.where(away[:, 2:] < 0, -away, away)
    yaw = -np.degrees(np.arctan2(away[:, 0], away[:, 2]))
    pitch = np.degrees(np.arcsin(np.clip(away[:, 1], -1, 1)))
    return np.stack([yaw, -pitch], 1).astype(np.float32)


def mouth_of(points: Floats) -> Floats:
    """[m]: how far the lower lip is from the middle of the nose, as a share of the eyes' distance.

    Both are distances in space: in the picture, a head that nods or turns a little changes them as
    much as a mouth that opens. It follows a mouth that opens, also one that smiles.
    """
    low = np.linalg.norm(points[:, _BRIDGE] - points[:, _LOWER_LIP], axis=1)
    left, right = _EYES
    wide = np.linalg.norm(points[:, left] - points[:, right], axis=1)
    return np.asarray(low / (wide + 1e-6), np.float32)


def track_of(evidence: Evidence) -> tuple[Floats, Floats]:
    """Times [j] and poses [j, 2] of the pictures with a face, against the person's own rest.

    Rest is the median: between any two moves the head returns to it.
    """
    alone = evidence.alone
    poses = pose_of(evidence.points[alone])
    if len(poses) == 0:
        return evidence.seen_at[alone], poses
    return evidence.seen_at[alone], np.asarray(poses - np.median(poses, axis=0), np.float32)
