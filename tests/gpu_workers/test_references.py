"""References are read as plain pictures, by their own clocks, upright, from checked bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from activities.clip.probe import probe
from gpu_workers.references import (
    FolderReferences,
    ReferenceUnreadable,
    Screen,
    facts_path,
    fitted,
    standing_free,
)
from gpu_workers.sampler import Reference
from tests.gpu_workers.clips import grey, picture, write

SCREEN = Screen(64, 64, 25)


def laid_down(folder: Path, raw: bytes, kind: str = "picture") -> Reference:
    sha256 = hashlib.sha256(raw).hexdigest()
    (folder / sha256).write_bytes(raw)
    return Reference.model_validate({"kind": kind, "use": "likeness", "sha256": sha256})


def a_clip(folder: Path, *times_ms: int, **options: int) -> Reference:
    levels = [grey(20 * number + 20) for number in range(len(times_ms))]
    written = write(folder / "clip.mkv", levels, times_ms=times_ms, **options)  # type: ignore[arg-type]
    return laid_down(folder, written.read_bytes(), "clip")


def levels(pictures: np.ndarray) -> list[int]:
    """The numbers of the pictures of ``a_clip``."""
    return [round(float(each.mean()) / 20) - 1 for each in pictures]


def test_bytes_are_checked_before_they_are_read(tmp_path: Path) -> None:
    shelf = FolderReferences(tmp_path)
    lost = Reference(kind="picture", use="likeness", sha256="a" * 64)
    with pytest.raises(ReferenceUnreadable, match="not in the studio"):
        shelf.picture(lost)
    (tmp_path / lost.sha256).write_bytes(b"other bytes")
    with pytest.raises(ReferenceUnreadable, match="not those that were promised"):
        shelf.picture(lost)
    with pytest.raises(ReferenceUnreadable, match="no picture"):
        shelf.picture(laid_down(tmp_path, b"no picture"))
    with pytest.raises(ReferenceUnreadable, match="no clip that can be used"):
        shelf.clip(laid_down(tmp_path, b"no clip", "clip"), SCREEN, 0, 5)


def test_a_cutout_keeps_its_opacity_and_a_picture_shows_it_on_white(tmp_path: Path) -> None:
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[:, :15] = (200, 40, 10, 255)
    pixels[:, 15:20] = (0, 0, 0, 128)
    Image.fromarray(pixels).save(tmp_path / "cut.png")
    reference = laid_down(tmp_path, (tmp_path / "cut.png").read_bytes())
    shelf = FolderReferences(tmp_path)
    assert (shelf.cutout(reference) == pixels).all()
    shown = shelf.picture(reference)
    assert shown.shape == (1, 20, 30, 3)
    assert shown[0, 0, [0, 17, 29]].tolist() == [[200, 40, 10], [127] * 3, [255] * 3]


def test_a_picture_without_opacity_is_opaque(tmp_path: Path) -> None:
    Image.fromarray(picture(0)).save(tmp_path / "plain.png")
    reference = laid_down(tmp_path, (tmp_path / "plain.png").read_bytes())
    cut = FolderReferences(tmp_path).cutout(reference)
    assert (cut[..., :3] == picture(0)).all()
    assert (cut[..., 3] == 255).all()


def test_an_opaque_likeness_is_laid_down_without_its_corners() -> None:
    square = np.full((60, 40, 4), 255, np.uint8)
    free = standing_free(square)
    assert free[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0] * 4
    assert free[15:45, 10:30, 3].min() == 255
    assert (free[..., :3] == square[..., :3]).all()
    assert (standing_free(free) == free).all(), "what stands free already is left as it is"


def test_a_photograph_of_a_phone_held_upright_is_upright(tmp_path: Path) -> None:
    wide = np.zeros((32, 64, 3), np.uint8)
    wide[:, :32] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it
    Image.fromarray(wide).save(tmp_path / "photo.jpg", exif=exif)
    shown = FolderReferences(tmp_path).picture(
        laid_down(tmp_path, (tmp_path / "photo.jpg").read_bytes())
    )[0]
    assert shown.shape == (64, 32, 3)
    assert shown[:28].mean() > 250
    assert shown[36:].mean() < 5


def test_sixteen_bits_of_grey_are_not_blown_out(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16), 257 * 90, np.uint16)).save(tmp_path / "deep.png")
    reference = laid_down(tmp_path, (tmp_path / "deep.png").read_bytes())
    assert (FolderReferences(tmp_path).picture(reference) == 90).all()


@pytest.mark.parametrize("dali", [None, "cpu"])
def test_pictures_of_a_clip_are_chosen_by_the_time_they_are_shown(
    tmp_path: Path, dali: str | None
) -> None:
    clip = a_clip(tmp_path, 0, 40, 400, 440)
    shelf = FolderReferences(tmp_path, dali)  # type: ignore[arg-type]
    assert levels(shelf.clip(clip, SCREEN, 0, 20)) == [0] + [1] * 9 + [2, 3]
    assert levels(shelf.clip(clip, SCREEN, 0.36, 2)) == [1, 2]
    assert levels(shelf.ending(clip, SCREEN, 3)) == [1, 2, 3]


def test_beyond_its_end_a_clip_shows_its_last_picture(tmp_path: Path) -> None:
    clip = a_clip(tmp_path, 0, 40, 80)
    assert levels(FolderReferences(tmp_path).clip(clip, SCREEN, 30.0, 4)) == [2]


def test_a_clip_that_is_shorter_than_its_ending_is_given_whole(tmp_path: Path) -> None:
    clip = a_clip(tmp_path, 0, 40, 80)
    assert levels(FolderReferences(tmp_path).ending(clip, SCREEN, 9)) == [0, 1, 2]


@pytest.mark.parametrize("dali", [None, "cpu"])
def test_a_clip_is_turned_upright_and_fills_the_screen(tmp_path: Path, dali: str | None) -> None:
    clip = write(tmp_path / "phone.mp4", [picture(n) for n in range(3)], rotation=90)
    plain = write(tmp_path / "plain.mp4", [picture(n) for n in range(3)])
    shelf = FolderReferences(tmp_path, dali)  # type: ignore[arg-type]
    tall, wide = Screen(90, 160, 25), Screen(160, 90, 25)
    turned = shelf.clip(laid_down(tmp_path, clip.read_bytes(), "clip"), tall, 0, 3)
    straight = shelf.clip(laid_down(tmp_path, plain.read_bytes(), "clip"), wide, 0, 3)
    assert turned.shape == (3, 160, 90, 3)
    expected = np.rot90(straight, 1, axes=(1, 2)).astype(int)
    assert np.abs(turned.astype(int) - expected).mean() < 2


def test_a_clip_as_a_picture_is_the_one_in_its_middle(tmp_path: Path) -> None:
    shown = FolderReferences(tmp_path).picture(a_clip(tmp_path, 0, 40, 80, 120, 160))
    assert shown.shape == (1, 64, 64, 3)
    assert levels(shown) == [2]


def test_what_the_worker_found_is_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = a_clip(tmp_path, 0, 40, 80)
    path = tmp_path / clip.sha256
    facts_path(path).write_text(probe(path).model_dump_json())
    monkeypatch.setattr("gpu_workers.references.probe", None)
    assert levels(FolderReferences(tmp_path).clip(clip, SCREEN, 0, 3)) == [0, 1, 2]


def test_more_pictures_than_memory_takes_are_refused(tmp_path: Path) -> None:
    clip = a_clip(tmp_path, 0, 40)
    with pytest.raises(ReferenceUnreadable, match="more than 2048 MiB"):
        FolderReferences(tmp_path).clip(clip, Screen(3840, 2160, 25), 0, 100)


def test_a_reference_fills_the_canvas_without_being_stretched() -> None:
    wide = np.zeros((1, 10, 40, 3), np.uint8)
    wide[:, :, 14:26] = 255
    assert fitted(wide, 20, 20).shape == (1, 20, 20, 3)
    assert fitted(wide, 20, 20).min() > 200
