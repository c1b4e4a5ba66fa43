"""Typed, empty twins of a cameo's activities, so that a story can call work it must not import."""

from __future__ import annotations

from temporalio import activity

from activities.cameo.orders import (
    Begun,
    CameoPage,
    Challenged,
    ChallengeOrder,
    ClosingOrder,
    Concluded,
    ConclusionOrder,
    Deletion,
    DeletionOrder,
    Destroyed,
    DestructionOrder,
    ExaminationOrder,
    Examined,
    FreezeOrder,
    Frozen,
    PageOrder,
    ReceiptOrder,
    Received,
    Rescored,
    RescoreOrder,
    ReviewOrder,
    StartOrder,
    Tidied,
    TidyOrder,
)
from activities.fronts import elsewhere


@activity.defn
async def record_enrolment(order: StartOrder) -> Begun:
    """Begin an attempt, with the release that was signed."""
    elsewhere()


@activity.defn
async def draw_challenge(order: ChallengeOrder) -> Challenged:
    """Draw a challenge for one account in one session."""
    elsewhere()


@activity.defn
async def receive_clip(order: ReceiptOrder) -> Received:
    """Take the upload in, or turn it away with a reason on record."""
    elsewhere()


@activity.defn
async def examine_clip(order: ExaminationOrder) -> Examined:
    """Look at the clip, write each verdict down, and seal what an approval needs."""
    elsewhere()


@activity.defn
async def conclude_checks(order: ConclusionOrder) -> Concluded:
    """Draw the conclusion from the verdicts."""
    elsewhere()


@activity.defn
async def record_review(order: ReviewOrder) -> Concluded:
    """Write down what a human decided."""
    elsewhere()


@activity.defn
async def close_enrolment(order: ClosingOrder) -> Concluded:
    """End the attempt without a decision."""
    elsewhere()


@activity.defn
async def tidy_enrolment(order: TidyOrder) -> Tidied:
    """Remove the raw clip, and the likeness unless it is kept."""
    elsewhere()


@activity.defn
async def freeze_cameos(order: FreezeOrder) -> Frozen:
    """Suspend cameos, or end that."""
    elsewhere()


@activity.defn
async def delete_cameo(order: DeletionOrder) -> Deletion:
    """Delete a cameo in the log."""
    elsewhere()


@activity.defn
async def destroy_likeness(order: DestructionOrder) -> Destroyed:
    """Destroy the key, the templates and the references of one version."""
    elsewhere()


@activity.defn
async def list_cameos(order: PageOrder) -> CameoPage:
    """Name the cameos that follow one of them."""
    elsewhere()


@activity.defn
async def rescore_cameo(order: RescoreOrder) -> Rescored:
    """Look at what is stored of one cameo again, and suspend what fails."""
    elsewhere()
