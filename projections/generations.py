"""Where does each generation stand: its stage, its progress, when it should end, how it ended?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import asyncpg

from projections.exposures import (
    ShotExposure,
    end_of,
    read,
    share_of,
    shot,
    unexposed,
    with_shot,
    written,
)
from projections.projection import Fact, OnPoison, Projection, by, existing


@dataclass(slots=True)
class GenerationRow:
    """One generation. Durations in seconds, sizes in pixels; the prompt is personal."""

    generation_id: str
    account_id: str
    prompt: str
    seconds: float
    width: int
    height: int
    fps: int
    sampler: str
    requested_at: datetime
    requested_position: int
    """Orders an account's generations, and those that wait for the studio."""
    updated_at: datetime
    status: str = "requested"
    """requested, sampling, sampled, stored, completed, failed or cancelled."""
    stage: str = "requested"
    """What is going on, in the words of ``workflows.contracts.Stage``."""
    attempt: int = 0
    step: int = 0
    steps: int | None = None
    progress: float = 0.0
    """The furthest share of the film that was done, from 0 to 1; steps may be done again."""
    shots: str = "[]"
    """How far each shot is, as ``exposures`` writes it."""
    sampling_started_at: datetime | None = None
    """When sampling began, or the latest attempt after a worker's death."""
    sampling_started_share: float = 0.0
    """How much was done by then, and what was found since: it took no time after that."""
    eta_at: datetime | None = None
    """When sampling should end, if it goes on as it went so far; null when nobody can say."""
    video_id: str | None = None
    failure_code: str | None = None
    failure_stage: str | None = None
    failure_explanation: str | None = None
    last_position: int = 0


def _requested(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    if row is not None:
        return row
    asked, brief, at = fact.fields, fact.fields["brief"], fact.at
    return GenerationRow(
        generation_id=asked["generation_id"],
        account_id=asked["account_id"],
        prompt=brief["prompt"],
        seconds=sum(each["seconds"] for each in brief["shots"]),
        width=brief["width"],
        height=brief["height"],
        fps=brief["fps"],
        sampler=brief["sampler"],
        requested_at=at,
        requested_position=fact.position,
        updated_at=at,
        shots=written(unexposed(each["seconds"] for each in brief["shots"])),
    )


def _sampling_started(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="sampling", stage="sampling")
    shots, number = read(row.shots), fact.fields.get("shot", 0)
    attempt, restored = fact.fields["attempt"], fact.fields.get("restored", 0)
    now = replace(
        shot(shots, number),
        status="sampling",
        attempt=attempt,
        step=restored,
        steps=fact.fields["steps"],
    )
    share = _expose(row, with_shot(shots, now))
    if row.sampling_started_at is None or attempt > 1:
        row.sampling_started_at, row.sampling_started_share = row.updated_at, share
        row.eta_at = None
    return row


def _sampling_advanced(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = existing(row)
    row.updated_at = fact.at
    known = shot(shots := read(row.shots), fact.fields.get("shot", 0))
    share = _expose(row, with_shot(shots, replace(known, step=fact.fields["step"])))
    row.eta_at = end_of(row.sampling_started_at, row.sampling_started_share, row.updated_at, share)
    return row


def _take_sampled(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = existing(row)
    known = shot(shots := read(row.shots), fact.fields.get("shot", 0))
    return _taken(row, fact, with_shot(shots, replace(known, status="sampled", step=known.steps)))


def _take_found(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = existing(row)
    shots, before = read(row.shots), share_of(read(row.shots))
    known = replace(shot(shots, fact.fields["shot"]), status="found", step=0, steps=0)
    found = with_shot(shots, known)
    row.sampling_started_share += share_of(found) - before
    return _taken(row, fact, found)


def _taken(row: GenerationRow, fact: Fact, shots: tuple[ShotExposure, ...]) -> GenerationRow:
    share = _expose(row, shots)
    if all(each.share == 1 for each in shots):
        row.eta_at = None
        return _moved(row, fact, status="sampled", stage="assembling")
    row = _moved(row, fact, status="sampling", stage="sampling")
    row.eta_at = end_of(row.sampling_started_at, row.sampling_started_share, row.updated_at, share)
    return row


def _expose(row: GenerationRow, shots: tuple[ShotExposure, ...]) -> float:
    """Write down how far the shots are; the share of the film that is done."""
    row.shots, share = written(shots), share_of(shots)
    row.attempt = max(each.attempt for each in shots)
    row.step, row.steps = sum(each.step for each in shots), sum(each.steps for each in shots)
    row.progress = max(row.progress, share)
    return share


def _rendition_stored(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    return _moved(row, fact, status="stored", stage="releasing")


def _completed(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="completed", stage="completed")
    row.video_id = fact.fields["video_id"]
    return row


def _failed(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="failed", stage="failed")
    row.eta_at = None
    row.failure_code, row.failure_stage = fact.fields["code"], fact.fields["stage"]
    row.failure_explanation = fact.fields["explanation"]
    return row


def _cancelled(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="cancelled", stage="cancelled")
    row.eta_at = None
    return row


def _moved(row: GenerationRow | None, fact: Fact, *, status: str, stage: str) -> GenerationRow:
    row = existing(row)
    row.status, row.stage, row.updated_at = status, stage, fact.at
    return row


GENERATIONS: Final = Projection[GenerationRow](
    name="generations",
    version=2,
    table="generations",
    row=GenerationRow,
    key=by("generation_id"),
    folds={
        "video-requested": _requested,
        "sampling-started": _sampling_started,
        "sampling-advanced": _sampling_advanced,
        "take-sampled": _take_sampled,
        "take-found": _take_found,
        "rendition-stored": _rendition_stored,
        "generation-completed": _completed,
        "generation-failed": _failed,
        "generation-cancelled": _cancelled,
    },
    on_poison=OnPoison.STOP_STREAM,
)


class GenerationsReader:
    """Answers about generations, from the live table."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, generation_id: str) -> GenerationRow | None:
        """One generation, or ``None`` when the projection has not seen it."""
        row = await self._pool.fetchrow(GENERATIONS.sql["get"], generation_id)
        return GenerationRow(*row) if row else None

    async def list(
        self, account_id: str, limit: int, before: int | None = None
    ) -> list[GenerationRow]:
        """An account's generations, newest first.

        The next page begins ``before`` the last one's ``requested_position``.
        """
        rows = await self._pool.fetch(GENERATIONS.sql["page"], account_id, before, limit)
        return [GenerationRow(*row) for row in rows]

    async def queue_position(self, generation_id: str) -> int | None:
        """How many generations wait before this one; ``None`` when it does not wait."""
        count: int | None = await self._pool.fetchval(
            GENERATIONS.sql["queue_position"], generation_id
        )
        return count
