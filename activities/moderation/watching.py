"""Watching a film: probe it, have a confined process look at it, and read what it wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

from activities.clip.apart import ExaminerDied, ExaminerUnfit, TookTooLong, run
from activities.clip.limits import DEFAULT_LIMITS
from activities.clip.probe import probe
from activities.clip.refusals import ClipRefused
from activities.moderation.watched import SENSES, Sense, Watched, WatchedUnreadable, load

WALL_SECONDS: Final = 300.0
_WATCHER: Final = "activities.moderation.watcher"


class Unwatched(Exception):
    """A film could not be looked at; ``word`` says why. It waits for a human."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def watch(film: Path, senses: Collection[Sense] = SENSES) -> Watched:
    """Look at a film. Blocks: about 60 ms of one core for each picture looked at. Raises Unwatched.

    At most two pictures a second are looked at while nothing changes, ten while something does.
    Of what is not among the ``senses`` nothing is computed, and nothing noted.
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
        _run(film, folder, senses)
        try:
            return load(folder / "watched.npz", senses)
        except WatchedUnreadable:
            raise Unwatched("unreadable") from None


def _run(film: Path, folder: Path, senses: Collection[Sense]) -> None:
    paths = [str(each.resolve()) for each in (film, folder / "facts.json", folder)]
    try:
        run(_WATCHER, [*paths, *sorted(senses)], WALL_SECONDS, threads=2)
    except TookTooLong as error:
        raise Unwatched("timed-out" if error.waited else "too-costly") from None
    except ExaminerUnfit:
        raise Unwatched("package-missing") from None
    except ExaminerDied:
        raise Unwatched("broke") from None
