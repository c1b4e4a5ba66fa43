"""What a caller gets wrong about a workflow's arguments ends its call, and never the worker's task.

Temporal retries a workflow task for ever when its code raises. That is right for a bug of ours,
which a new version repairs; a call with too few arguments would never be repaired.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pydantic
from temporalio import workflow
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from infra.temporal.failures import DiscreetFailureConverter
from infra.temporal.payloads import UnreadablePayload, described, payload_refused


class CallersMistakes(WorkflowInboundInterceptor):
    """Refuses updates and drops signals with the wrong number of arguments; hides quoted input."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        """Run the story; a model that does not validate inside it is reported without its input."""
        try:
            return await self.next.execute_workflow(input)
        except pydantic.ValidationError as invalid:
            raise UnreadablePayload(described(invalid)) from None

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        """Handle an update whose arguments fit, or refuse it."""
        if mistake := _misfit(_updates().get(input.update), len(input.args), own=1):
            raise payload_refused(f"The update {input.update} {mistake}.")
        try:
            return await self.next.handle_update_handler(input)
        except pydantic.ValidationError as invalid:
            raise UnreadablePayload(described(invalid)) from None

    async def handle_signal(self, input: HandleSignalInput) -> None:
        """Handle a signal whose arguments fit; nobody waits for an answer to another one."""
        if mistake := _misfit(_signals().get(input.signal), len(input.args), own=1):
            workflow.logger.warning(f"The signal {input.signal} {mistake}; it was dropped.")
            return
        await self.next.handle_signal(input)


def _definition() -> workflow._Definition:
    return workflow._Definition.must_from_class(type(workflow.instance()))


def _updates() -> dict[str | None, Callable[..., Any]]:
    return {name: each.fn for name, each in _definition().updates.items()}


def _signals() -> dict[str | None, Callable[..., Any]]:
    return {name: each.fn for name, each in _definition().signals.items()}


def _misfit(handler: Callable[..., Any] | None, given: int, own: int = 0) -> str | None:
    """What is wrong with the number of arguments; ``None`` when it fits or nobody can tell.

    ``own`` counts the parameters that no caller sends, such as ``self``.
    """
    if handler is None:
        return None
    signature = inspect.signature(handler)
    try:
        signature.bind(*[None] * (given + own))
    except TypeError:
        return f"takes {len(signature.parameters) - own} argument(s), {given} came"
    return None


class StartChecked(WorkflowRunner):
    """Runs workflows as another runner does, and fails those started with too few or many."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self._runner = runner

    def prepare_workflow(self, defn: workflow._Definition) -> None:
        """Let the other runner prepare."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance whose start is checked."""
        return _StartChecked(self._runner.create_instance(det), det)

    def set_worker_level_failure_exception_types(
        self, types: Sequence[type[BaseException]]
    ) -> None:
        """Let the other runner know."""
        self._runner.set_worker_level_failure_exception_types(types)


class _StartChecked(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, details: WorkflowInstanceDetails) -> None:
        self._instance = instance
        self._details = details

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        for job in act.jobs:
            if job.HasField("initialize_workflow"):
                arguments = len(job.initialize_workflow.arguments)
                if mistake := self._mistake(arguments):
                    return self._failed(act, mistake)
        return self._instance.activate(act)

    def _mistake(self, arguments: int) -> str | None:
        if not self._details.defn.name:
            return None  # a dynamic workflow takes anything
        return _misfit(self._details.defn.run_fn, arguments, own=1)

    def _failed(self, act: WorkflowActivation, mistake: str) -> WorkflowActivationCompletion:
        failure = Failure()
        converter: PayloadConverter = self._details.payload_converter_factory()
        DiscreetFailureConverter().to_failure(
            payload_refused(f"The workflow {self._details.defn.name} {mistake}."),
            converter,
            failure,
        )
        completion = WorkflowActivationCompletion(run_id=act.run_id)
        completion.successful.SetInParent()
        completion.successful.commands.add().fail_workflow_execution.failure.CopyFrom(failure)
        return completion

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> workflow.Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
