"""The process that makes films of takes, looks at clips, and keeps the object store in order."""

from __future__ import annotations

from collections.abc import Callable

from activities.cameo.comparison import compare
from activities.cameo.examination import ExaminationActivities
from activities.cameo.keeping import KeepingActivities
from activities.cameo.receipt import ReceiptActivities
from activities.cameo.rescore import RescoringActivities
from activities.cameo.rescoring import look_again
from activities.export.auditing import AuditActivities
from activities.export.making import ExportActivities
from activities.film.formats import FORMATS
from activities.likeness.examine import examine
from activities.media import MediaActivities
from activities.moderation.judging import JudgingActivities
from activities.provenance.lineage import Lineage
from activities.provenance.manifest import FORMAT as SIGNED_TYPE
from activities.provenance.sealing import SealingActivities
from infra.bootstrap import (
    desk_on,
    ledger_on,
    object_store,
    office_on,
    open_cameo_index,
    open_gallery,
    open_log,
    open_provenance,
    open_screener,
    open_vault,
    policies_on,
)
from infra.clock import system_clock
from infra.errors import UserError
from infra.processes.observed import observed
from infra.settings import Settings
from infra.telemetry.metrics import ActivityTimes
from infra.temporal.client import connect
from infra.temporal.deployment import load
from infra.temporal.workers import run_workers

ROLE = "media"


async def main(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the queues ``media`` and ``io`` until cancelled. Raises UserError."""
    form = FORMATS[settings.film_format]
    if form.content_type != SIGNED_TYPE:
        raise UserError(
            f"Films in {form.name} carry no signature, and what is not signed is not released. "
            "Set CALLSHEET_FILM_FORMAT to h264, or unset it."
        )
    with observed(settings, ROLE) as metrics:
        async with (
            open_log(settings) as log,
            object_store(settings) as store,
            open_gallery(settings) as gallery,
            open_cameo_index(settings) as index,
            open_provenance(settings) as kit,
            open_screener(settings, gallery) as screener,
        ):
            ledger = ledger_on(log)
            scratch, vault = settings.home / "scratch", open_vault(settings)
            films = MediaActivities(
                store,
                ledger,
                system_clock,
                scratch,
                settings.takes_kept_days,
                form,
                kit,
            )
            lineage = Lineage(ledger, office_on(log))
            judging = JudgingActivities(
                ledger,
                desk_on(log),
                policies_on(log),
                vault,
                store,
                screener,
                scratch,
            )
            bodies = [
                *films.bodies,
                *judging.bodies,
                *ExportActivities(store, ledger, kit, scratch, settings.visible_mark).bodies,
                *AuditActivities(store, ledger, kit, scratch).bodies,
                *SealingActivities(store, ledger, kit, lineage, scratch).bodies,
                *ReceiptActivities(store, ledger, vault, gallery, scratch).bodies,
                *ExaminationActivities(
                    store, ledger, vault, gallery, examine, compare, scratch
                ).bodies,
                *KeepingActivities(store, ledger, vault, gallery).bodies,
                *RescoringActivities(
                    store, ledger, vault, gallery, index, look_again, scratch
                ).bodies,
            ]
            await run_workers(
                await connect(settings, role=ROLE),
                load(),
                ROLE,
                activities=bodies,
                ready=ready,
                interceptors=[ActivityTimes(metrics)],
            )
