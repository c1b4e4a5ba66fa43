"""The animatic shows its cast with their own pixels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpu_workers.animatic.sampler import AnimaticSampler
from gpu_workers.cards.refusals import ReferencesNotTaken
from gpu_workers.references import FolderReferences
from gpu_workers.sampler import Reference, SamplingRequest, Shot
from tests.gpu_workers.orders import sampled

MAGENTA = (255, 0, 255)
CYAN = (0, 255, 255)


def a_picture(folder: Path, colour: tuple[int, int, int], opaque: bool = False) -> Reference:
    rgba = np.zeros((120, 80, 4), np.uint8)
    rgba[10:, 10:70] = (*colour, 255)
    if opaque:
        rgba[:] = (*colour, 255)
    done, raw = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    assert done
    sha256 = hashlib.sha256(raw.tobytes()).hexdigest()
    (folder / sha256).write_bytes(raw.tobytes())
    return Reference(kind="picture", use="likeness", sha256=sha256)


def request(*references: Reference, cast: tuple[str, ...]) -> SamplingRequest:
    return SamplingRequest(
        generation_id="gen_01JAAAAAAAAAAAAAAAAAAAAAAA",
        shots=(Shot(prompt="they wait on the beach", seconds=0.5, cast=cast),),
        width=320,
        height=192,
        fps=8,
        seed=4,
        references=references,
    )


def area(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - colour).sum(2) < 60).sum())


def test_everybody_of_the_cast_is_in_every_picture_with_their_own_pixels(tmp_path: Path) -> None:
    sampler = AnimaticSampler(FolderReferences(tmp_path))
    sampler.load()
    both = (a_picture(tmp_path, MAGENTA), a_picture(tmp_path, CYAN))
    clip = sampled(sampler, sampler.plan(request(*both, cast=("@ada", "@bob"))))
    for picture in clip.frames:
        assert area(picture, MAGENTA) > 200
        assert area(picture, CYAN) > 200
    alone = sampled(sampler, sampler.plan(request(both[0], cast=("@ada",))))
    assert area(alone.frames[0], MAGENTA) > 200
    assert area(alone.frames[0], CYAN) == 0


def test_an_opaque_likeness_stands_in_the_scene_without_its_corners(tmp_path: Path) -> None:
    sampler = AnimaticSampler(FolderReferences(tmp_path))
    sampler.load()
    square = a_picture(tmp_path, MAGENTA, opaque=True)
    shown = sampled(sampler, sampler.plan(request(square, cast=("@ada",)))).frames[0]
    own = np.abs(shown.astype(int) - MAGENTA).sum(2) < 60
    rows, columns = (np.flatnonzero(own.any(axis)) for axis in (1, 0))
    box = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box[len(box) // 2, box.shape[1] // 2]
    assert not box[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert 0.6 < box.mean() < 0.9, "an oval fills some 0.79 of its box"


def test_a_cast_without_pictures_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(ReferencesNotTaken, match="cast of 1"):
        AnimaticSampler(FolderReferences(tmp_path)).plan(request(cast=("@ada",)))
