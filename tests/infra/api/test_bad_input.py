"""What callers get wrong: a problem document with field and limit, and nothing recorded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.infra.api.conftest import Stage
from tests.words import an_id

pytestmark = pytest.mark.servers

CANARY = "kanarienvogel-7Q"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """A request that cannot be granted, and what its problem document must say."""

    name: str
    status: int
    code: str
    body: bytes | dict[str, Any] = b""
    named: str | None = None
    limit: str | None = None
    headers: dict[str, str | bytes | None] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/v1/generations"


def brief(**changes: Any) -> dict[str, Any]:
    return {"prompt": f"a boat named {CANARY}"} | changes


def invalid(name: str, named: str, limit: str | None = None, **changes: Any) -> Bad:
    return Bad(name, 422, "request-invalid", brief(**changes), named, limit)


SHOT = {"prompt": CANARY, "seconds": 7}
GENERATION = an_id("gen", 99)

TABLE = [
    invalid("no words", "prompt", "min_length 1", prompt=""),
    invalid("blank words", "prompt", prompt=" \n\t"),
    invalid("100,000 characters", "prompt", "max_length 4000", prompt=CANARY * 6250),
    invalid("a NUL", "prompt", prompt=f"{CANARY}\x00"),
    invalid("half a character", "prompt", prompt=f"{CANARY}\ud800"),
    invalid("a prompt that is a number", "prompt", prompt=7),
    invalid("a prompt that is a list", "prompt", prompt=[CANARY]),
    invalid("negative seconds", "seconds", "ge 0.5", seconds=-1),
    invalid("no seconds at all", "seconds", "ge 0.5", seconds=0),
    invalid("an hour", "seconds", "le 20.0", seconds=3600),
    invalid("seconds as a word", "seconds", seconds="3"),
    invalid("seconds that are true", "seconds", seconds=True),
    invalid("negative width", "width", "ge 64", width=-640),
    invalid("huge height", "height", "le 1280", height=10**9),
    invalid("astronomic width", "width", "le 1280", width=10**400),
    invalid("odd width", "width", "multiple_of 16", width=641),
    invalid("half a pixel", "width", width=640.5),
    invalid("too many pixels", "width", "921600", width=1280, height=1280),
    invalid("too few frames", "fps", "ge 8", fps=0),
    invalid("too many frames", "fps", "le 30", fps=1000),
    invalid("a negative seed", "seed", "ge 0", seed=-1),
    invalid("a seed of 33 bits", "seed", f"le {2**32 - 1}", seed=2**32),
    invalid("a seed of 64 bits", "seed", f"le {2**32 - 1}", seed=2**63),
    invalid("a sampler that nobody knows", "sampler", sampler="no-such-sampler"),
    invalid("a sampler with a path", "sampler", sampler="../../etc"),
    invalid("nine shots", "shots", "max_length 8", shots=[SHOT | {"seconds": 1}] * 9),
    invalid("shots that are too long together", "shots", "20 seconds", shots=[SHOT] * 3),
    invalid("seconds beside shots", "seconds", shots=[SHOT], seconds=3),
    invalid("a shot without words", "shots.0.prompt", "min_length 1", shots=[{"prompt": ""}]),
    invalid("a blank shot", "shots.0.prompt", shots=[{"prompt": "  "}]),
    invalid("a cast of five", "shots.0.cast", "max_length 4",
        shots=[SHOT | {"cast": [f"@a{n}" for n in range(5)]}]),
    invalid("a handle that is none", "shots.0.cast.0", shots=[SHOT | {"cast": [CANARY]}]),
    invalid("a speaker who is not in the cast", "shots.0",
        shots=[SHOT | {"lines": [{"text": CANARY, "speaker": "@ada"}]}]),
    invalid("more words than time", "shots.0",
        shots=[{"prompt": "x", "seconds": 1, "lines": [{"text": "x" * 26}]}]),
    invalid("a camera that rolls", "shots.0.camera", shots=[SHOT | {"camera": "roll"}]),
    invalid("a first shot that continues", "body", shots=[SHOT | {"continues": True}]),
    invalid("a field that does not exist", "colour", colour=CANARY),
    Bad("a field named like a prompt", 422, "request-invalid",
        {"prompt": "x", f"{CANARY} says": 1}, "(a field with an unusual name)"),
    Bad("nothing at all", 422, "request-invalid", {}, "prompt"),
    Bad("no body", 422, "request-invalid", b"", "body"),
    Bad("a list", 422, "request-invalid", b"[]", "body"),
    Bad("null", 422, "request-invalid", b"null", "body"),
    Bad("a string", 422, "request-invalid", json.dumps(CANARY).encode(), "body"),
    Bad("not JSON", 400, "body-not-json", b'{"prompt": ' + CANARY.encode(), "body"),
    Bad("not a number", 400, "body-not-json", b'{"prompt": "x", "seconds": NaN}', "body"),
    Bad("a number of 5,000 digits", 400, "body-not-json",
        b'{"prompt": "x", "seed": ' + b"9" * 5000 + b"}", "body"),
    Bad("nested 20,000 deep", 400, "body-not-json", b"[" * 20_000, "body"),
    Bad("not UTF-8", 400, "body-not-utf8", b'{"prompt": "' + b"\xff\xfe" + b'"}', "body"),
    Bad("UTF-16", 400, "body-not-utf8", json.dumps(brief()).encode("utf-16"), "body"),
    Bad("a form", 415, "body-not-declared-json", b"prompt=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"}),
    Bad("a megabyte", 413, "body-too-large", b'{"prompt": "' + b"x" * 2**20 + b'"}', "body",
        "262144 bytes"),
    Bad("no account", 422, "request-invalid", brief(), "callsheet-account",
        headers={"Callsheet-Account": None}),
    Bad("a malformed account", 422, "request-invalid", brief(), "callsheet-account",
        headers={"Callsheet-Account": CANARY}),
    Bad("an unknown account", 403, "account-unknown", brief(),
        headers={"Callsheet-Account": an_id("acc", 99)}),
    Bad("no key", 401, "key-missing", brief(), headers={"Authorization": None}),
    Bad("another scheme", 401, "key-missing", brief(), headers={"Authorization": "Basic eDp5"}),
    Bad("a wrong key", 401, "key-unknown", brief(), headers={"Authorization": "Bearer csk_x"}),
    Bad("a key that is no ASCII", 401, "key-unknown", brief(),
        headers={"Authorization": "Bearer schlüssel".encode()}),
    Bad("an Idempotency-Key with a space", 422, "request-invalid", brief(), "idempotency-key",
        headers={"Idempotency-Key": "a b"}),
    Bad("an endless Idempotency-Key", 422, "request-invalid", brief(), "idempotency-key",
        headers={"Idempotency-Key": "k" * 256}),
    Bad("an id that does not exist", 404, "generation-unknown", method="GET",
        path=f"/v1/generations/{GENERATION}"),
    Bad("a malformed id", 422, "request-invalid", method="GET", named="generation_id",
        path=f"/v1/generations/{CANARY}"),
    Bad("a NUL in an id", 422, "request-invalid", method="GET", named="generation_id",
        path=f"/v1/generations/{GENERATION}%00"),
    Bad("stopping what does not exist", 404, "generation-unknown",
        path=f"/v1/generations/{GENERATION}/cancel"),
    Bad("changing what does not exist", 404, "generation-unknown",
        {"shots": [{"number": 1, "prompt": CANARY}]},
        path=f"/v1/generations/{GENERATION}/revisions"),
    Bad("a video that does not exist", 404, "video-unknown", method="GET",
        path=f"/v1/videos/{an_id('vid', 99)}"),
    Bad("content of a video that does not exist", 404, "video-unknown", method="GET",
        path=f"/v1/videos/{an_id('vid', 99)}/content"),
    Bad("a variant that does not exist", 422, "request-invalid", method="GET", named="variant",
        path=f"/v1/videos/{an_id('vid', 99)}/content?variant=raw"),
    Bad("no items", 422, "request-invalid", method="GET", named="limit", limit="ge 1",
        path="/v1/generations?limit=0"),
    Bad("a million items", 422, "request-invalid", method="GET", named="limit", limit="le 100",
        path="/v1/feed?limit=1000000"),
    Bad("a cursor of somebody else", 422, "request-invalid", method="GET", named="cursor",
        path="/v1/generations?cursor=WyJhIl0"),
    Bad("a cursor that is noise", 422, "request-invalid", method="GET", named="cursor",
        path="/v1/feed?cursor=%F0%9F%A6%86"),
    Bad("an address that does not exist", 404, "route-unknown", method="GET", path="/v2/films"),
    Bad("a method that does not exist", 405, "method-not-allowed", method="DELETE",
        path="/v1/generations"),
]  # fmt: skip


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
async def test_bad_input_is_explained_and_leaves_nothing(
    stage: Stage, caller: httpx.AsyncClient, bad: Bad
) -> None:
    account = caller.headers["Callsheet-Account"]
    await _quiet(stage)
    head, started = await stage.log.head(), await _started(stage, account)

    answer = await _sent(caller, bad)

    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (bad.status, bad.code), answer.text
    assert problem["status"] == bad.status
    assert all(problem[each] for each in ("type", "title", "detail", "stage", "next_step"))
    if bad.named:
        assert bad.named in [each["field"] for each in problem["errors"]], problem["errors"]
    if bad.limit:
        assert bad.limit in [each.get("limit") for each in problem["errors"]], problem["errors"]
    if bad.status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert CANARY not in answer.text
    assert await stage.log.head() == head
    assert await _started(stage, account) == started


async def _sent(caller: httpx.AsyncClient, bad: Bad) -> httpx.Response:
    content = bad.body if isinstance(bad.body, bytes) else json.dumps(bad.body).encode()
    request = caller.build_request(
        bad.method, bad.path, content=content or None, headers=JSON if content else {}
    )
    for name, value in bad.headers.items():
        if value is None:
            request.headers.pop(name, None)
        elif isinstance(value, bytes):
            request.headers = httpx.Headers(
                [(k, v) for k, v in request.headers.raw if k.lower() != name.lower().encode()]
                + [(name.encode(), value)]
            )
        else:
            request.headers[name] = value
    return await caller.send(request)


async def _started(stage: Stage, account: str) -> int:
    query = f"WorkflowId STARTS_WITH 'generation/' AND AccountId = '{account}'"
    return (await stage.doors.client.count_workflows(query)).count


async def _quiet(stage: Stage) -> None:
    """Until stories that other tests began write nothing more."""
    head = -1
    while (now := await stage.log.head()) != head:
        head = now
        await asyncio.sleep(0.05)


async def test_a_body_in_endless_small_pieces_is_stopped_at_the_limit(
    caller: httpx.AsyncClient,
) -> None:
    sent = 0

    async def pieces() -> Any:
        nonlocal sent
        for _ in range(400):
            sent += 1
            yield b"x" * 1024

    answer = await caller.post("/v1/generations", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
