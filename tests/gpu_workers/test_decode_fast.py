"""The fast path shows the right pictures, upright, in the right part, size and colour."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from activities.clip.facts import ClipFacts
from activities.clip.probe import probe
from activities.clip.refusals import ClipDamaged, ClipRefused, ClipTooShort
from gpu_workers.decode.fast import prepare_fast
from gpu_workers.decode.preparation import Preparation, framing, length, moments
from gpu_workers.decode.prepare import SoundPreparation, prepare_clip
from tests.gpu_workers.clips import grey, in_levels, picture, write

VARIES = [0, 33, 66, 300, 333, 900]


def facts_with(**changes: object) -> ClipFacts:
    values: dict[str, object] = {
        "container": "mp4",
        "codec": "h264",
        "pixel_format": "yuv420p",
        "width": 320,
        "height": 180,
        "rotation": 0,
        "pixel_aspect": (1, 1),
        "bt709": False,
        "full_range": False,
        "time_base": (1, 1000),
        "times": tuple(VARIES),
        "last_ticks": 100,
        "repeated_times": 0,
    }
    return ClipFacts.model_validate(values | changes)


def prepared(path: Path, preparation: Preparation) -> torch.Tensor:
    return prepare_fast(path, probe(path), preparation)


def brightness(pictures: torch.Tensor) -> list[float]:
    return [round(float(each.mean())) for each in pictures]


def test_pictures_have_the_shape_and_range_that_was_asked_for(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(5)])
    pictures = prepared(clip, Preparation(64, 36))
    assert (pictures.shape, pictures.dtype) == ((5, 3, 36, 64), torch.float32)
    assert pictures.is_contiguous()
    assert -1 <= float(pictures.min()) < float(pictures.max()) <= 1


@pytest.mark.parametrize("size", [(256, 144), (96, 96), (64, 36), (320, 180), (640, 360), (50, 90)])
def test_each_size_shows_what_a_careful_reader_sees(tmp_path: Path, size: tuple[int, int]) -> None:
    clip = write(tmp_path / "a.mp4", [picture(3)])
    part = framing(probe(clip), Preparation(*size))
    with av.open(str(clip)) as container:
        whole = next(container.decode(video=0)).to_ndarray(format="rgb24")
    cut = whole[part.top : part.bottom, part.left : part.right]
    careful = cv2.resize(cut, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    (shown,) = prepared(clip, in_levels(*size))
    apart = np.abs(shown.permute(1, 2, 0).numpy() - careful)
    assert apart.mean() < 2.5
    assert np.abs(shown.permute(1, 2, 0).numpy().mean((0, 1)) - careful.mean((0, 1))).max() < 2


def test_pictures_are_chosen_by_the_clock_where_rates_vary() -> None:
    facts = facts_with()
    tenths = Preparation(8, 8, fps=Fraction(10))
    assert moments(facts, tenths) == (0, 66, 66, 300, 333, 333, 333, 333, 333, 900)
    assert length(facts, tenths) == pytest.approx(1.0)
    assert moments(facts, Preparation(8, 8)) == tuple(VARIES)
    part = Preparation(8, 8, fps=Fraction(10), start=0.25, seconds=0.3)
    assert moments(facts, part) == (66, 333, 333)
    assert moments(facts, Preparation(8, 8, start=0.1, seconds=0.25)) == (66, 300, 333)


def test_the_first_picture_is_where_counting_begins() -> None:
    facts = facts_with(times=tuple(each + 5000 for each in VARIES))
    assert moments(facts, Preparation(8, 8, fps=Fraction(2))) == (5000, 5333)


def test_a_part_behind_the_end_is_refused() -> None:
    with pytest.raises(ClipTooShort, match=r"1\.00 s"):
        moments(facts_with(), Preparation(8, 8, start=1.0))


def test_what_was_chosen_is_what_is_shown(tmp_path: Path) -> None:
    levels = [40, 80, 120, 160, 200, 240]
    clip = write(tmp_path / "a.mp4", [grey(each) for each in levels], times_ms=VARIES)
    shown = brightness(prepared(clip, in_levels(16, 16, fps=Fraction(10))))
    expected = [40, 120, 120, 160, 200, 200, 200, 200, 200]
    assert shown[:9] == pytest.approx(expected, abs=2)


def test_a_part_far_into_a_clip_is_the_same_as_when_all_is_decoded(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [grey(20 + n % 200) for n in range(300)])
    whole = prepared(clip, Preparation(16, 16))
    part = prepared(clip, Preparation(16, 16, start=10.5, seconds=1.0))
    at = moments(probe(clip), Preparation(16, 16)).index(
        moments(probe(clip), Preparation(16, 16, start=10.5, seconds=1.0))[0]
    )
    assert torch.equal(part, whole[at : at + len(part)])


def test_a_phone_held_upright_is_shown_upright(tmp_path: Path) -> None:
    scene = picture(0, 320, 180)
    upright = np.ascontiguousarray(np.rot90(scene, 1))  # what is seen when turned anticlockwise
    straight = write(tmp_path / "straight.mp4", [upright] * 2)
    turned = write(tmp_path / "turned.mp4", [scene] * 2, rotation=90)
    preparation = in_levels(36, 64)
    apart = prepared(turned, preparation) - prepared(straight, preparation)
    assert float(apart.abs().mean()) < 1.5


def test_turning_agrees_with_another_reader(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(0)] * 2, rotation=-90)
    reader = cv2.VideoCapture(str(clip))
    _, seen = reader.read()
    reader.release()
    careful = cv2.resize(seen[..., ::-1], (36, 64), interpolation=cv2.INTER_AREA)
    shown = prepared(clip, in_levels(36, 64))[0].permute(1, 2, 0).numpy()
    assert np.abs(shown - careful).mean() < 3


def test_the_middle_is_kept_and_wide_pixels_are_seen() -> None:
    square = framing(facts_with(), Preparation(96, 96))
    assert (square.left, square.right, square.top, square.bottom) == (70, 250, 0, 180)
    wide = framing(facts_with(width=160, pixel_aspect=(2, 1)), Preparation(64, 36))
    assert (wide.left, wide.right, wide.top, wide.bottom) == (0, 160, 0, 180)
    turned = framing(facts_with(rotation=90), Preparation(36, 64))
    assert (turned.width, turned.height, turned.turns) == (64, 36, 1)
    assert (turned.left, turned.right) == (0, 320)


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("space", ["BT601", "BT709"])
def test_colours_are_read_as_the_clip_declares_them(
    tmp_path: Path, space: str, full_range: bool
) -> None:
    colour = np.array([200.0, 60.0, 30.0])
    red, blue = (0.2126, 0.0722) if space == "BT709" else (0.299, 0.114)
    luma = colour @ [red, 1 - red - blue, blue]
    cb, cr = (colour[2] - luma) / (2 - 2 * blue), (colour[0] - luma) / (2 - 2 * red)
    gain = (1.0, 1.0, 0) if full_range else (219 / 255, 224 / 255, 16)
    yuv = (luma * gain[0] + gain[2], cb * gain[1] + 128, cr * gain[1] + 128)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.colorspace = 1 if space == "BT709" else 6
        stream.codec_context.color_range = 2 if full_range else 1
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane, level in zip(frame.planes, yuv, strict=True):
            plane.update(bytes([round(level)]) * plane.buffer_size)
        frame.colorspace, frame.color_range = (
            stream.codec_context.colorspace,
            stream.codec_context.color_range,
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = prepared(path, in_levels(16, 16))[0].mean((1, 2))
    assert shown.tolist() == pytest.approx(colour.tolist(), abs=2.5)


def test_a_clip_that_changed_since_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(25)])
    facts = probe(clip)
    write(clip, [picture(n) for n in range(5)])
    with pytest.raises(ClipDamaged):
        prepare_fast(clip, facts, Preparation(16, 16))
    clip.write_bytes(b"nothing")
    with pytest.raises(ClipDamaged):
        prepare_fast(clip, facts, Preparation(16, 16))


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(10)])
    one, two = (prepared(clip, Preparation(64, 64)) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(prepare_fast(clip, probe(clip), Preparation(64, 64), threads=2), one)


def test_pictures_and_sound_are_prepared_to_the_same_length(tmp_path: Path) -> None:
    tone = np.full((2, 48_000), 0.1, np.float32)
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(25)], tone=tone)
    wanted = Preparation(64, 36, fps=Fraction(8), start=0.2, seconds=0.5)
    made = prepare_clip(clip, wanted, SoundPreparation(16_000))
    assert made.sound is not None
    assert (len(made.pictures), made.sound.shape) == (4, (1, 8000))


def test_a_hostile_clip_leaves_the_worker_alive(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100_000))
    with pytest.raises(ClipRefused):
        prepare_clip(tmp_path / "bad.mp4", Preparation(16, 16))
    assert len(prepared(write(tmp_path / "a.mp4", [picture(0)]), Preparation(16, 16))) == 1
