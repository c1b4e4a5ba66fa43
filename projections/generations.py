"""Where does each generation stand: its stage, its progress, when it should end, how it ended?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

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
    """The share of the steps that is done, from 0 to 1; a generation that ended keeps its own."""
    sampling_started_at: datetime | None = None
    """When the latest attempt began."""
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
        seconds=sum(shot["seconds"] for shot in brief["shots"]),
        width=brief["width"],
        height=brief["height"],
        fps=brief["fps"],
        sampler=brief["sampler"],
        requested_at=at,
        requested_position=fact.position,
        updated_at=at,
    )


def _sampling_started(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="sampling", stage="sampling")
    row.attempt, row.steps = fact.fields["attempt"], fact.fields["steps"]
    row.step, row.progress = 0, 0.0
    row.sampling_started_at, row.eta_at = row.updated_at, None
    return row


def _sampling_advanced(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = existing(row)
    row.updated_at = fact.at
    step, steps = fact.fields["step"], fact.fields["steps"]
    row.step, row.steps, row.progress = step, steps, step / steps
    row.eta_at = _eta(row.sampling_started_at, row.updated_at, step, steps)
    return row


def _eta(started_at: datetime | None, at: datetime, step: int, steps: int) -> datetime | None:
    """The time so far, stretched to all steps. Clocks of two machines may disagree: no past."""
    if started_at is None:
        return None
    return started_at + max(at - started_at, timedelta()) / step * steps


def _take_sampled(row: GenerationRow | None, fact: Fact) -> GenerationRow:
    row = _moved(row, fact, status="sampled", stage="assembling")
    row.step, row.progress, row.eta_at = row.steps or row.step, 1.0, None
    return row


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
    version=1,
    table="generations",
    row=GenerationRow,
    key=by("generation_id"),
    folds={
        "video-requested": _requested,
        "sampling-started": _sampling_started,
        "sampling-advanced": _sampling_advanced,
        "take-sampled": _take_sampled,
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
