"""``bench decode``: how many pictures a second of one processor decodes and prepares, beside peers.

Two clips of 10 s at 1280x720 are made, one in H.264 and one in VP9, at the rates at which such
clips are usually sent. Five ways make the same tensor of them: every picture at 256x144,
normalised. Each has a process of its own with one thread; they take turns, so that a noisy minute
hits all of them. What counts is the processor time of all threads of a process, not the clock on
the wall, and the ratio to the fastest peer is that of each round.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import av
import cv2
import numpy as np
import typer
from av.video.stream import VideoStream
from numpy.typing import NDArray
from rich.console import Console

from infra.cli.figures import Figures, at_least, at_most, equals

ROUNDS: Final = 9
FPS: Final = 24
PICTURES: Final = 10 * FPS
WARMING_PICTURES: Final = FPS
WIDTH, HEIGHT = 1280, 720
LEVELS_APART_MAX: Final = 4.0
"""Between two ways, in the mean of a colour of 0 to 255: the quick ones round down."""

_OURS: Final = "ours"
_PEERS: Final = {
    "decord": "decord",
    "torchcodec": "torchcodec",
    "pyav_torch": "torch",
    "dali": "nvidia-dali-cuda130",
}
_ROOT: Final = Path(__file__).parents[2]
_WITH_HASH: Final = re.compile(r"^(lib(?:av|sw)[a-z]+)-[0-9a-f]+(\.so\.\d+)")


@dataclass(frozen=True)
class Recipe:
    """How a clip is encoded; ``rate`` in bits per second."""

    codec: str
    file: str
    encoder: str
    rate: int
    options: dict[str, str]


RECIPES: Final = (
    Recipe("h264", "clip.mp4", "libx264", 3_000_000, {"preset": "veryfast"}),
    Recipe("vp9", "clip.webm", "libvpx-vp9", 2_000_000, {"deadline": "realtime", "cpu-used": "8"}),
)


@dataclass
class Racer:
    """A way in its process: what it needed in each round, or why it cannot."""

    name: str
    process: subprocess.Popen[str]
    rates: dict[str, list[float]] = field(default_factory=dict)
    levels: dict[str, list[float]] = field(default_factory=dict)
    reason: str | None = None

    def run(self, codec: str, path: Path, pictures: int = PICTURES) -> None:
        """One clip, once. After a failure nothing more is asked of it."""
        if self.reason is not None:
            return
        answer = self._ask(path)
        if "error" in answer:
            self.reason = str(answer["error"])
        elif answer["pictures"] != pictures:
            self.reason = f"It made {answer['pictures']} of {pictures} pictures."
        else:
            rate = pictures / float(answer["cpu_seconds"])
            self.rates.setdefault(codec, []).append(rate)
            self.levels[codec] = answer["levels"]

    def _ask(self, path: Path) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            return {"error": "Its process ended."}
        return answer


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
) -> None:
    """Pictures per processor second, decoded and prepared, beside four other ways."""
    if not run(json_path):
        raise typer.Exit(1)


def run(json_path: Path | None = None, rounds: int = ROUNDS) -> bool:
    """Measure, print the table, write the figures; true when all holds."""
    codecs = [recipe.codec for recipe in RECIPES]
    figures = Figures(
        "bench decode",
        [
            *(f"pictures_per_cpu_second_{codec}" for codec in codecs),
            *(f"times_fastest_peer_{codec}" for codec in codecs),
            *(f"levels_apart_{codec}" for codec in codecs),
            *(f"ran_{peer}" for peer in _PEERS),
        ],
    )
    try:
        _measure(figures, rounds)
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


def _measure(figures: Figures, rounds: int) -> None:
    figures.versions("av", "opencv-python-headless", "torch", **_peer_versions())
    figures.add(rounds=rounds, pictures=PICTURES, source=f"{WIDTH}x{HEIGHT}", prepared="256x144")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callsheet-bench-")))
        status = stack.enter_context(Console(stderr=True).status("making the clips"))
        clips = {recipe.codec: make_clip(recipe, folder) for recipe in RECIPES}
        figures.add(clip_bytes={codec: path.stat().st_size for codec, path in clips.items()})
        racers = [stack.enter_context(_racer(name, folder)) for name in (_OURS, *_PEERS)]
        _warm(racers, folder)
        for number in range(1, rounds + 1):
            for codec, path in clips.items():
                for racer in racers:
                    status.update(f"round {number} of {rounds}, {codec}: {racer.name}")
                    racer.run(codec, path)
    _report(figures, racers)


def _warm(racers: list[Racer], folder: Path) -> None:
    """The first time loads libraries and builds graphs."""
    for recipe in RECIPES:
        path = make_clip(recipe, folder, WARMING_PICTURES)
        for racer in racers:
            racer.run(recipe.codec, path, WARMING_PICTURES)
    for racer in racers:
        racer.rates.clear()


def _report(figures: Figures, racers: list[Racer]) -> None:
    ours, *peers = racers
    for racer in peers:
        if racer.reason is not None:
            figures.failed(f"ran_{racer.name}", racer.reason)
        else:
            figures.measured(f"ran_{racer.name}", True, "", goal=equals(True))
    if ours.reason is not None:
        raise RuntimeError(f"the fast path failed: {ours.reason}")
    running = [racer for racer in peers if racer.reason is None]
    for codec, rates in ours.rates.items():
        beside = {racer.name: median(racer.rates[codec]) for racer in running}
        for racer in running:
            figures.spread(f"{racer.name}_{codec}", racer.rates[codec])
        name = f"pictures_per_cpu_second_{codec}"
        figures.measured(name, median(rates), "pictures/s", peer=beside, rounds=rates)
        if not beside:
            continue
        fastest = max(running, key=lambda racer: median(racer.rates[codec]))
        times = [a / b for a, b in zip(rates, fastest.rates[codec], strict=True)]
        figures.measured(
            f"times_fastest_peer_{codec}",
            median(times),
            "times",
            goal=at_least(1.0),
            peer=fastest.name,
            rounds=times,
        )
        _report_levels(figures, codec, ours, running)


def _report_levels(figures: Figures, codec: str, ours: Racer, running: list[Racer]) -> None:
    apart = max(
        abs(mine - other)
        for racer in running
        for mine, other in zip(ours.levels[codec], racer.levels[codec], strict=True)
    )
    figures.measured(f"levels_apart_{codec}", apart, "of 255", goal=at_most(LEVELS_APART_MAX))


def make_clip(recipe: Recipe, folder: Path, pictures: int = PICTURES) -> Path:
    """A camera that wanders over a blurred wall while a ball crosses it."""
    path = folder / f"{pictures}-{recipe.file}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(recipe.encoder, rate=FPS, options=recipe.options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = recipe.rate
        wall = _wall()
        for number in range(pictures):
            frame = av.VideoFrame.from_ndarray(_picture(wall, number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _wall() -> NDArray[np.uint8]:
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT + 200, WIDTH + 400, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 6).astype(np.float32)
    return np.asarray(cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def _picture(wall: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    left = int(100 + 100 * np.sin(number / 40))
    top = int(50 + 50 * np.cos(number / 30))
    picture = wall[top : top + HEIGHT, left : left + WIDTH].copy()
    ball = int(640 + 400 * np.sin(number / 20)), int(360 + 200 * np.cos(number / 25))
    cv2.circle(picture, ball, 90, (220, 60, 40), -1)
    return picture


@contextmanager
def _racer(name: str, folder: Path) -> Iterator[Racer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gpu_workers.decode.peers", name],
        cwd=_ROOT,
        env=os.environ | {"LD_LIBRARY_PATH": _ffmpeg(folder)} if name == "torchcodec" else None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Racer(name, process)
    finally:
        process.kill()
        process.communicate()


def _ffmpeg(folder: Path) -> str:
    """FFmpeg for torchcodec, which brings none: PyAV's own, under the names it looks for."""
    bundled = Path(av.__file__).parents[1] / "av.libs"
    links = folder / "ffmpeg"
    links.mkdir(exist_ok=True)
    for library in bundled.glob("lib*.so.*"):
        if match := _WITH_HASH.match(library.name):
            (links / "".join(match.groups())).symlink_to(library)
    return f"{links}{os.pathsep}{bundled}"


def _peer_versions() -> dict[str, str]:
    versions = {}
    for package in _PEERS.values():
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions
