"""A clip is examined in a process of its own, and refused before any GPU is taken."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from activities.clip import probe as probing
from activities.clip.limits import DEFAULT_LIMITS, Limits
from activities.clip.probe import probe
from activities.clip.refusals import (
    ClipDamaged,
    ClipEmpty,
    ClipRefused,
    ClipTooCostly,
    ClipTooHeavy,
    ClipTooLong,
    ClipTruncated,
    CodecUnknown,
    ContainerUnknown,
    HeadersUntrue,
    PicturesTooLarge,
    SoundUnusual,
    StreamsUnusual,
    TooManyPictures,
)
from tests.gpu_workers.clips import (
    archive_bomb,
    declaring,
    grey,
    growing,
    patched,
    picture,
    swelling_index,
    write,
)

HOUR_MS = 3_600_000


def tone(seconds: float, rate: int = 48_000, channels: int = 1) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return np.tile(0.3 * np.sin(2 * np.pi * 440 * times), (channels, 1)).astype(np.float32)


def test_a_good_clip_is_described(tmp_path: Path) -> None:
    sound = tone(1.0, channels=2)
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(25)], tone=sound)
    facts = probe(clip)
    assert (facts.container, facts.codec, facts.width, facts.height) == ("mp4", "h264", 320, 180)
    assert len(facts.times) == 25
    assert facts.seconds == pytest.approx(1.0, abs=0.05)
    assert facts.sound is not None
    assert (facts.sound.codec, facts.sound.sample_rate, facts.sound.channels) == ("aac", 48_000, 2)
    assert facts.sound.seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_a_webm_is_described_whatever_its_name_says(tmp_path: Path, codec: str) -> None:
    clip = write(
        tmp_path / "holiday.jpg", [picture(n) for n in range(5)], codec, container_format="webm"
    )
    facts = probe(clip)
    assert (facts.container, facts.codec) == ("matroska", codec[3:].replace("vpx", "vp8")[-3:])
    assert (len(facts.times), facts.sound) == (5, None)


def test_times_that_vary_are_kept_as_they_are(tmp_path: Path) -> None:
    times = [0, 33, 66, 300, 333, 900]
    facts = probe(write(tmp_path / "a.mp4", [grey(50)] * 6, times_ms=times))
    shown = [float((each - facts.times[0]) * facts.tick) for each in facts.times]
    assert shown == pytest.approx([each / 1000 for each in times], abs=0.001)


@pytest.mark.parametrize(("written", "found"), [(0, 0), (90, 90), (180, 180), (-90, 270)])
def test_a_phone_held_upright_is_noticed(tmp_path: Path, written: int, found: int) -> None:
    assert probe(write(tmp_path / "a.mp4", [grey(50)] * 3, rotation=written)).rotation == found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.mp4", b"\x89PNG\r\n\x1a\n" + bytes(4000)),
        ("photo.mp4", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(4000)),
        ("moving.mp4", b"GIF89a" + bytes(4000)),
        ("list.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"),
        ("parts.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("page.mp4", b"<html></html>"),
        ("heic.mp4", b"\0\0\0\x18ftypheic" + bytes(4000)),
        ("short.mp4", b"\0"),
    ],
)
def test_a_picture_called_mp4_is_refused_by_its_bytes(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContainerUnknown):
        probe(tmp_path / name)


def test_an_archive_bomb_is_refused_unopened(tmp_path: Path) -> None:
    with pytest.raises(ContainerUnknown):
        probe(archive_bomb(tmp_path / "bomb.mp4"))


def test_an_index_that_swells_is_refused_and_our_memory_stays(tmp_path: Path) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises((ClipDamaged, ClipTooCostly, ClipEmpty)):
        probe(swelling_index(tmp_path / "bomb.mp4"))
    assert psutil.Process().memory_info().rss - before < 64 << 20


def test_no_bytes_and_no_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "none.mp4").touch()
    with pytest.raises(ClipEmpty):
        probe(tmp_path / "none.mp4")
    with av.open(str(tmp_path / "zero.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    with pytest.raises(ClipEmpty):
        probe(tmp_path / "zero.mkv")


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(0.5), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ClipEmpty):
        probe(tmp_path / "song.mp4")


def test_too_many_bytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.mp4").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ClipTooHeavy, match=str(DEFAULT_LIMITS.size_bytes)):
        probe(tmp_path / "huge.mp4")


def test_8k_is_refused_with_the_limit(tmp_path: Path) -> None:
    clip = write(tmp_path / "8k.mp4", [grey(50, 7680, 4320)])
    with pytest.raises(PicturesTooLarge, match=r"7680x4320.*3840"):
        probe(clip)
    # avc1: its width and height stand behind 24 bytes; the pictures themselves say otherwise
    with pytest.raises(PicturesTooLarge, match="7680x4320"):
        probe(patched(clip, b"avc1\0\0\0\0\0\0", 18, b"\0\x40\0\x40"))


def test_three_hours_are_refused_with_the_limit(tmp_path: Path) -> None:
    times = [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    clip = write(tmp_path / "long.mp4", [grey(50)] * 4, times_ms=times)
    with pytest.raises(ClipTooLong, match="limit is 60 s"):
        probe(clip)


def test_three_hours_that_declare_nothing_are_refused_too(tmp_path: Path) -> None:
    clip = write(
        tmp_path / "live.mkv",
        [grey(50)] * 4,
        times_ms=[0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS],
        options={"live": "1"},
    )
    with pytest.raises(ClipTooLong, match="limit is 60 s"):
        probe(clip)


def test_a_header_that_declares_three_hours_is_believed_enough_to_refuse(tmp_path: Path) -> None:
    clip = write(tmp_path / "lie.mkv", [grey(50)] * 25)
    with pytest.raises(ClipTooLong):
        probe(declaring(clip, 3 * 3600))


def test_a_header_that_declares_more_than_there_is_counts_as_cut_off(tmp_path: Path) -> None:
    clip = write(tmp_path / "lie.mkv", [grey(50)] * 25)
    with pytest.raises(ClipTruncated, match=r"1\.00 s where 20\.00 s"):
        probe(declaring(clip, 20))


def test_more_than_the_header_declares_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "lie.mkv", [grey(50)] * 100)
    with pytest.raises(HeadersUntrue, match=r"4\.00 s where 1\.00 s"):
        probe(declaring(clip, 1))


def test_an_index_of_two_thousand_million_pictures_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "lie.mp4", [grey(50)] * 25)
    with pytest.raises(ClipRefused):  # stsz: version and flags and a size stand before the count
        probe(patched(clip, b"stsz", 8, b"\x7f\xff\xff\xff"))


def test_pictures_that_change_their_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadersUntrue, match="another size"):
        probe(growing(tmp_path / "growing.mkv", 64, 256))


def test_pictures_that_grow_beyond_the_limit_are_refused_for_that(tmp_path: Path) -> None:
    with pytest.raises(PicturesTooLarge, match="256x256"):
        probe(growing(tmp_path / "growing.mkv", 64, 256), Limits(side=128))


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    pictures = [picture(n) for n in range(100)]
    for name, options in (("a.mp4", {"movflags": "faststart"}), ("a.mkv", {}), ("b.mp4", {})):
        clip = write(tmp_path / name, pictures, options=options)
        raw = clip.read_bytes()
        clip.write_bytes(raw[: len(raw) // 2])
        with pytest.raises((ClipTruncated, ClipDamaged)):
            probe(clip)


def test_an_unknown_codec_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CodecUnknown):
        probe(write(tmp_path / "a.mkv", [grey(50)] * 3, "ffv1"))


def test_two_streams_of_pictures_and_many_streams_are_refused(tmp_path: Path) -> None:
    for streams, found in ((2, "2 of pictures"), (20, "limit is 8")):
        with av.open(str(tmp_path / "a.mkv"), "w") as container:
            opened = [container.add_stream("libx264", rate=24) for _ in range(streams)]
            for stream in opened:
                stream.width = stream.height = 64
                stream.pix_fmt = "yuv420p"
            for stream in opened:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(grey(9), format="rgb24")))
                container.mux(stream.encode(None))
        with pytest.raises(StreamsUnusual, match=found):
            probe(tmp_path / "a.mkv")


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        (Limits(pictures=24), TooManyPictures),
        (Limits(decoded_pixels=24 * 64 * 64), TooManyPictures),
        (Limits(seconds=0.9), ClipTooLong),
        (Limits(side=48), PicturesTooLarge),
        (Limits(pixels=64 * 64 - 1), PicturesTooLarge),
        (Limits(sample_rate_max=44_100), SoundUnusual),
        (Limits(wall_seconds=0.02), ClipTooCostly),
    ],
)
def test_each_limit_refuses_what_lies_beyond_it(
    tmp_path: Path, limits: Limits, refusal: type[ClipRefused]
) -> None:
    clip = write(tmp_path / "a.mp4", [grey(50)] * 25, tone=tone(1.0))
    with pytest.raises(refusal):
        probe(clip, limits)


def test_memory_beyond_its_limit_is_not_given(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [grey(50)] * 3)
    with pytest.raises((ClipTooCostly, ClipDamaged)):  # FFmpeg says so, or dies of it
        probe(clip, Limits(memory_bytes=64 << 20))


def test_what_stands_at_its_limits_is_accepted(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [grey(50)] * 25)
    limits = Limits(pictures=25, decoded_pixels=25 * 64 * 64, seconds=1.0, side=64, pixels=64 * 64)
    assert len(probe(clip, limits).times) == 25


def test_a_process_that_computes_for_ever_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write(tmp_path / "a.mp4", [grey(50)] * 3)
    endless = tmp_path / "endless"
    endless.write_text(f"#!{sys.executable}\nwhile True: pass\n", encoding="utf-8")
    endless.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(endless))
    begun = time.monotonic()
    with pytest.raises(ClipTooCostly, match=r"0\.5 s"):
        probe(clip, Limits(wall_seconds=0.5))
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "said",
    ["", "{}", "[]", "null", '{"facts": {}}', '{"objection": "no such"}', "[" * 100_000],
)
def test_an_examiner_that_lies_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(probing, "_report", lambda *_: said.encode())
    with pytest.raises(ClipDamaged):
        probe(write(tmp_path / "a.mp4", [grey(50)] * 3))


def test_noise_in_the_bytes_never_gets_past_a_refusal(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(25)])
    raw = clip.read_bytes()
    draw = np.random.default_rng(5)
    for density in (0.0005, 0.01, 0.2):
        noisy = bytearray(raw)
        for at in draw.integers(32, len(raw), max(1, int(len(raw) * density))):
            noisy[at] = draw.integers(256)
        clip.write_bytes(noisy)
        with contextlib.suppress(ClipRefused):
            probe(clip)


def test_the_examiner_starts_without_torch_and_pydantic() -> None:
    check = (
        "import sys, activities.clip.examiner; "
        "sys.exit(bool({'torch', 'pydantic', 'cv2'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", check], cwd=root, check=False).returncode == 0


def test_codes_differ() -> None:
    kinds = ClipRefused.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.next_step.endswith(".") for kind in kinds)
