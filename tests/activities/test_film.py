"""Takes become films that hold every picture, start at once and are the same each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from activities.film.make import MadeFiles, make_files, require_faithful
from activities.film.mux import encode_film
from activities.film.probe import is_fast_start, probe
from activities.film.refusals import FilmFaulty, TakeUnusable
from activities.film.shape import SAMPLE_RATE, Reel, Timing
from activities.film.sound import BLOCK_SAMPLES, CROSSFADE_SAMPLES, Soundtrack
from activities.film.stills import most_telling, spoken_time
from gpu_workers.clip import samples_for
from tests.activities.takes import a_clip, moving_pictures, write_take


def nobody_watches(*_: object) -> None:
    return None


def made(folder: Path, take: Path, timing: Timing) -> MadeFiles:
    folder.mkdir(exist_ok=True)
    return make_files([Reel(take, timing)], folder, nobody_watches)


def pictures_of(film: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(film)) as container:
        return [
            np.asarray(
                frame.reformat(
                    format="rgb24", src_colorspace="ITU709", src_color_range="MPEG"
                ).to_ndarray(),
                np.uint8,
            )
            for frame in container.decode(video=0)
        ]


def sound_of(film: Path) -> NDArray[np.float32]:
    with av.open(str(film)) as container:
        blocks = [np.asarray(each.to_ndarray(), np.float32) for each in container.decode(audio=0)]
    return np.concatenate(blocks, axis=1)


def hashes(files: MadeFiles) -> list[str]:
    return [
        hashlib.sha256(each.read_bytes()).hexdigest()
        for each in (files.film, files.poster, files.contact_sheet)
    ]


# What a film holds


@pytest.mark.parametrize(
    ("frames", "fps", "sample_rate", "channels"),
    [
        (24, 24, 24_000, 1),
        (37, 30, 16_000, 2),
        (19, 8, 44_100, 1),
        (50, 25, 48_000, 2),
        (1, 24, 48_000, 1),
    ],
)
def test_pictures_and_sound_last_equally_long(
    tmp_path: Path, frames: int, fps: int, sample_rate: int, channels: int
) -> None:
    take = write_take(tmp_path, a_clip(frames, fps, sample_rate, channels))
    facts = made(tmp_path / "out", take, Timing(frames, fps)).facts
    assert (facts.frames, facts.fps) == (frames, fps)
    assert facts.picture_seconds == pytest.approx(frames / fps, abs=1e-6)
    # one sample of rounding, or a millisecond where only the container says so
    assert facts.sound_seconds == pytest.approx(frames / fps, abs=1 / SAMPLE_RATE)
    assert facts.declared_picture_seconds == pytest.approx(frames / fps, abs=0.002)
    assert facts.declared_sound_seconds == pytest.approx(frames / fps, abs=0.002)
    assert (facts.picture_codec, facts.sound_codec) == ("h264", "aac")
    assert (facts.sample_rate, facts.channels) == (48_000, 2)


def test_a_film_can_be_watched_while_it_loads(tmp_path: Path) -> None:
    film = made(tmp_path / "out", write_take(tmp_path, a_clip()), Timing(24, 24)).film
    assert is_fast_start(film)

    slow = tmp_path / "slow.mp4"
    with av.open(str(film)) as source, av.open(str(slow), "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert not is_fast_start(slow)


def test_the_same_take_gives_the_same_bytes(tmp_path: Path) -> None:
    take = write_take(tmp_path, a_clip(36))
    once = hashes(made(tmp_path / "once", take, Timing(36, 24)))
    assert hashes(made(tmp_path / "again", take, Timing(36, 24))) == once

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = (
        "import sys; from pathlib import Path\n"
        "from activities.film.make import make_files\n"
        "from activities.film.shape import Reel, Timing\n"
        "take = Reel(Path(sys.argv[1]), Timing(36, 24))\n"
        "make_files([take], Path(sys.argv[2]), lambda *_: None)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(take), str(elsewhere)], check=True)
    in_another_process = MadeFiles(
        elsewhere / "film.mp4",
        elsewhere / "poster.jpg",
        elsewhere / "contact-sheet.jpg",
        probe(elsewhere / "film.mp4"),
    )
    assert hashes(in_another_process) == once


def test_colours_are_those_of_the_take(tmp_path: Path) -> None:
    colours = [(200, 30, 30), (30, 180, 40), (40, 60, 200), (250, 250, 250), (128, 128, 128)]
    picture = np.zeros((96, 160, 3), np.uint8)
    for index, colour in enumerate(colours):
        picture[:, 32 * index : 32 * (index + 1)] = colour
    take = write_take(tmp_path, a_clip(8, pictures=np.stack([picture] * 8)))
    film = made(tmp_path / "out", take, Timing(8, 24)).film
    shown = pictures_of(film)[4]
    for index, colour in enumerate(colours):
        assert np.abs(shown[48, 32 * index + 16].astype(int) - colour).max() <= 4
    with av.open(str(film)) as container:
        context = container.streams.video[0].codec_context
        told = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
    assert told == (1, 1, 1, 1)  # BT.709 three times, limited range (ITU-T H.273)


def test_pictures_keep_their_order_and_likeness(tmp_path: Path) -> None:
    pictures = moving_pictures(24)
    film = made(
        tmp_path / "out", write_take(tmp_path, a_clip(pictures=pictures)), Timing(24, 24)
    ).film
    for index, shown in enumerate(pictures_of(film)):
        differences = [np.abs(shown.astype(int) - other).mean() for other in pictures]
        assert int(np.argmin(differences)) == index


def test_sound_is_heard_when_it_was_made(tmp_path: Path) -> None:
    sound = np.zeros((1, samples_for(48, 24, 24_000)), np.float32)
    sound[0, 24_000 : 24_000 + 240] = 0.8  # a click after exactly one second
    film = made(
        tmp_path / "out", write_take(tmp_path, a_clip(48, sound=sound)), Timing(48, 24)
    ).film
    loud = np.flatnonzero(np.abs(sound_of(film)[0]) > 0.4)
    assert loud[0] / SAMPLE_RATE == pytest.approx(1.0, abs=0.002)
    assert loud[-1] / SAMPLE_RATE == pytest.approx(1.01, abs=0.002)


def test_one_channel_is_heard_on_both_sides_at_its_level(tmp_path: Path) -> None:
    film = made(tmp_path / "out", write_take(tmp_path, a_clip()), Timing(24, 24)).film
    left, right = sound_of(film)[:, 4800:-4800]
    assert np.abs(left - right).max() < 0.01
    assert np.sqrt(np.mean(left**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.03)


def test_odd_sides_lose_their_last_line(tmp_path: Path) -> None:
    take = write_take(tmp_path, a_clip(4, pictures=moving_pictures(4, 129, 97)))
    facts = made(tmp_path / "out", take, Timing(4, 24)).facts
    assert (facts.width, facts.height) == (128, 96)


def test_memory_does_not_grow_with_the_take(tmp_path: Path) -> None:
    frames = 300
    take = write_take(tmp_path, a_clip(frames, pictures=moving_pictures(frames, 320, 192)))
    program = (
        "import psutil, sys; from pathlib import Path\n"
        "from activities.film.mux import encode_film\n"
        "from activities.film.shape import Reel, Timing\n"
        "process, used = psutil.Process(), []\n"
        "look = lambda *_: used.append(process.memory_info().rss >> 20)\n"
        f"take = Reel(Path(sys.argv[1]), Timing({frames}, 24))\n"
        "encode_film([take], Path(sys.argv[2]), look)\n"
        "print(max(used) - used[0])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(take), str(tmp_path / "film.mp4")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(told.stdout) < 40  # MiB; all pictures together are 53


def test_work_stops_at_the_picture_where_it_is_told_to(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop_at_seven(done: int, planned: int) -> None:
        assert planned == 48
        if done == 7:
            raise Enough

    with pytest.raises(Enough):
        make_files([Reel(write_take(tmp_path, a_clip()), Timing(24, 24))], tmp_path, stop_at_seven)


def test_a_full_disk_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        encode_film(
            [Reel(write_take(tmp_path, a_clip()), Timing(24, 24))],
            Path("/dev/full"),
            nobody_watches,
        )


# Several takes


def three_takes(folder: Path) -> list[Reel]:
    """Takes of 7, 12 and 5 pictures, with sound of other rates and sides."""
    clips = [
        a_clip(7, sample_rate=24_000),
        a_clip(12, sample_rate=48_000, channels=2),
        a_clip(5, sample_rate=44_100),
    ]
    return [
        Reel(write_take(folder, clip, f"{n}.mkv"), Timing(len(clip.frames), 24))
        for n, clip in enumerate(clips)
    ]


def test_takes_become_one_film_with_the_pictures_of_each_and_sound_as_long(tmp_path: Path) -> None:
    takes = three_takes(tmp_path)
    seen: list[tuple[int, int]] = []
    files = make_files(takes, tmp_path, lambda *done: seen.append(done))
    assert (files.facts.frames, files.facts.sound_seconds) == (24, 1.0)
    assert seen[-1] == (47, 48)
    pictures = pictures_of(files.film)
    for first, take in zip((0, 7, 19), takes, strict=True):
        alone = pictures_of(made(tmp_path / f"alone-{first}", take.path, take.timing).film)
        for number, picture in enumerate(alone):
            apart = np.abs(pictures[first + number].astype(int) - picture.astype(int)).mean()
            assert apart < 4, f"picture {number} after {first} is another one"


def heard(waves: list[NDArray[np.float32]], timings: list[Timing]) -> NDArray[np.float32]:
    """The soundtrack of takes whose sound is given at 48 kHz."""
    track, blocks = Soundtrack(timings), list[NDArray[np.float32]]()
    for wave in waves:
        track.begin_take(1)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        blocks += [np.asarray(each.to_ndarray()) for each in track.hear(frame)]
        blocks += [np.asarray(each.to_ndarray()) for each in track.end_take()]
    assert {each.shape[1] for each in blocks} == {BLOCK_SAMPLES}
    blocks += [np.asarray(each.to_ndarray()) for each in track.end()]
    return np.concatenate(blocks, axis=1)


def test_the_sound_of_takes_follows_without_a_gap_a_step_or_a_shift() -> None:
    timings = [Timing(25, 30), Timing(26, 30)]
    quiet, loud = np.full(40_000, -0.5, np.float32), np.full(41_600, 0.5, np.float32)
    loud[20_000] = 0.9
    track = heard([quiet, loud], timings)
    assert track.shape == (2, 81_600)
    assert np.abs(np.diff(track[0, : 40_000 + CROSSFADE_SAMPLES + 9])).max() < 2 / CROSSFADE_SAMPLES
    assert (track[:, :40_000] == -0.5).all()
    assert np.argmax(track[0]) == 60_000
    assert (track[:, 40_000 + CROSSFADE_SAMPLES : 60_000] == 0.5).all()


def test_rounding_of_sound_does_not_add_up_over_takes() -> None:
    """A picture at 29 per second lasts 1655.17 samples."""
    timings = [Timing(1, 29)] * 29
    waves = [np.zeros(1655, np.float32)] * 29
    assert heard(waves, timings).shape == (2, SAMPLE_RATE)


def test_takes_of_other_sizes_or_rates_are_not_joined(tmp_path: Path) -> None:
    first = Reel(write_take(tmp_path, a_clip(4), "a.mkv"), Timing(4, 24))
    small = a_clip(4, pictures=moving_pictures(4, 160, 96))
    slow = a_clip(4, fps=12)
    for clip, timing in ((small, Timing(4, 24)), (slow, Timing(4, 12))):
        other = Reel(write_take(tmp_path, clip, "b.mkv"), timing)
        with pytest.raises(TakeUnusable, match="takes before it are 320x192 at 24"):
            encode_film([first, other], tmp_path / "film.mp4", nobody_watches)


# Stills


def test_a_poster_is_sharp_and_of_the_films_size(tmp_path: Path) -> None:
    files = made(tmp_path / "out", write_take(tmp_path, a_clip()), Timing(24, 24))
    with Image.open(files.poster) as poster:
        assert (poster.format, poster.size) == ("JPEG", (320, 192))
        assert np.asarray(poster).std() > 30


def test_the_most_telling_picture_is_neither_blank_nor_blurred_nor_odd() -> None:
    usual = moving_pictures(9)[4]
    blank, blurred = np.full_like(usual, 8), np.full_like(usual, usual.mean())
    odd = np.zeros_like(usual)
    odd[::2] = 255
    assert most_telling([blank, odd[:, :, ::-1] // 2, usual, blurred, usual]) in {2, 4}
    assert most_telling([blank, blank]) in {0, 1}


@pytest.mark.parametrize(("frames", "columns", "rows"), [(24, 4, 3), (3, 3, 1), (1, 1, 1)])
def test_a_contact_sheet_shows_moments_in_rows(
    tmp_path: Path, frames: int, columns: int, rows: int
) -> None:
    files = made(tmp_path / "out", write_take(tmp_path, a_clip(frames)), Timing(frames, 24))
    with Image.open(files.contact_sheet) as sheet:
        assert sheet.size == (8 + columns * 248, 8 + rows * 152)
    assert files.contact_sheet.stat().st_size < 200_000


def test_times_are_written_as_people_read_them() -> None:
    assert [spoken_time(each) for each in (0, 0.3, 9.96, 61.25)] == [
        "0:00.0",
        "0:00.3",
        "0:09.9",
        "1:01.2",
    ]


# Takes that are not what they should be


def refused(tmp_path: Path, take: Path, timing: Timing, because: str) -> None:
    with pytest.raises(TakeUnusable, match=because):
        encode_film([Reel(take, timing)], tmp_path / "film.mp4", nobody_watches)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a video at all" * 50,
        b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\x1a\x45\xdf\xa3" + b"\xff" * 4000,
    ],
    ids=["empty", "text", "playlist", "list-of-files", "broken-matroska"],
)
def test_what_is_no_take_is_refused(tmp_path: Path, content: bytes) -> None:
    take = tmp_path / "take.mkv"
    take.write_bytes(content)
    refused(tmp_path, take, Timing(24, 24), "not a readable Matroska file|picture and 0 sound")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_truncated_take_is_refused(tmp_path: Path, share: float) -> None:
    take = write_take(tmp_path, a_clip(48))
    whole = take.read_bytes()
    take.write_bytes(whole[: int(len(whole) * share)])
    refused(tmp_path, take, Timing(48, 24), "ends after|not a readable")


def test_a_take_with_other_pictures_than_promised_is_refused(tmp_path: Path) -> None:
    take = write_take(tmp_path, a_clip(24))
    refused(tmp_path, take, Timing(25, 24), "ends after 24 of 25 pictures")
    refused(tmp_path, take, Timing(23, 24), "more than the 23 pictures")
    refused(tmp_path, take, Timing(24, 12), "Picture 1 is not shown at 0.083 s")


def test_a_film_is_no_take(tmp_path: Path) -> None:
    film = made(tmp_path / "out", write_take(tmp_path, a_clip()), Timing(24, 24)).film
    refused(tmp_path, film, Timing(24, 24), "not a readable Matroska file")


def test_other_codecs_in_matroska_are_refused(tmp_path: Path) -> None:
    film = made(tmp_path / "out", write_take(tmp_path, a_clip()), Timing(24, 24)).film
    with (
        av.open(str(film)) as source,
        av.open(str(tmp_path / "h264.mkv"), "w", format="matroska") as target,
    ):
        streams = {each.index: target.add_stream_from_template(each) for each in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    refused(tmp_path, tmp_path / "h264.mkv", Timing(24, 24), "pictures are not FFV1")


def test_a_take_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mute.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "bgr0"
        for index, picture in enumerate(moving_pictures(4)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    refused(tmp_path, path, Timing(4, 24), "1 picture and 0 sound streams")


def test_sound_that_is_not_numbers_is_refused(tmp_path: Path) -> None:
    clip = a_clip()
    clip.audio[0, 1000] = np.nan
    refused(tmp_path, write_take(tmp_path, clip), Timing(24, 24), "not numbers")


def with_sound_of(tmp_path: Path, seconds: float) -> Path:
    """A take of one second whose sound lasts differently; the studio would never write one."""
    path = tmp_path / "uneven.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        video = container.add_stream("ffv1", rate=24)
        video.width, video.height, video.pix_fmt = 320, 192, "bgr0"
        audio = container.add_stream("pcm_f32le", rate=24_000, layout="mono")
        for index, picture in enumerate(moving_pictures(24)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(video.encode(frame))
        silence = np.zeros((1, round(24_000 * seconds)), np.float32)
        sound = av.AudioFrame.from_ndarray(silence, format="flt", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 24_000, 0, Fraction(1, 24_000)
        container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_sound_that_lasts_much_shorter_or_longer_is_refused(tmp_path: Path, seconds: float) -> None:
    take = with_sound_of(tmp_path, seconds)
    refused(tmp_path, take, Timing(24, 24), "Its sound lasts")


@pytest.mark.parametrize("seconds", [0.97, 1.03])
def test_sound_that_is_off_by_less_than_a_picture_is_evened_out(
    tmp_path: Path, seconds: float
) -> None:
    facts = made(tmp_path / "out", with_sound_of(tmp_path, seconds), Timing(24, 24)).facts
    assert facts.sound_seconds == pytest.approx(1.0, abs=1 / SAMPLE_RATE)


# Films that are not what they should be


def test_a_truncated_film_is_found_out(tmp_path: Path) -> None:
    film = made(tmp_path / "out", write_take(tmp_path, a_clip(48)), Timing(48, 24)).film
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FilmFaulty):
        require_faithful(probe(film), Timing(48, 24))


def test_a_film_of_another_take_is_found_out(tmp_path: Path) -> None:
    facts = made(tmp_path / "out", write_take(tmp_path, a_clip(24)), Timing(24, 24)).facts
    with pytest.raises(FilmFaulty, match="24 of 48 pictures"):
        require_faithful(facts, Timing(48, 24))


def test_what_is_no_film_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"not a film" * 100)
    with pytest.raises(FilmFaulty, match="cannot be decoded"):
        probe(path)
    assert not is_fast_start(path)
