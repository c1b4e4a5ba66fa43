"""Payloads are sealed with the newest key, opened with any, and shown at one door only."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from infra.temporal import payload_keys
from infra.temporal.codec import KEY_ID, EncryptingCodec, PayloadKeyMissing
from infra.temporal.codec_endpoint import codec_router, endpoint_path
from infra.temporal.payload_keys import PayloadKeys, PayloadKeysUnusable

UI = "http://127.0.0.1:8233"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Canary Mirabeau"')


@pytest.fixture
def keys(tmp_path: Path) -> PayloadKeys:
    return payload_keys.ensure(tmp_path)


async def sealed(keys: PayloadKeys, payload: Payload = PLAIN) -> Payload:
    [each] = await EncryptingCodec(keys).encode([payload])
    return each


async def test_what_was_sealed_opens_to_the_same(keys: PayloadKeys) -> None:
    payload = await sealed(keys)
    assert b"Mirabeau" not in payload.SerializeToString()
    assert await EncryptingCodec(keys).decode([payload]) == [PLAIN]


async def test_sealing_twice_gives_other_bytes(keys: PayloadKeys) -> None:
    assert (await sealed(keys)).data != (await sealed(keys)).data


async def test_old_payloads_stay_readable_after_a_new_key(tmp_path: Path) -> None:
    before = await sealed(payload_keys.ensure(tmp_path))
    rotated = payload_keys.rotate(tmp_path)
    after = await sealed(rotated)
    assert before.metadata[KEY_ID] != after.metadata[KEY_ID]
    assert await EncryptingCodec(rotated).decode([before, after]) == [PLAIN, PLAIN]
    assert rotated.door == payload_keys.ensure(tmp_path).door


async def test_what_was_never_sealed_passes(keys: PayloadKeys) -> None:
    assert await EncryptingCodec(keys).decode([PLAIN]) == [PLAIN]


async def test_a_missing_key_is_named(keys: PayloadKeys, tmp_path: Path) -> None:
    other = payload_keys.ensure(tmp_path / "elsewhere")
    with pytest.raises(PayloadKeyMissing, match=other.writing.id):
        await EncryptingCodec(keys).decode([await sealed(other)])


async def test_changed_bytes_never_open(keys: PayloadKeys) -> None:
    payload = await sealed(keys)
    for place in (0, 12, len(payload.data) - 1):
        changed = Payload()
        changed.CopyFrom(payload)
        changed.data = bytes(b ^ (i == place) for i, b in enumerate(payload.data))
        assert await EncryptingCodec(keys).decode([changed]) == [changed]


def test_keys_are_kept_for_their_owner_alone(keys: PayloadKeys, tmp_path: Path) -> None:
    path = tmp_path / payload_keys.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert payload_keys.ensure(tmp_path) == keys
    assert keys.writing.key.get_secret_value().decode() not in repr(keys)


def test_a_spoilt_file_of_keys_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / payload_keys.FILE_NAME
    for spoilt in ('{"keys": []}', '{"keys": [{"id": "a", "key": "c2hvcnQ="}]}', "oops"):
        path.write_text(spoilt)
        with pytest.raises(PayloadKeysUnusable, match="backup"):
            payload_keys.ensure(tmp_path)
        assert path.read_text() == spoilt


def test_a_home_without_keys_encrypts_nothing(tmp_path: Path) -> None:
    assert payload_keys.find(tmp_path) is None


def the_ui(keys: PayloadKeys) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(codec_router(keys, frozenset({UI})))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://codec")


async def decoded(keys: PayloadKeys, payload: Payload, **more: Any) -> httpx.Response:
    body = json_format.MessageToJson(Payloads(payloads=[payload]))
    headers = {"Origin": UI, "X-Namespace": "callsheet", "Content-Type": "application/json"}
    async with the_ui(keys) as ui:
        return await ui.post(f"{endpoint_path(keys)}/decode", content=body, headers=headers)


async def test_the_ui_reads_a_payload_at_its_door(keys: PayloadKeys) -> None:
    answer = await decoded(keys, await sealed(keys))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == UI
    assert json_format.Parse(answer.text, Payloads()).payloads == [PLAIN]


async def test_what_cannot_be_opened_is_a_sentence_in_its_place(
    keys: PayloadKeys, tmp_path: Path
) -> None:
    other = await sealed(payload_keys.ensure(tmp_path / "elsewhere"))
    spoilt = await sealed(keys)
    spoilt.data = spoilt.data[:-1]
    for payload, words in ((other, b"is not here"), (spoilt, b"changed since")):
        answer = await decoded(keys, payload)
        assert answer.status_code == 200
        [shown] = json_format.Parse(answer.text, Payloads()).payloads
        assert shown.metadata["encoding"] == b"json/plain"
        assert words in shown.data


async def test_another_door_stays_shut(keys: PayloadKeys) -> None:
    async with the_ui(keys) as ui:
        answer = await ui.post("/temporal-codec/guessed/decode", content="{}")
    assert answer.status_code == 404


async def test_another_origin_is_not_invited(keys: PayloadKeys) -> None:
    path = f"{endpoint_path(keys)}/decode"
    async with the_ui(keys) as ui:
        invited = await ui.options(path, headers={"Origin": UI})
        stranger = await ui.options(path, headers={"Origin": "http://evil.example"})
    assert invited.status_code == 204
    assert "x-namespace" in invited.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"payloads": 3}'])
async def test_what_is_no_request_is_answered_with_a_4xx(keys: PayloadKeys, body: bytes) -> None:
    async with the_ui(keys) as ui:
        answer = await ui.post(f"{endpoint_path(keys)}/decode", content=body)
    assert answer.status_code == 400
