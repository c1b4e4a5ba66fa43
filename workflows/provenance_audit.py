"""Once a day, a sample of what is served is read back, and a missing layer becomes a case."""

from __future__ import annotations

from temporalio import workflow

from activities.export import fronts
from activities.export.orders import Audited, AuditOrder, CaseOrder, SampleOrder
from workflows.export_contracts import PROVENANCE_AUDIT, AuditOutcome
from workflows.toolkit.steps import step


@workflow.defn(name=PROVENANCE_AUDIT)
class ProvenanceAudit:
    """One audit: stored and exported files, each layer of each."""

    @workflow.run
    async def run(self) -> AuditOutcome:
        sample = SampleOrder(day=f"{workflow.now():%Y-%m-%d}")
        summary = f"Choose {sample.count} files at most for {sample.day}"
        chosen = await step(fronts.sample_artefacts, sample, summary)
        looked_at, cases = 0, []
        for artefact_id in chosen.artefact_ids:
            order = AuditOrder(artefact_id=artefact_id)
            found = await step(fronts.audit_artefact, order, f"Read {artefact_id} back")
            looked_at += found.film_sha256 is not None
            if found.code is not None:
                cases.append(await self._open_case(artefact_id, found))
        return AuditOutcome(looked_at=looked_at, cases=tuple(cases))

    async def _open_case(self, artefact_id: str, found: Audited) -> str:
        assert found.film_sha256 is not None, "what is not served has no missing layer"
        assert found.code is not None, "a case has a reason"
        order = CaseOrder(
            artefact_id=artefact_id,
            film_sha256=found.film_sha256,
            found_by="audit",
            code=found.code,
            explanation=found.explanation,
            command_id=f"{workflow.info().workflow_id}/{workflow.info().run_id}/{artefact_id}",
            at=workflow.now(),
            actor="worker/audit",
        )
        return (await step(fronts.open_case, order, f"Open a case about {artefact_id}")).case_id
