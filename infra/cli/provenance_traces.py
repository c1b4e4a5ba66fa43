"""What ``bench provenance`` says of traces: excerpts among many films, as ``verify`` asks.

Every excerpt is asked about twice: with all that was found in it, and by its fingerprints alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from activities.provenance.looked import Looked
from activities.provenance.prints import Kind, Print
from activities.provenance.reading import ManifestReader
from activities.provenance.tracing import Tracer
from domain.provenance.verdict import Conclusion, Verdict
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.cli.provenance_crowd import fill, served
from infra.cli.provenance_trial import FIRST_NUMBER, TREATMENTS, Trial, artefact_of
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryRegister

_THRESHOLDS: Final = (16, 32, 48, 64, 80, 96)
_NO_HASH: Final = "0" * 64


def report_traces(
    figures: Figures, trials: Sequence[Trial], keys: ProvenanceKeys, indexed: int
) -> None:
    """Recall, wrong answers and the time of a lookup; and the curves behind the thresholds."""
    if not trials:
        return
    asyncio.run(_trace(figures, trials, keys, max(0, indexed - len(trials))))
    figures.add(curves=curves(trials))


async def _trace(
    figures: Figures, trials: Sequence[Trial], keys: ProvenanceKeys, made_up: int
) -> None:
    register = await _registered(trials, made_up)
    recalled, by_prints, wrong, took = [], [], 0, []
    async with served() as pool:
        await fill(pool, {artefact_of(each.number): list(each.prints) for each in trials}, made_up)
        tracer = Tracer(ManifestReader(keys.roots), keys.mark_keys, register, PostgresIndex(pool))
        for each in trials:
            wanted = artefact_of(each.number)
            for excerpt in each.excerpts.values():
                verdict = await tracer.weigh(excerpt.looked, _NO_HASH)
                began = time.perf_counter()
                alone = await tracer.weigh(_without_marks(excerpt.looked), _NO_HASH)
                took.append((time.perf_counter() - began) * 1000)
                recalled.append(verdict.artefact_ids == (wanted,))
                by_prints.append(alone.artefact_ids == (wanted,))
                wrong += _errs(verdict, wanted) + _errs(alone, wanted)
    figures.measured("trace_recall", float(np.mean(recalled)), "excerpts", goal=at_least(0.95))
    figures.measured(
        "trace_recall_by_prints", float(np.mean(by_prints)), "excerpts", goal=at_least(0.95)
    )
    figures.measured("trace_wrong", wrong, "answers", goal=equals(0))
    slow = float(np.percentile(took, 95))
    figures.measured("trace_ms", slow, "ms, 95th percentile", goal=at_most(500), rounds=took)


async def _registered(trials: Sequence[Trial], made_up: int) -> MemoryRegister:
    """A register in which the films have the numbers that their marks say."""
    register, films = MemoryRegister(), {each.number for each in trials}
    for place in range(1, FIRST_NUMBER + max(films) + 1 + made_up):
        number = place - FIRST_NUMBER
        name = artefact_of(number) if number in films else f"made-up-{place}"
        await register.issue(name)
    return register


def _without_marks(looked: Looked) -> Looked:
    stretches = tuple(
        each.model_copy(update={"pictures": (), "sounds": ()}) for each in looked.stretches
    )
    return looked.model_copy(update={"stretches": stretches})


def _errs(verdict: Verdict, wanted: str) -> bool:
    """A wrong answer: another film, or our own called a forgery. Silence is none."""
    other = bool(set(verdict.artefact_ids) - {wanted})
    return other or verdict.conclusion is Conclusion.MARK_PASTED


def curves(trials: Sequence[Trial]) -> dict[str, Any]:
    """How many prints lie within a distance of their own film, and of any other one.

    Also the pilots of marked stretches, after each treatment: least, median.
    """
    found: dict[str, Any] = {"distance": list(_THRESHOLDS)}
    for kind in Kind:
        tables = {each.number: _table(each.prints, kind) for each in trials}
        for name in TREATMENTS:
            own, other = [], []
            for each in trials:
                asked = _table(_asked(each.excerpts[name].looked, kind), kind)
                own.append(_nearest(asked, [tables[each.number]]))
                others = [table for number, table in tables.items() if number != each.number]
                other.append(_nearest(asked, others))
            label = f"{kind.name.lower()}_{name}"
            found[f"{label}_own"] = _shares(np.concatenate(own))
            found[f"{label}_other"] = _shares(np.concatenate(other))
    for name in TREATMENTS:
        pilots = [
            spoken.pilot
            for each in trials
            for stretch in each.excerpts[name].looked.stretches
            for spoken in stretch.pictures
            if spoken is not None
        ]
        found[f"picture_pilot_{name}"] = [round(min(pilots), 2), round(float(np.median(pilots)), 2)]
    return found


def _asked(looked: Looked, kind: Kind) -> list[Print]:
    return [
        each
        for stretch in looked.stretches
        for each in (stretch.prints if kind is Kind.PICTURE else stretch.sound_prints)
    ]


def _table(prints: Iterable[Print], kind: Kind) -> NDArray[np.uint64]:
    joined = b"".join(each.hash for each in prints if each.kind is kind)
    return np.frombuffer(joined, np.uint64).reshape(-1, 4)


def _nearest(asked: NDArray[np.uint64], tables: list[NDArray[np.uint64]]) -> NDArray[np.int64]:
    """The distance from each question to the nearest print [questions]; 256 where there is none."""
    known = np.concatenate(tables) if tables else np.zeros((0, 4), np.uint64)
    if not len(known):
        return np.full(len(asked), 256)
    return np.array([int(np.bitwise_count(known ^ each).sum(1).min()) for each in asked], np.int64)


def _shares(distances: NDArray[np.int64]) -> list[float]:
    if not len(distances):
        return []
    return [round(float((distances <= limit).mean()), 4) for limit in _THRESHOLDS]
