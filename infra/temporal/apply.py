"""Makes a Temporal server agree with ``temporal.yaml``, and says in what it does not.

Only what the file names is compared: namespaces, search attributes and schedules of others stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from infra.errors import UserError
from infra.settings import Settings
from infra.temporal import schedules
from infra.temporal.client import connect
from infra.temporal.deployment import Deployment, load

SETTLE_SECONDS_MAX: Final = 30.0
_PAUSE_SECONDS: Final = 0.2
_DAY_SECONDS: Final = 24 * 60 * 60
_PREFIX: Final = "INDEXED_VALUE_TYPE_"

Repair = Callable[[], Awaitable[None]]


class DeploymentConflict(UserError):
    """The server has something that cannot be changed into what ``temporal.yaml`` asks for."""


@dataclass(frozen=True)
class Difference:
    """One thing in which the server is not as the file says, and how to change that."""

    place: str
    """Where it stands in the file, such as ``search_attributes.Stage``."""
    wanted: str
    found: str
    repair: Repair

    def __str__(self) -> str:
        return f"{self.place}: wanted {self.wanted}, found {self.found}"


async def diff(client: Client, deployment: Deployment) -> list[Difference]:
    """What the server lacks, in the order in which it has to be repaired."""
    namespace = await _namespace_difference(client, deployment)
    if namespace is not None and namespace.found == "nothing":
        return [
            namespace,
            *_all_attributes(client, deployment),
            *_all_schedules(client, deployment),
        ]
    return [
        *([namespace] if namespace else []),
        *await _attribute_differences(client, deployment),
        *await _schedule_differences(client, deployment),
    ]


async def apply(client: Client, deployment: Deployment) -> list[Difference]:
    """Repair every difference and say which there were. Raises ``DeploymentConflict``."""
    differences = await diff(client, deployment)
    for difference in differences:
        await difference.repair()
    if differences:
        await _settled(client, deployment)
    return differences


async def apply_deployment(
    settings: Settings, deployment: Deployment | None = None
) -> list[Difference]:
    """Apply ``temporal.yaml``, with the namespace that the settings name, to their server."""
    wanted = for_settings(deployment or load(), settings)
    return await apply(await connect(settings, role="deployment"), wanted)


def for_settings(deployment: Deployment, settings: Settings) -> Deployment:
    """The deployment in the namespace of these settings."""
    namespace = deployment.namespace.model_copy(update={"name": settings.temporal_namespace})
    return deployment.model_copy(update={"namespace": namespace})


async def _settled(client: Client, deployment: Deployment) -> None:
    """Servers cache namespaces and attributes for some seconds: wait until they agree."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS_MAX
    while remaining := await diff(client, deployment):
        if asyncio.get_running_loop().time() > deadline:
            raise DeploymentConflict(
                f"Temporal was told and does not agree after {SETTLE_SECONDS_MAX:g} seconds: "
                f"{'; '.join(map(str, remaining))}. Apply again, or ask its administrator."
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def _namespace_difference(client: Client, deployment: Deployment) -> Difference | None:
    name, days = deployment.namespace.name, deployment.namespace.retention_days
    retention = Duration(seconds=days * _DAY_SECONDS)

    async def create() -> None:
        request = RegisterNamespaceRequest(
            namespace=name, workflow_execution_retention_period=retention
        )
        await client.workflow_service.register_namespace(request)
        await _until_known(client, deployment)

    async def update() -> None:
        config = NamespaceConfig(workflow_execution_retention_ttl=retention)
        request = UpdateNamespaceRequest(namespace=name, config=config)
        await client.workflow_service.update_namespace(request)

    place, wanted = f"namespace.{name}", f"{days} days of retention"
    try:
        request = DescribeNamespaceRequest(namespace=name)
        answer = await client.workflow_service.describe_namespace(request)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return Difference(place, wanted, "nothing", create)
    found = answer.config.workflow_execution_retention_ttl.seconds / _DAY_SECONDS
    if found == days:
        return None
    return Difference(place, wanted, f"{found:g} days of retention", update)


async def _until_known(client: Client, deployment: Deployment) -> None:
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS_MAX
    while True:
        try:
            await _attribute_differences(client, deployment)
            await _schedule_differences(client, deployment)
        except RPCError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def _attribute_differences(client: Client, deployment: Deployment) -> list[Difference]:
    request = ListSearchAttributesRequest(namespace=deployment.namespace.name)
    answer = await client.operator_service.list_search_attributes(request)
    found = {
        name: _kind_name(number)
        for name, number in {**answer.system_attributes, **answer.custom_attributes}.items()
    }
    return [
        each for each in _all_attributes(client, deployment, found) if each.found != each.wanted
    ]


def _all_attributes(
    client: Client, deployment: Deployment, found: dict[str, str] | None = None
) -> list[Difference]:
    return [
        Difference(
            f"search_attributes.{name}",
            kind,
            (found or {}).get(name, "nothing"),
            _attribute_repair(client, deployment, name, kind, (found or {}).get(name)),
        )
        for name, kind in deployment.search_attributes.items()
    ]


def _attribute_repair(
    client: Client, deployment: Deployment, name: str, kind: str, found: str | None
) -> Repair:
    async def repair() -> None:
        if found is not None:
            raise DeploymentConflict(
                f"The search attribute {name} is {found} on the server and {kind} in "
                "temporal.yaml; its kind cannot change, so give the new one another name."
            )
        request = AddSearchAttributesRequest(
            namespace=deployment.namespace.name,
            search_attributes={name: _kind_number(kind)},
        )
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if error.status != RPCStatusCode.ALREADY_EXISTS:
                raise

    return repair


def _kind_number(kind: str) -> IndexedValueType.ValueType:
    upper = "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(kind)).upper()
    return IndexedValueType.Value(f"{_PREFIX}{upper}")


def _kind_name(number: IndexedValueType.ValueType) -> str:
    return IndexedValueType.Name(number).removeprefix(_PREFIX).title().replace("_", "")


async def _schedule_differences(client: Client, deployment: Deployment) -> list[Difference]:
    found = [
        (each, await schedules.found(client, name))
        for name, each in zip(deployment.schedules, _all_schedules(client, deployment), strict=True)
    ]
    return [
        Difference(each.place, each.wanted, said or "nothing", each.repair)
        for each, said in found
        if said != each.wanted
    ]


def _all_schedules(client: Client, deployment: Deployment) -> list[Difference]:
    return [
        Difference(
            f"schedules.{name}",
            schedules.wanted(name, schedule),
            "nothing",
            schedules.repair(client, name, schedule),
        )
        for name, schedule in deployment.schedules.items()
    ]
