"""The process that tells the stories: workflows, and the decisions that they take on the log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from activities.account.telling import TellingActivities
from activities.cameo.enrolment import EnrolmentActivities
from activities.cameo.freezing import FreezingActivities
from activities.consent.admission import AdmissionActivities
from activities.consent.asking import AskingActivities
from activities.consent.leaving import LeavingDesk
from activities.export.desk import ExportDesk
from activities.generation import GenerationActivities
from activities.moderation.elsewhere import Elsewhere
from activities.moderation.hearing import HearingActivities
from infra.bootstrap import desk_on, ledger_on, office_on, open_log, policies_on
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import load
from infra.temporal.workers import run_workers
from workflows.cameo_deletion import CameoDeletion
from workflows.cameo_enrollment import CameoEnrollment
from workflows.cameo_rescore import CameoRescore
from workflows.consent_request import ConsentRequest
from workflows.content_moderation import ContentModeration
from workflows.likeness_retention import LikenessRetention
from workflows.provenance_audit import ProvenanceAudit
from workflows.staging_sweep import StagingSweep
from workflows.video_export import VideoExport
from workflows.video_generation import VideoGeneration
from workflows.video_takedown import VideoTakedown

ROLE = "orchestration"
STORIES: Final = (
    VideoGeneration,
    StagingSweep,
    CameoEnrollment,
    LikenessRetention,
    CameoDeletion,
    ConsentRequest,
    CameoRescore,
    ContentModeration,
    VideoExport,
    VideoTakedown,
    ProvenanceAudit,
)


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the queue ``orchestration`` until cancelled."""
    with observed(settings, ROLE) as metrics:
        async with open_log(settings) as log:
            ledger, desk, office = ledger_on(log), desk_on(log), office_on(log, settings)
            elsewhere = Elsewhere(ledger, policies_on(log))
            bodies = [
                *GenerationActivities(ledger, office).bodies,
                *AdmissionActivities(office).bodies,
                *TellingActivities(ledger).bodies,
                *EnrolmentActivities(ledger, secrets.token_bytes).bodies,
                *FreezingActivities(ledger).bodies,
                *AskingActivities(ledger, desk).bodies,
                *HearingActivities(ledger).bodies,
                *ExportDesk(ledger, LeavingDesk(ledger, office), elsewhere).bodies,
            ]
            await run_workers(
                await connect(settings, role=ROLE),
                load(),
                ROLE,
                workflows=STORIES,
                activities=bodies,
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
