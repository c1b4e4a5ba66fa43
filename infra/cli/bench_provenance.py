"""``bench provenance``: marks, manifests and traces after what strangers do to films.

Films of three kinds are made as the product makes them, forged byte by byte, cut to excerpts of
five seconds, encoded, halved, cropped and covered with grain, and looked at blindly. Excerpts are
then traced in PostgreSQL among many films that were made up. Sizes are options; the defaults are
those that the project promises its figures for. With ``--keep`` an interrupted run goes on.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures import TimeoutError as RanOut
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from domain.kernel.model import Value
from infra.cli import provenance_clips as clips
from infra.cli.figures import Figures
from infra.cli.provenance_report import PLANNED, report_manifests, report_marks, report_unmarked
from infra.cli.provenance_traces import report_traces
from infra.cli.provenance_trial import Trial, Unmarked, trial, unmarked_trial
from infra.clock import system_clock
from infra.provenance.keys import ProvenanceKeys

CLIPS: Final = 40
MUTATIONS: Final = 1000
UNMARKED_FRAMES: Final = 5000
INDEXED: Final = 10_000
MINUTES: Final = 12.0
WORKERS: Final = 2

_FIRST_UNMARKED: Final = 1000
"""Films from this number on are looked at without a mark, and never marked."""

V = TypeVar("V", bound=Value)


def bench(
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
    count: Annotated[int, typer.Option("--clips", min=1, help="Films to mark.")] = CLIPS,
    mutations: Annotated[int, typer.Option(min=1, help="Changed bytes to look for.")] = MUTATIONS,
    unmarked: Annotated[
        int, typer.Option(min=1, help="Unmarked frames to look for a mark in.")
    ] = UNMARKED_FRAMES,
    indexed: Annotated[
        int, typer.Option(min=0, help="Films in the index, made-up ones beside the real ones.")
    ] = INDEXED,
    workers: Annotated[int, typer.Option(min=1, help="Films at work at once.")] = WORKERS,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="After so long no further film is begun.")
    ] = MINUTES,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep what was found on each film here, and go on from it."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write pictures before and after the mark to this JPEG.")
    ] = None,
) -> None:
    """Marks, manifests and traces, and how often each holds after hard treatment."""
    sizes = Sizes(count, mutations, unmarked, indexed)
    if not run(sizes, workers, minutes, json_path, keep, sheet):
        raise typer.Exit(1)


class Sizes:
    """How much is measured."""

    def __init__(
        self,
        clips: int = CLIPS,
        mutations: int = MUTATIONS,
        unmarked: int = UNMARKED_FRAMES,
        indexed: int = INDEXED,
    ) -> None:
        self.clips, self.mutations = clips, mutations
        self.unmarked, self.indexed = unmarked, indexed

    @property
    def unmarked_films(self) -> int:
        """Films that are looked at without a mark, beside the marked ones before their marking."""
        missing = self.unmarked - self.clips * clips.FRAMES
        return max(0, -(-missing // clips.FRAMES))

    def mutations_of(self, number: int) -> int:
        """How many changes fall on one film, so that all of them add up."""
        share, rest = divmod(self.mutations, self.clips)
        return share + (number < rest)


def run(
    sizes: Sizes,
    workers: int = WORKERS,
    minutes: float = MINUTES,
    json_path: Path | None = None,
    keep: Path | None = None,
    sheet: Path | None = None,
) -> bool:
    """Measure, print the table, write the figures; true when all holds."""
    began = time.monotonic()
    figures = Figures("bench provenance", PLANNED)
    figures.versions("c2pa-python", "opencv-python-headless", "numpy", "av", "asyncpg")
    figures.add(
        clips=sizes.clips,
        mutations=sizes.mutations,
        indexed=sizes.indexed,
        size=f"{clips.WIDTH}x{clips.HEIGHT}",
        workers=workers,
    )
    try:
        with _kept(keep) as folder:
            found = _Work(folder, sizes, workers, began + minutes * 60).all(sheet)
            report_manifests(figures, found.trials, sizes.clips, sizes.mutations)
            report_marks(figures, found.trials)
            report_unmarked(figures, found.unmarked, sizes.unmarked)
            _say(f"tracing among {sizes.indexed} films")
            report_traces(figures, found.trials, ProvenanceKeys.read(folder), sizes.indexed)
            figures.add(seconds=round(time.monotonic() - began, 1))
    finally:
        Console().print(figures.table())
        figures.write(json_path)
    return figures.ok


class _Found:
    """What was found, film by film."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []
        self.without: list[Unmarked] = []

    @property
    def unmarked(self) -> list[Unmarked]:
        return [*(each.unmarked for each in self.trials), *self.without]


