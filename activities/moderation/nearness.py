"""How near a sentence is to a wish in meaning, by vectors of sentences.

Vectors of all texts lie close together, so what they have in common is taken away first. Some
sentences are near to anything: so one has to be nearer to a wish than it is to the subjects of
``subjects.txt``, which stand for whatever else it may be about. How much nearer was chosen on
``tests/moderation/owners_dev.jsonl``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from activities.moderation import head
from activities.moderation.embedding import Embedder, Vectors
from activities.moderation.meaning import pieces
from activities.moderation.normalising import Reading, normalised

NEAR_MIN: Final = 4.8
"""Standard deviations above what a sentence has in common with the subjects."""
_SUBJECTS: Final = Path(__file__).with_name("subjects.txt")
_SHOWN: Final = "this shows {}"
_KEPT_MAX: Final = 4096

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Around:
    """What wishes have in common, [384], and the subjects without it, [subjects, 384]."""

    centre: Numbers
    subjects: Numbers


class Nearness:
    """Says how near; it may be shared between threads. The first question takes about a second."""

    def __init__(self, embedder: Embedder, mean: Numbers) -> None:
        self._embedder, self._mean = embedder, mean
        self._wish = lru_cache(maxsize=_KEPT_MAX)(self._wish_vector)

    @property
    def version(self) -> str:
        """That of the model."""
        return self._embedder.version

    def nearest(self, reading: Reading, wish: str) -> tuple[int, int] | None:
        """The sentences of the original that are nearest to a wish; None where none is near."""
        spans = list(pieces(reading))
        if not spans:
            return None
        vectors = self._embedder.vectors([reading.text[begin:end] for begin, end in spans])
        sentences = _unit(vectors - self._mean)
        others = sentences @ self._around.subjects.T
        nearer = (sentences @ self._wish(wish) - others.mean(axis=1)) / others.std(axis=1)
        best = int(nearer.argmax())
        return reading.span(*spans[best]) if float(nearer[best]) >= NEAR_MIN else None

    @cached_property
    def _around(self) -> _Around:
        lines = _SUBJECTS.read_text(encoding="utf-8").splitlines()
        given = self._shown([each for each in lines if each and not each.startswith("#")])
        centre = np.asarray(given, np.float64).mean(axis=0)
        return _Around(centre, _unit(given - centre))

    def _wish_vector(self, wish: str) -> Numbers:
        (vector,) = _unit(self._shown([normalised(wish.replace("-", " "))]) - self._around.centre)
        return np.asarray(vector)

    def _shown(self, things: Sequence[str]) -> Vectors:
        return self._embedder.vectors([_SHOWN.format(each) for each in things])


def nearness(embedder: Embedder) -> Nearness:
    """By this model; what texts have in common is what the classifier of meanings found."""
    return Nearness(embedder, head.load().mean)


def _unit(vectors: NDArray[np.floating[Any]]) -> Numbers:
    """Each of length one; what has none stays nothing."""
    wide = np.asarray(vectors, np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=-1, keepdims=True), 1e-9))
