"""The workshop: where weights and references lie, on which device, and for whom work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from gpu_workers.cards.operation import Operation, operation_in
from gpu_workers.references import references_folder

WEIGHTS: Final = "CALLSHEET_WEIGHTS_FOLDER"
DEVICE: Final = "CALLSHEET_DEVICE"

Sound = Literal["drawn", "silent"]


@dataclass(frozen=True)
class Workshop:
    """``weights`` holds one folder for each model, ``references`` one file for each SHA-256.

    ``device`` is a torch device; None takes CUDA where there is one. ``sound`` is what is added
    to pictures of a model that makes none.
    """

    weights: Path
    references: Path
    device: str | None = None
    operation: Operation = field(default_factory=Operation)
    sound: Sound = "drawn"

    @staticmethod
    def from_environment(given: Mapping[str, str] = os.environ) -> Workshop:
        """The workshop as this process's environment describes it."""
        home = Path(given.get("CALLSHEET_HOME", ".callsheet"))
        return Workshop(
            weights=Path(given.get(WEIGHTS) or home / "weights"),
            references=references_folder(given),
            device=given.get(DEVICE) or None,
            operation=operation_in(given),
        )
