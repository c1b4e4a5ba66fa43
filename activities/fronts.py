"""Typed, empty twins of every activity, so that a story can call work it must not import.

The bodies live in ``activities`` (the log, the media) and in the studio. They register under the
same names; a test holds each twin's signature against its body's.
"""

from __future__ import annotations

from typing import NoReturn

from temporalio import activity

from activities.orders import (
    Assembled,
    AssemblyOrder,
    CancellationOrder,
    ClearanceOrder,
    Cleared,
    FailureOrder,
    Noticed,
    NoticeOrder,
    Recorded,
    Released,
    ReleaseOrder,
    RequestOrder,
    SamplingOrder,
    Settled,
    StorageOrder,
    Stored,
    SweepOrder,
    Swept,
)
from domain.generation.take import Take


def elsewhere() -> NoReturn:
    """What every front does when it is called."""
    raise RuntimeError("This is a front: register the activity's body on the worker instead.")


@activity.defn
async def record_request(order: RequestOrder) -> Recorded:
    """Accept a request and write it into the log."""
    elsewhere()


@activity.defn
async def sample_take(order: SamplingOrder) -> Take:
    """Sample a shot's pictures and sound in the studio and keep them without loss."""
    elsewhere()


@activity.defn
async def assemble_rendition(order: AssemblyOrder) -> Assembled:
    """Join the takes of all shots into a film with its poster and contact sheet."""
    elsewhere()


@activity.defn
async def store_rendition(order: StorageOrder) -> Stored:
    """Move the files to their content addresses, read them back and record it."""
    elsewhere()


@activity.defn
async def release_video(order: ReleaseOrder) -> Released:
    """Complete the generation and release its video in one atomic append."""
    elsewhere()


@activity.defn
async def record_failure(order: FailureOrder) -> Settled:
    """Write down why there is no video."""
    elsewhere()


@activity.defn
async def record_cancellation(order: CancellationOrder) -> Settled:
    """Write down that somebody asked to stop."""
    elsewhere()


@activity.defn
async def post_notice(order: NoticeOrder) -> Noticed:
    """Tell the account how its generation ended."""
    elsewhere()


@activity.defn
async def clear_staging(order: ClearanceOrder) -> Cleared:
    """Remove what a generation left in staging."""
    elsewhere()


@activity.defn
async def sweep_staging(order: SweepOrder) -> Swept:
    """Remove staged objects that nobody came back for."""
    elsewhere()
