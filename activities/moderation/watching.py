"""Watching a film: probe it, have a confined process look at it, and read what it wrote."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from activities.clip.limits import DEFAULT_LIMITS
from activities.clip.probe import probe
from activities.clip.refusals import ClipRefused
from activities.moderation.watched import Watched, WatchedUnreadable, load

WALL_SECONDS: Final = 300.0
_ROOT: Final = Path(__file__).parents[2]


class Unwatched(Exception):
    """A film could not be looked at; ``word`` says why. It waits for a human."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def watch(film: Path) -> Watched:
    """Look at a film. Blocks: about 60 ms of one core for each picture looked at. Raises Unwatched.

    At most two pictures a second are looked at while nothing changes, ten while something does.
    """
    try:
        facts = probe(film, DEFAULT_LIMITS)
    except ClipRefused:
        raise Unwatched("film-refused") from None
    except OSError:
        raise Unwatched("film-missing") from None
    with tempfile.TemporaryDirectory(prefix="callsheet-watching-") as place:
        folder = Path(place)
        (folder / "facts.json").write_text(facts.model_dump_json(), encoding="utf-8")
        _run(film, folder)
        try:
            return load(folder / "watched.npz")
        except WatchedUnreadable:
            raise Unwatched("unreadable") from None


def _run(film: Path, folder: Path) -> None:
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-s", "-m", "activities.moderation.watcher"),
                *(str(film.resolve()), str((folder / "facts.json").resolve())),
                str(folder.resolve()),
            ],
            cwd=_ROOT,
            env={"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=WALL_SECONDS,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unwatched("timed-out") from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Unwatched("too-costly")
    if b"WeightsMissing" in done.stderr or b"ModuleNotFoundError" in done.stderr:
        raise Unwatched("package-missing")
    if done.returncode != 0:
        raise Unwatched("broke")