class _Work:
    """Has films tried in processes of their own, until all are done or the time is over."""

    def __init__(self, folder: Path, sizes: Sizes, workers: int, until: float) -> None:
        self._folder, self._sizes = folder, sizes
        self._workers, self._until = workers, until
        self._done = 0

    def all(self, sheet: Path | None) -> _Found:
        """Everything that was found in time, in the order of the films."""
        found, sizes = _Found(), self._sizes
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # one film, one core
        with ProcessPoolExecutor(
            self._workers, mp_context=multiprocessing.get_context("spawn")
        ) as pool:
            marked = {
                number: self._asked(
                    pool,
                    f"trial-{number}-{sizes.mutations_of(number)}",
                    Trial,
                    trial,
                    number,
                    self._folder,
                    sizes.mutations_of(number),
                    sheet if number == 0 else None,
                )
                for number in range(sizes.clips)
            }
            plain = {
                number: self._asked(
                    pool, f"unmarked-{number}", Unmarked, unmarked_trial, number, self._folder
                )
                for number in range(_FIRST_UNMARKED, _FIRST_UNMARKED + sizes.unmarked_films)
            }
            self._wait([*marked.values(), *plain.values()])
            found.trials = [each.result() for each in marked.values() if _is_done(each)]
            found.without = [each.result() for each in plain.values() if _is_done(each)]
        return found

    def _asked(
        self,
        pool: ProcessPoolExecutor,
        name: str,
        model: type[V],
        work: Callable[..., V],
        *arguments: object,
    ) -> Future[V]:
        """What an earlier run kept under this name, or the work of this one."""
        path = self._folder / f"{name}.json"
        if path.exists():
            with suppress(ValidationError):  # kept by an older bench: it is measured again
                known: Future[V] = Future()
                known.set_result(model.model_validate_json(path.read_bytes()))
                return known
        asked = pool.submit(work, *arguments)

        def keep(done: Future[V]) -> None:
            if _is_done(done):
                draft = path.with_suffix(".draft")
                draft.write_text(done.result().model_dump_json(), encoding="utf-8")
                draft.replace(path)

        asked.add_done_callback(keep)
        return asked

    def _wait(self, asked: list[Future[Any]]) -> None:
        """Say what was found as it comes; when the time is over, begin nothing further."""
        try:
            for each in as_completed(asked, max(0.1, self._until - time.monotonic())):
                self._done += 1
                _say(f"{self._done} of {len(asked)}: {_told(each.result())}")
        except RanOut:
            _say(f"the time is over after {self._done} of {len(asked)}")
            for waiting in asked:
                waiting.cancel()


def _is_done(asked: Future[V]) -> bool:
    return asked.done() and not asked.cancelled() and asked.exception() is None


def _told(found: Trial | Unmarked) -> str:
    if isinstance(found, Unmarked):
        return f"unmarked, pilot at most {max(found.pilots, default=0.0):.2f}"
    right = ", ".join(f"{each.accuracy:.3f}" for each in found.excerpts.values())
    heard = sum(each.sound_number is not None for each in found.excerpts.values())
    return (
        f"film {found.number} ({found.kind}): bits {right}, sound {heard} of "
        f"{len(found.excerpts)}, {found.psnr:.1f} dB{', ' + found.broken if found.broken else ''}"
    )


def _say(line: str) -> None:
    Console(stderr=True).print(line, highlight=False, markup=False)


@contextmanager
def _kept(keep: Path | None) -> Iterator[Path]:
    """A folder with keys, which stays when it was named."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        ProvenanceKeys.ensure(keep, system_clock())
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as name:
        ProvenanceKeys.ensure(Path(name), system_clock())
        yield Path(name)
