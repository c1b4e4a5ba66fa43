"""``temporal.yaml`` as typed values: what the server must have and how each worker behaves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.errors import UserError
from infra.temporal import marked_yaml

PATH: Final = Path(__file__).resolve().parents[2] / "temporal.yaml"

Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class DeploymentRefused(UserError):
    """``temporal.yaml`` does not say what it has to; the message names each line and field."""


class Section(BaseModel):
    """A part of the file. A key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Namespace(Section):
    """Where workflows live and for how many days a closed one is kept."""

    name: Annotated[str, Field(min_length=1)]
    retention_days: Positive


class Fairness(Section):
    """Whose jobs share a queue fairly. Orders carry the key always; the server heeds it if on."""

    enabled: bool
    key: Literal["account"]


class Retry(Section):
    """How long to wait before another attempt: at first, times what, at most."""

    initial_seconds: Seconds
    backoff: Annotated[float, Field(ge=1)]
    interval_seconds_max: Seconds


class Patience(Section):
    """How long one attempt may take, and all attempts with their waits together."""

    start_to_close_seconds: Seconds
    schedule_to_close_seconds: Seconds
    heartbeat_seconds: Seconds | None = None
    retry: Retry


class WorkerSettings(Section):
    """How much one worker process takes on at once. What is left out stays as Temporal has it."""

    workflow_tasks_max: Positive | None = None
    workflows_cached_max: Positive = 1000
    activities_max: Positive | None = None
    local_activities_max: Positive | None = None
    workflow_task_pollers: Annotated[int, Field(ge=2)] = 5
    activity_task_pollers: Positive = 5
    heartbeat_throttle_milliseconds: Positive = 100
    sticky_schedule_to_start_seconds: Seconds = 1
    graceful_shutdown_seconds: Seconds


class TaskQueue(Section):
    """One kind of machine: the process that serves it, with what, and how patiently."""

    process: Literal["orchestration", "media", "studio"]
    machine: str
    worker: WorkerSettings
    workflows: tuple[str, ...] = ()
    activities: dict[str, Patience] = {}
    local_activities: dict[str, Patience] = {}

    @property
    def served(self) -> tuple[str, ...]:
        """Everything that a worker of this queue must have the body of."""
        return (*self.workflows, *self.activities, *self.local_activities)


class Schedule(Section):
    """A workflow that starts by itself, every so many hours after midnight UTC plus an offset."""

    workflow: str
    task_queue: str
    every_hours: Annotated[float, Field(gt=0)]
    offset_minutes: Annotated[float, Field(ge=0)] = 0
    jitter_minutes: Annotated[float, Field(ge=0)] = 0
    overlap: Literal["skip", "buffer-one", "allow-all"] = "skip"
    catchup_window_hours: Annotated[float, Field(gt=0)] = 24
    note: str


class Deployment(Section):
    """The whole file."""

    namespace: Namespace
    search_attributes: dict[str, Literal["Keyword", "KeywordList", "Datetime", "Int", "Bool"]]
    fairness: Fairness
    task_queues: dict[str, TaskQueue]
    schedules: dict[str, Schedule] = {}

    @model_validator(mode="after")
    def _each_thing_stands_once(self) -> Self:
        names = Counter(name for queue in self.task_queues.values() for name in queue.served)
        if twice := sorted(name for name, count in names.items() if count > 1):
            raise ValueError(f"{', '.join(twice)}: served by more than one queue; choose one")
        return self

    @model_validator(mode="after")
    def _schedules_start_what_is_served(self) -> Self:
        for name, schedule in self.schedules.items():
            queue = self.task_queues.get(schedule.task_queue)
            if queue is None or schedule.workflow not in queue.workflows:
                raise ValueError(
                    f"schedule {name} starts {schedule.workflow} on {schedule.task_queue}, "
                    "which does not serve it"
                )
        return self

    def queues_of(self, process: str) -> dict[str, TaskQueue]:
        """The queues that a process of this role serves."""
        return {name: q for name, q in self.task_queues.items() if q.process == process}

    def workflows(self) -> tuple[str, ...]:
        """Every workflow, in the order of the file."""
        return tuple(name for queue in self.task_queues.values() for name in queue.workflows)

    def patience(self) -> dict[str, tuple[str, Patience]]:
        """Every activity with the queue that serves it and the patience it is given."""
        return {
            activity: (name, patience)
            for name, queue in self.task_queues.items()
            for activity, patience in (*queue.activities.items(), *queue.local_activities.items())
        }


def parse(text: str, source: str = "temporal.yaml") -> Deployment:
    """Read a deployment. Raises ``DeploymentRefused`` with the line of every mistake."""
    try:
        marked = marked_yaml.read(text)
    except marked_yaml.YamlRefused as refused:
        raise DeploymentRefused(f"{source}, {refused}") from None
    try:
        return Deployment.model_validate(marked.value)
    except ValidationError as invalid:
        raise DeploymentRefused(_explained(invalid, marked, source)) from None


def load(path: Path = PATH) -> Deployment:
    """Read the deployment from a file."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def _explained(invalid: ValidationError, marked: marked_yaml.Marked, source: str) -> str:
    mistakes = [
        f"{source}, line {marked.line_of(error['loc'])}: "
        f"{'.'.join(map(str, error['loc'])) or 'the file'}: {_said(error['type'], error['msg'])}"
        for error in invalid.errors(include_url=False)
    ]
    return "\n".join(mistakes)


def _said(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a known key; remove it or correct its spelling"
    return message.removeprefix("Value error, ")
