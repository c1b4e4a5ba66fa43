"""The workshop: where weights and references lie, on which device, and for whom work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from domain.kernel.errors import Refusal
from gpu_workers.cards.operation import Operation, operation_in
from gpu_workers.references import references_folder

WEIGHTS: Final = "CALLSHEET_WEIGHTS_FOLDER"
DEVICE: Final = "CALLSHEET_DEVICE"
ADDED_SOUND: Final = "CALLSHEET_ADDED_SOUND"

Sound = Literal["drawn", "silent"]


class AddedSoundUnknown(Refusal):
    """The studio is told to add a sound that it does not know."""

    code = "added-sound-unknown"
    stage = "planning"
    next_step = f"The operator sets {ADDED_SOUND} to one of these, or unsets it."


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
        """The workshop as this process's environment describes it. Raises AddedSoundUnknown."""
        home = Path(given.get("CALLSHEET_HOME", ".callsheet"))
        return Workshop(
            weights=Path(given.get(WEIGHTS) or home / "weights"),
            references=references_folder(given),
            device=given.get(DEVICE) or None,
            operation=operation_in(given),
            sound=_sound_in(given),
        )


def _sound_in(given: Mapping[str, str]) -> Sound:
    said = given.get(ADDED_SOUND) or "drawn"
    for known in get_args(Sound):
        if said == known:
            sound: Sound = known
            return sound
    raise AddedSoundUnknown(f"{ADDED_SOUND} is none of: {', '.join(get_args(Sound))}.")
