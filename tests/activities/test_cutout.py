"""A cameo is cut out of the recording: its own pixels, without what stands behind."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.clip.probe import probe
from activities.likeness.cutout import Cutout, Head, cut_out, trimmed
from activities.likeness.faces import Face, Faces, Picture
from activities.likeness.observer import looks
from activities.likeness.portrait import STILL_SIDE_MAX, Portrait, head_and_shoulders
from tests.gpu_workers.clips import grey, write
from tests.media.people import picture


@pytest.fixture(scope="module")
def faces() -> Faces:
    return Faces()


def seen(name: str) -> Picture:
    return np.ascontiguousarray(picture(name)[..., ::-1])


def corners(cutout: Cutout) -> NDArray[np.uint8]:
    side = len(cutout)
    return cutout[:: side - 1, :: side - 1, 3]


def inner(cutout: Cutout, face: Face) -> NDArray[np.uint8]:
    """How opaque the middle of a face is."""
    left, top, width, height = face.row[:4]
    rows = slice(int(top + height * 0.25), int(top + height * 0.85))
    return cutout[rows, int(left + width * 0.2) : int(left + width * 0.8), 3]


def test_the_corners_of_a_cameo_are_transparent_and_its_face_is_opaque(faces: Faces) -> None:
    shown = seen("pilot")
    [face] = faces.detect(shown)
    cameo = trimmed(cut_out(*head_and_shoulders(shown, face, 1.0)))
    assert cameo.shape == (len(cameo), len(cameo), 4)
    assert len(cameo) > 300
    assert not corners(cameo).any()
    assert not cameo[cameo[..., 3] == 0].any(), "nothing is kept of what stands behind"
    [again] = faces.detect(np.ascontiguousarray(cameo[..., :3]))
    assert inner(cameo, again).min() == 255
    wall = cameo[: len(cameo) // 2, [3, -4], 3]
    assert not wall.any(), "beside the head is no wall"
    assert cameo[-8, :, 3].max() > 200, "it stands on its lower edge"


def test_a_recording_keeps_its_pixels_up_to_a_limit(faces: Faces) -> None:
    shown = seen("admiral")
    [face] = faces.detect(shown)
    large = np.asarray(cv2.resize(shown, None, fx=3, fy=3), np.uint8)
    part, head = head_and_shoulders(large, face, 3.0)
    assert max(part.shape[:2]) == STILL_SIDE_MAX
    [found] = faces.detect(part)
    middle = found.row[:2] + found.row[2:4] / 2
    assert np.abs(middle - (head.x, head.y)).max() < 0.1 * head.half_width


def test_the_best_moment_is_kept_in_the_size_of_the_recording(faces: Faces, tmp_path: Path) -> None:
    shown = seen("pilot")
    large = np.asarray(cv2.resize(shown, None, fx=2, fy=2), np.uint8)
    [face] = faces.detect(shown)
    points, _ = faces.landmarks(shown, face)
    portrait = Portrait()
    for moment in range(3):
        portrait.consider(shown, face, points, 1 + moment, lambda: large)
    portrait.save(tmp_path)
    kept = cv2.imread(str(tmp_path / "face.png"), cv2.IMREAD_UNCHANGED)
    assert kept is not None
    assert kept.shape[2] == 4
    assert 600 < len(kept) <= STILL_SIDE_MAX


def test_a_recording_is_looked_at_small_and_can_be_had_whole(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mkv", [grey(90, 1280, 96)] * 3, times_ms=(0, 40, 80))
    facts = probe(clip)
    for _, small, whole in looks(clip, facts):
        assert small.shape == (48, 640, 3)
        assert whole().shape == (96, 1280, 3)
        assert np.abs(whole().astype(int).mean() - small.mean()) < 1


def test_where_colours_tell_nothing_apart_a_soft_oval_is_left_around_the_face() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    cameo = cut_out(grey, Head(100, 90, 30, 40))
    assert not corners(cameo).any()
    assert cameo[60:120, 80:120, 3].min() == 255
    assert 0 < cameo[90, :, 3][(cameo[90, :, 3] > 0)].min() < 255


def test_a_thing_is_cut_out_of_what_it_stands_before() -> None:
    rng = np.random.default_rng(1)
    scene = np.full((300, 300, 3), (60, 150, 70), np.uint8)
    cv2.circle(scene, (150, 160), 80, (30, 60, 220), -1)
    scene = np.clip(scene + rng.normal(0, 6, scene.shape), 0, 255).astype(np.uint8)
    cutout = cut_out(scene, None)
    assert cutout[100:220, 110:190, 3].min() == 255
    outside = np.hypot(*(np.mgrid[:300, :300] - np.array([160, 150])[:, None, None])) > 86
    assert cutout[outside, 3].max() == 0


def test_a_pet_that_fills_the_picture_is_left_whole_in_a_soft_oval() -> None:
    cat = seen("cat")[:, 75:375]
    cutout = cut_out(np.ascontiguousarray(cat), None)
    assert not corners(cutout).any()
    assert cutout[80:220, 80:220, 3].min() == 255


def test_nothing_seen_is_left_as_it_is() -> None:
    nothing = np.zeros((8, 8, 4), np.uint8)
    assert (trimmed(nothing) == nothing).all()
