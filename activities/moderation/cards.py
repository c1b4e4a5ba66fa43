"""A card for each detector: what it is called, what its model may be used for, what it is worth.

What it is worth stands in ``measured.json``, which ``./callsheet eval moderation --page`` writes
and nobody else. A figure belongs to the version that was measured: a detector that runs in another
one has none until it is measured again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from domain.kernel.model import Value
from domain.moderation.finding import Detector

PATH: Final = Path(__file__).with_name("measured.json")
OF_OUR_OWN: Final = "of our own, as the project"


class Counted(Value):
    """Right and wrong ones. A share is None where there is nothing to divide by: nothing was said,
    or nothing was to be said."""

    hits: int
    misses: int
    false: int
    right_silence: int

    @property
    def tried(self) -> int:
        """How many inputs there were."""
        return self.hits + self.misses + self.false + self.right_silence

    @property
    def precision(self) -> float | None:
        return _share(self.hits, self.hits + self.false)

    @property
    def recall(self) -> float | None:
        return _share(self.hits, self.hits + self.misses)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


class Measured(Counted):
    """What one version of a detector, or one rule of a policy, is worth on labelled inputs.

    ``of`` tells in words what was tried, ``inputs`` has the same counts for each kind of input, and
    ``note`` what else was seen.
    """

    version: str
    of: str
    inputs: Mapping[str, Counted] = {}
    note: str = ""


class Figures(Value):
    """What ``measured.json`` holds: detectors and rules by their names, and counts of labelled sets
    by table, row and set."""

    detectors: Mapping[str, Measured] = {}
    rules: Mapping[str, Measured] = {}
    tables: Mapping[str, Mapping[str, Mapping[str, Counted]]] = {}

    def with_news(self, news: Figures) -> Figures:
        """The same with what was measured since in the place of what it was before."""
        return Figures(
            detectors=dict(sorted({**self.detectors, **news.detectors}.items())),
            rules=dict(sorted({**self.rules, **news.rules}.items())),
            tables=news.tables or self.tables,
        )


class Card(Value):
    """One detector. ``measured`` is None where this version has not been measured."""

    name: str
    version: str
    looks_for: str
    licence: str
    measured: Measured | None = None


_KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "words": ("terms and pairs of terms of ten languages", OF_OUR_OWN),
    "meaning": ("what whole sentences are about", "model MIT; its last layer of our own"),
    "names": ("people who are known or protected, full names, characters", OF_OUR_OWN),
    "drawn": ("pictures in the place of words", OF_OUR_OWN),
    "owners": ("what an owner never wants or refuses", OF_OUR_OWN),
    "reasoner": ("whatever the policy's clauses say", "of the model that you serve"),
    "pictures": ("sexual pictures", "model BSD 2-Clause; as ONNX Apache 2.0"),
    "faces": ("everybody enrolled or protected who is not cast", "models MIT and Apache 2.0"),
    "hearing": ("what is said, for words and names to read", "BSD 2-Clause, model and program"),
}
NAMES: Final = tuple(_KNOWN)
"""Every detector that there is, in the order in which a page shows them."""


def figures(path: Path = PATH) -> Figures:
    """What was measured last; nothing where nothing was. Raises ValueError for another form."""
    if not path.is_file():
        return Figures()
    return Figures.model_validate_json(path.read_text(encoding="utf-8"))


def cards(detectors: Iterable[Detector], known: Figures | None = None) -> tuple[Card, ...]:
    """The cards of these detectors. Raises KeyError for one of which nothing is known."""
    told = figures() if known is None else known
    return tuple(_card(each, told) for each in detectors)


def _card(detector: Detector, told: Figures) -> Card:
    looks_for, licence = _KNOWN[detector.name]
    measured = told.detectors.get(detector.name)
    current = measured is not None and measured.version == detector.version
    return Card(
        name=detector.name,
        version=detector.version,
        looks_for=looks_for,
        licence=licence,
        measured=measured if current else None,
    )
