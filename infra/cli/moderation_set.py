"""Labelled prompts from a file: one JSON object a line, such as ``tests/moderation/test.jsonl``.

``text`` and ``labels`` have to be there, the latter empty for what is harmless. ``cast`` is
``human`` where a human's cameo is cast. Whatever else stands in a line is left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from domain.moderation.categories import CATEGORIES
from infra.errors import UserError


class Labelled(BaseModel):
    """One prompt and what it is; ``labels`` are categories."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: Annotated[str, Field(repr=False)]
    labels: frozenset[str]
    id: str = ""
    language: str = "unknown"
    cast: Literal["human", "none"] = "none"
    kind: str = "plain"

    @field_validator("labels")
    @classmethod
    def _are_known(cls, labels: frozenset[str]) -> frozenset[str]:
        for each in sorted(labels - set(CATEGORIES)):
            raise ValueError(f"no category is called {each}; one of {', '.join(CATEGORIES)}")
        return labels

    @property
    def harmful(self) -> bool:
        return bool(self.labels)


class SetUnusable(UserError):
    """A labelled file cannot be used; the line is named."""


def read_set(path: Path) -> list[Labelled]:
    """Every labelled prompt of a file. Raises SetUnusable."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetUnusable(f"{path} cannot be read as UTF-8 text: {error}.") from None
    found = [_labelled(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise SetUnusable(f"{path} holds no labelled prompt; write one JSON object a line.")
    return found


def _labelled(path: Path, number: int, line: str) -> Labelled:
    try:
        return Labelled.model_validate_json(line)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        said = str(first["msg"]).removeprefix("Value error, ")
        raise SetUnusable(f"{path}, line {number}: {place}: {said}.") from None
