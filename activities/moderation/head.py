"""The last layer of the classifier: one logistic regression per category on sentence vectors.

Fitted on the development set alone (``./callsheet eval moderation --fit``); what it was made of and
what it is worth stands in ``weights/README.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.moderation.embedding import Vectors

PATH: Final = Path(__file__).parent / "weights" / "meaning.npz"
FORMAT: Final = 1
_STEPS: Final = 30

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """``weights`` are [categories, 384], ``bias`` [categories], on vectors less their ``mean``."""

    categories: tuple[str, ...]
    weights: Numbers
    bias: Numbers
    mean: Numbers
    scale: float

    def chances(self, vectors: Vectors) -> Numbers:
        """[texts, categories]: how likely each category is, from 0 to 1."""
        centred = (vectors.astype(np.float64) - self.mean) / self.scale
        return np.asarray(_logistic(centred @ self.weights.T + self.bias))

    def save(self, path: Path = PATH) -> None:
        """Write it down in half precision, which changes no score by more than a thousandth."""
        np.savez_compressed(
            path,
            format=FORMAT,
            categories=np.array(self.categories),
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
            mean=self.mean.astype(np.float32),
            scale=self.scale,
        )


def load(path: Path = PATH) -> Head:
    """The head that was saved. Raises ValueError for another format."""
    with np.load(path, allow_pickle=False) as stored:
        if int(stored["format"]) != FORMAT:
            raise ValueError(f"{path.name} has another format; fit it again")
        return Head(
            tuple(str(each) for each in stored["categories"]),
            stored["weights"].astype(np.float64),
            stored["bias"].astype(np.float64),
            stored["mean"].astype(np.float64),
            float(stored["scale"]),
        )


def fit(
    vectors: Vectors,
    labels: Sequence[frozenset[str]],
    categories: Sequence[str],
    *,
    penalty: float,
) -> Head:
    """Logistic regressions with an L2 penalty by Newton's method: no chance has a part in it.

    Harmless and harmful examples of a category weigh the same in sum.
    """
    mean = vectors.astype(np.float64).mean(0)
    centred = vectors.astype(np.float64) - mean
    scale = float(np.sqrt((centred**2).sum(1).mean()))
    inputs = np.hstack([centred / scale, np.ones((len(vectors), 1))])
    rows = [
        _fitted(inputs, np.array([float(name in each) for each in labels]), penalty)
        for name in categories
    ]
    solved = np.stack(rows)
    return Head(tuple(categories), solved[:, :-1], solved[:, -1], mean, scale)


def _fitted(inputs: Numbers, answers: Numbers, penalty: float) -> Numbers:
    positive = max(float(answers.sum()), 1.0)
    balance = np.where(answers > 0, len(answers) / (2 * positive), 1.0)
    balance = np.where(answers > 0, np.minimum(balance, 6.0), balance)
    ridge = np.full(inputs.shape[1], penalty)
    ridge[-1] = 1e-6
    solved = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        chance = np.asarray(_logistic(inputs @ solved))
        slope = inputs.T @ (balance * (chance - answers)) + ridge * solved
        curve = (inputs * (balance * chance * (1 - chance) + 1e-9)[:, None]).T @ inputs
        step = np.linalg.solve(curve + np.diag(ridge), slope)
        solved = solved - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(solved)


def _logistic(values: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))))
