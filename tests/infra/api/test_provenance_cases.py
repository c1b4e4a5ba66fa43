"""Provenance cases at the door: staff list them, look at one, and close it with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from activities.ledger import Context, Decision
from domain.provenance.case import CASE, OpenCase, case_id
from infra.api.keys import issue_key
from tests import words
from tests.infra.api.conftest import Stage
from tests.infra.api.test_enrolments import code

pytestmark = pytest.mark.servers

CASES = "/v1/provenance/cases"
CLOSE = {"reviewer": "anne", "reason": "bytes-restored"}


@pytest.fixture
async def staff(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    key = issue_key(stage.settings.keys_file, "staff-provenance")
    async with stage.caller(key=key) as http:
        yield http


async def found(stage: Stage, number: int, command: str = "first") -> str:
    """An audit finds that an export does not verify."""
    export_id = words.an_id("exp", number)
    identifier = case_id(export_id, "f" * 64)
    order = OpenCase(
        command_id=f"{identifier}/{command}",
        at=words.moment(number),
        case_id=identifier,
        artefact_id=export_id,
        film_sha256="f" * 64,
        found_by="audit",
        code="provenance-broken",
        explanation="The picture mark is not found.",
    )
    context = Context("worker/audit", f"case/{identifier}")
    await stage.doors.ledger.perform([Decision(CASE, identifier, order)], context)
    return identifier


async def test_a_case_waits_until_it_is_closed_once_with_a_reason(
    stage: Stage, staff: httpx.AsyncClient
) -> None:
    identifier = await found(stage, 501)
    here = f"{CASES}/{identifier}"
    view = (await staff.get(here)).json()
    assert (view["status"], view["found_by"], view["closed_by"]) == ("open", "audit", None)
    assert view["explanation"] == "The picture mark is not found."

    key = {"Idempotency-Key": f"close-{identifier}"}
    first = await staff.post(f"{here}/close", json=CLOSE, headers=key)
    assert first.status_code == 200, first.text
    view = first.json()
    assert (view["status"], view["reason"]) == ("closed", "bytes-restored")
    assert view["closed_by"] == "staff-provenance/anne"
    repeated = await staff.post(f"{here}/close", json=CLOSE, headers=key)
    assert (repeated.status_code, repeated.content) == (200, first.content)
    another = await staff.post(f"{here}/close", json=CLOSE)
    assert code(another) == (409, "provenance-case-not-open")
    assert len(await stage.doors.ledger.events(CASE, identifier)) == 2

    await found(stage, 501, "second")
    view = (await staff.get(here)).json()
    assert (view["status"], view["reason"]) == ("open", "bytes-restored")


async def test_cases_are_listed_by_how_they_stand_a_page_at_a_time(
    stage: Stage, staff: httpx.AsyncClient
) -> None:
    oldest, middle, newest = [await found(stage, number) for number in (511, 512, 513)]
    assert (await staff.post(f"{CASES}/{middle}/close", json=CLOSE)).status_code == 200
    assert (await staff.get(f"{CASES}/{newest}")).status_code == 200  # and the list has it too
    first = (await staff.get(CASES, params={"limit": 1})).json()
    assert [each["case_id"] for each in first["items"]] == [newest]
    second = (await staff.get(CASES, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [each["case_id"] for each in second["items"]] == [oldest]
    closed = (await staff.get(CASES, params={"status": "closed", "limit": 1})).json()
    assert [each["case_id"] for each in closed["items"]] == [middle]


async def test_only_staff_sees_cases_and_what_is_none_is_said_to_be_none(
    stage: Stage, staff: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    here = f"{CASES}/{await found(stage, 521)}"
    for answer in (
        await caller.get(CASES),
        await caller.get(here),
        await caller.post(f"{here}/close", json=CLOSE),
    ):
        assert code(answer) == (403, "key-not-staff")
    nobody = f"{CASES}/{words.an_id('cas', 404)}"
    assert code(await staff.get(nobody)) == (404, "provenance-case-unknown")
    unknown = await staff.post(f"{nobody}/close", json=CLOSE)
    assert code(unknown) == (404, "provenance-case-unknown")
    said = await staff.post(f"{here}/close", json=CLOSE | {"reason": "Because I say so."})
    assert code(said) == (422, "request-invalid")
