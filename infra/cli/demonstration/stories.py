"""The stories of a demo in the Temporal UI: each address opens, and each workflow has ended well.

An enrolment is decided long before it ends: it outlasts the leave to upload, up to 15 minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

import httpx
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from infra.cli.figures import Figures, equals
from infra.settings import Settings
from infra.temporal.client import connect

CHECK: Final = "workflows_opened"
_STAGE: Final = SearchAttributeKey.for_keyword("Stage")
_WELL: Final = frozenset({"completed", "approved"})
_ENDING_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.2

Story = tuple[str, str]
"""A name for people, and the workflow's id."""


async def open_stories(
    settings: Settings, stories: Sequence[Story], figures: Figures, say: Callable[[str], None]
) -> None:
    """Say where each story is to be looked at, and count those that can be and are over."""
    if settings.temporal_ui_url is None:
        figures.failed(CHECK, "No Temporal UI is known; set CALLSHEET_TEMPORAL_UI_URL.")
        return
    client = await connect(settings, role="demo")
    good = 0
    async with httpx.AsyncClient(timeout=10.0) as http:
        for name, workflow_id in stories:
            address = address_of(settings, workflow_id)
            shown = await _answers(http, address)
            status = await _ending(client, workflow_id)
            say(f"{name} in the Temporal UI: {address} ({'opens' if shown else 'fails'}, {status})")
            good += shown and status in _WELL
    figures.measured(CHECK, good, "stories, ended well", goal=equals(len(stories)))


def address_of(settings: Settings, workflow_id: str) -> str:
    """A workflow's page in the Temporal UI."""
    page = f"namespaces/{settings.temporal_namespace}/workflows/{quote(workflow_id, safe='')}"
    return f"{(settings.temporal_ui_url or '').rstrip('/')}/{page}"


async def _answers(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(address, follow_redirects=True)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def _ending(client: Client, workflow_id: str) -> str:
    """How the workflow ended, or what it decided, or how it stands after some seconds."""
    told = "unknown"
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            while True:
                described = await client.get_workflow_handle(workflow_id).describe()
                told = _told(described)
                if told in _WELL or described.status is not WorkflowExecutionStatus.RUNNING:
                    return told
                await asyncio.sleep(_LOOK_SECONDS)
    except (TimeoutError, RPCError):
        return told


def _told(described: WorkflowExecutionDescription) -> str:
    status = described.status
    if status is WorkflowExecutionStatus.RUNNING:
        return described.typed_search_attributes.get(_STAGE) or "running"
    return "unknown" if status is None else status.name.lower().replace("_", " ")
