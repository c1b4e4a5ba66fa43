"""The sandbox that workflows run in, and which modules need no copy of their own inside it.

Ours that are passed through hold words and constants only; the sandbox does not look inside them,
so a linter bans clock and dice there, and a test runs every story once with nothing passed through.
"""

from __future__ import annotations

from typing import Final

from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from infra.temporal.callers import StartChecked

LIBRARIES: Final = ("ulid", "structlog", "opentelemetry", "typing_extensions")
OURS: Final = (
    "domain",
    "activities.fronts",
    "activities.orders",
    "activities.account.fronts",
    "activities.account.orders",
    "activities.cameo.fronts",
    "activities.cameo.orders",
    "activities.consent.fronts",
    "activities.consent.orders",
    "activities.export.fronts",
    "activities.export.orders",
    "activities.provenance.fronts",
    "activities.provenance.orders",
    "activities.moderation.fronts",
    "activities.moderation.orders",
    "workflows.contracts",
    "workflows.cameo_contracts",
    "workflows.consent_contracts",
    "workflows.moderation_contracts",
    "workflows.export_contracts",
    "workflows.drafting",
    "workflows.screening",
    "workflows.sealing",
    "workflows.toolkit",
)

PACKAGES: Final = (
    "activities",
    "activities.account",
    "activities.cameo",
    "activities.consent",
    "activities.export",
    "activities.moderation",
    "activities.provenance",
)
_LOUD: Final = (
    SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
    | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
)


def restrictions() -> SandboxRestrictions:
    """What the sandbox of a worker forbids, and what it shares with the process."""
    return SandboxRestrictions.default.with_passthrough_modules(*LIBRARIES, *OURS)


def sandboxed() -> WorkflowRunner:
    """The runner of every worker: sandboxed, and polite to callers who start a workflow wrongly."""
    return StartChecked(SandboxedWorkflowRunner(restrictions=restrictions()))


def suspicious() -> WorkflowRunner:
    """For tests: an import that nobody declared raises, as in the rehearsal of a release."""
    # ``from activities import fronts`` names the package, which holds nothing itself
    declared = restrictions().with_passthrough_modules(*PACKAGES)
    loud = declared.with_import_notification_policy(_LOUD)
    return StartChecked(SandboxedWorkflowRunner(restrictions=loud))


def sealed_off() -> WorkflowRunner:
    """For tests: nothing of ours is passed through, so the sandbox sees clock and dice there."""
    own = SandboxRestrictions.default.with_passthrough_modules(*LIBRARIES)
    return StartChecked(SandboxedWorkflowRunner(restrictions=own))
