"""The cards of this studio: one TOML file for each model, in the folder ``models``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from domain.kernel.errors import Refusal
from gpu_workers.cards.card import ModelCard

_FOLDER: Final = Path(__file__).parent / "models"


class CardMissing(Refusal):
    """There is no card for this model, so nobody has said what it may be used for."""

    code = "model-card-missing"
    stage = "planning"
    next_step = "Name a model that has a card, or write its card first."


def names() -> tuple[str, ...]:
    """The models that have a card, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def card(name: str) -> ModelCard:
    """The card of a model. Raises CardMissing."""
    if name not in names():
        raise CardMissing(f"There are cards for: {', '.join(names())}.")
    return read(_FOLDER / f"{name}.toml")


def read(path: Path) -> ModelCard:
    """A card from its file, which is named after the model. Raises ValueError where it is wrong."""
    with path.open("rb") as file:
        return ModelCard.model_validate({"name": path.stem, **tomllib.load(file)})
