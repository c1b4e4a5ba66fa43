"""Typed, empty twins of the activities of exports, takedowns and audits."""

from __future__ import annotations

from temporalio import activity

from activities.export.orders import (
    Audited,
    AuditOrder,
    AuditSample,
    Branded,
    BrandingOrder,
    CaseOrder,
    CaseStanding,
    ExportBegun,
    ExportCompletion,
    ExportOrder,
    ExportProven,
    ExportProvingOrder,
    ExportRefusal,
    ExportStanding,
    KeepDownOrder,
    KeptDown,
    SampleOrder,
    TakedownOrder,
    TakenDownNow,
)
from activities.fronts import elsewhere


@activity.defn
async def record_export(order: ExportOrder) -> ExportBegun:
    """Accept the request for a copy, if everybody in the video consents."""
    elsewhere()


@activity.defn
async def brand_video(order: BrandingOrder) -> Branded:
    """Write the video anew with the visible mark, sign it, and put it in its place."""
    elsewhere()


@activity.defn
async def prove_export(order: ExportProvingOrder) -> ExportProven:
    """Verify every layer on the bytes that would be served."""
    elsewhere()


@activity.defn
async def complete_export(order: ExportCompletion) -> ExportStanding:
    """Let the copy leave, in one append with the consent that it rests on."""
    elsewhere()


@activity.defn
async def refuse_export(order: ExportRefusal) -> ExportStanding:
    """Write down why there is no copy."""
    elsewhere()


@activity.defn
async def open_case(order: CaseOrder) -> CaseStanding:
    """Open a case about bytes on which a layer does not verify."""
    elsewhere()


@activity.defn
async def take_down_video(order: TakedownOrder) -> TakenDownNow:
    """Take a video out of everybody's sight."""
    elsewhere()


@activity.defn
async def keep_video_down(order: KeepDownOrder) -> KeptDown:
    """Remember the fingerprints of a video that was taken down."""
    elsewhere()


@activity.defn
async def sample_artefacts(order: SampleOrder) -> AuditSample:
    """Choose artefacts that are served."""
    elsewhere()


@activity.defn
async def audit_artefact(order: AuditOrder) -> Audited:
    """Read every layer back from an artefact's stored bytes."""
    elsewhere()
