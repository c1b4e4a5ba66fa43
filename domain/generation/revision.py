"""A revision: the same brief and the same seed with some shots changed.

A shot's plan depends on its own words, its own seed and the brief's sizes, so those that were not
changed have the plans that they had, and their takes are found instead of sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.generation.brief import Brief
from domain.generation.refusals import ShotUnknown


def revised(brief: Brief, generation_id: str, changes: Mapping[int, Mapping[str, Any]]) -> Brief:
    """The brief of ``generation_id`` with these fields of these shots, which count from 1.

    Raises ShotUnknown, and ValidationError where the changed brief passes a limit.
    """
    if unknown := sorted(set(changes) - set(range(1, len(brief.shots) + 1))):
        raise ShotUnknown(f"Asked for was shot {unknown[0]} of {len(brief.shots)}.")
    given = brief.model_dump(exclude_unset=True)
    shots = [
        shot.model_dump(exclude_unset=True) | dict(changes.get(number, {}))
        for number, shot in enumerate(brief.shots, 1)
    ]
    if [each.prompt for each in brief.shots] == [brief.prompt]:
        given["prompt"] = shots[0]["prompt"]
    return Brief.model_validate(
        given | {"shots": shots, "seed": brief.seed_for(generation_id), "revises": generation_id}
    )
