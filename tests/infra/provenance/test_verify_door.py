"""POST /v1/verify: anybody asks what a file is, and nothing they send does harm or stays."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import httpx
import numpy as np
import pytest

from activities.provenance import looking
from activities.provenance.consent import ConsentNow
from activities.provenance.looking import look_apart
from activities.provenance.manifest import Generator
from activities.provenance.picture_mark import PictureMark
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ExaminationTooCostly
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import verify_rendition
from activities.scratch import file_sha256
from infra.api.auth import OpenAccounts
from infra.api.doors import Doors, Limits
from infra.api.keys import ClientKeys
from infra.api.turnstile import Turnstile
from infra.clock import system_clock
from infra.provenance.addresses import Fetcher
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from infra.provenance.verifier import Verifier
from infra.telemetry.metrics import Metrics
from tests.activities.provenance.conftest import ORIGIN, STATEMENT
from tests.activities.provenance.films import KEY, NUMBER, copied, foreign
from tests.activities.takes import write_take
from tests.infra.api.conftest import served
from tests.infra.provenance.test_addresses import ok, web

MP4 = {"Content-Type": "video/mp4"}
LIMITS = Limits(verify_bytes_max=2 << 20, verify_upload_seconds_max=5, verify_film_seconds_max=30)


@dataclass
class Door:
    """The door alone: a real server, a real verifier, the register and the index in memory."""

    doors: Doors
    http: httpx.AsyncClient

    async def says(self, film: Path | bytes) -> dict[str, Any]:
        """The verdict about a file."""
        content = film if isinstance(film, bytes) else film.read_bytes()
        answer = await self.http.post("/v1/verify", content=content, headers=MP4)
        assert answer.status_code == 200, answer.text
        assert list(self.doors.scratch.iterdir()) == [], "something was left behind"
        return cast(dict[str, Any], answer.json())

    async def refuses(self, **request: Any) -> dict[str, Any]:
        """The problem document of a request that is refused."""
        answer = await self.http.post("/v1/verify", **request)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return cast(dict[str, Any], answer.json())


@asynccontextmanager
async def opened(verifier: Verifier, folder: Path, burst: int = 1000) -> AsyncIterator[Door]:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "films.example" else ["10.0.0.1"]

    class Silent:
        async def close(self) -> None:
            """Nobody watches here."""

    (folder / "scratch").mkdir(parents=True)
    parts = SimpleNamespace(
        verifier=verifier,
        fetcher=Fetcher(LIMITS.verify_bytes_max, 5, resolve, lambda ip: ip == "127.0.0.1"),
        turnstile=Turnstile(burst, 6, 8, 2, time.monotonic),
        scratch=folder / "scratch",
        keys=ClientKeys(folder / "keys.json"),
        limits=LIMITS,
        metrics=Metrics(),
        accounts=OpenAccounts(),
        watchers=Silent(),
    )
    doors = cast(Doors, parts)
    async with (
        served(doors) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as http,
    ):
        yield Door(doors, http)


@pytest.fixture(scope="module")
async def verifier(signed: Path, reader: ManifestReader, keys: ProvenanceKeys) -> Verifier:
    register, index = MemoryRegister(), MemoryIndex()
    for number in range(1, NUMBER):
        await register.issue(f"other_{number}")
    assert await register.issue("art_1") == NUMBER
    await register.sealed("art_1", file_sha256(signed, lambda: None))
    await index.remember("art_1", verify_rendition(signed, STATEMENT, reader, KEY, NUMBER).prints)

    async def consent_of(artefact_id: str) -> ConsentNow:
        return "withdrawn" if artefact_id == "art_1" else "unknown"

    return Verifier(replace(keys, mark_keys=(KEY,)), register, index, consent_of)


@pytest.fixture(scope="module")
async def door(verifier: Verifier, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with opened(verifier, tmp_path_factory.mktemp("door")) as door:
        yield door


async def test_the_bytes_that_are_served_are_genuine_and_their_consent_is_told(
    door: Door, signed: Path
) -> None:
    said = await door.says(signed)
    assert said["conclusion"] == "genuine"
    assert said["exact_copy_of"] == said["manifest"]["artefact_id"] == "art_1"
    assert said["made_from"] == {"artefact_id": "art_1", "made_from": []}
    assert said["consents"] == {"art_1": "withdrawn"}
    for segment in said["segments"]:
        assert segment["artefact_id"] == "art_1"
        assert segment["wrong_once_in"] >= 1e6
        assert segment["consent"] == "withdrawn"
    found = {layer for segment in said["segments"] for layer in segment["found"]}
    assert found == {
        *("picture mark", "sound mark", "picture fingerprint", "sound fingerprint"),
    }


async def test_a_copy_from_an_address_is_traced_without_its_manifest(
    door: Door, signed: Path, tmp_path: Path
) -> None:
    copy = copied(signed, tmp_path / "copy.mp4", scale=0.5, crop=0.1)
    async with web(lambda _: ok(copy.read_bytes())) as port:
        address = f"http://films.example:{port}/copy.mp4"
        answer = await door.http.post("/v1/verify", json={"address": address})
    said = answer.json()
    assert said["conclusion"] == "ours", said
    assert said["manifest"]["state"] == "missing"
    assert said["artefact_ids"] == ["art_1"]


async def test_footage_of_others_under_our_mark_is_told_apart(door: Door, tmp_path: Path) -> None:
    mark = PictureMark(KEY, NUMBER)

    def paste(_: int, seen: np.ndarray) -> np.ndarray:
        colours = cv2.cvtColor(seen, cv2.COLOR_RGB2YUV)
        colours[..., 0] = mark.apply(np.ascontiguousarray(colours[..., 0]))
        return np.asarray(cv2.cvtColor(colours, cv2.COLOR_YUV2RGB))

    take = write_take(tmp_path, foreign(6))
    said = await door.says(copied(take, tmp_path / "pasted.mp4", crf=20, picture=paste))
    assert said["conclusion"] == "mark-pasted", said
    assert said["says"] == (
        "Our mark is present, on pictures that are not ours; its manifest is missing."
    )
    assert said["artefact_ids"] == []


async def test_a_manifest_of_somebody_else_is_called_that_and_names_nobody(
    door: Door, tmp_path: Path
) -> None:
    theirs = ProvenanceKeys.ensure(tmp_path / "theirs", system_clock())
    film = copied(write_take(tmp_path, foreign(5)), tmp_path / "film.mp4")
    signer = FilmSigner(theirs.signing, ManifestReader(theirs.roots), Generator("x", "1"))
    signer.sign(film, tmp_path / "signed.mp4", ORIGIN)
    said = await door.says(tmp_path / "signed.mp4")
    assert said["conclusion"] == "not-ours"
    assert said["says"].endswith("its manifest is signed by somebody else.")
    assert said["manifest"]["artefact_id"] is None
    assert said["made_from"] is None
    assert "signingCredential.untrusted" in said["manifest"]["faults"]
    assert ORIGIN.artefact_id not in json.dumps(said)


async def test_a_forged_film_is_not_genuine(door: Door, signed: Path) -> None:
    """Our manifest, and a byte of the sound or picture that somebody changed."""
    changed = bytearray(signed.read_bytes())
    changed[changed.rindex(b"mdat") + 2000] ^= 1
    said = await door.says(bytes(changed))
    assert said["manifest"]["state"] == "broken"
    assert said["exact_copy_of"] is None
    assert said["conclusion"] != "genuine"
    assert said["says"].endswith("its manifest does not fit its bytes.")


async def test_a_film_that_ends_early_says_so(door: Door, signed: Path) -> None:
    said = await door.says(signed.read_bytes()[:-20_000])
    assert said["cut_off"]
    assert said["conclusion"] != "genuine"
    without_index = signed.read_bytes()[:2000]
    problem = await door.refuses(content=without_index, headers=MP4)
    assert problem["code"] == "not-a-film"
    assert "cut off" in problem["detail"]


NO_FILMS = {
    "nothing": b"",
    "words": b"words, nothing but words " * 50,
    "zeros": bytes(4096),
    "a playlist": b"#EXTM3U\n#EXTINF:1\nhttp://127.0.0.1/\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a promise": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + b"\xff" * 500,
}


@pytest.mark.parametrize("content", NO_FILMS.values(), ids=NO_FILMS)
async def test_what_is_no_film_is_refused_with_the_next_step(door: Door, content: bytes) -> None:
    problem = await door.refuses(content=content, headers=MP4)
    assert (problem["status"], problem["code"]) == (422, "not-a-film")
    assert problem["next_step"].startswith("Send an MP4")
    assert list(door.doors.scratch.iterdir()) == []


async def test_ten_gigabytes_are_refused_before_they_are_read(door: Door) -> None:
    host, port = door.http.base_url.host, door.http.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()

    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 << 30:
            sent += 1 << 16
            yield bytes(1 << 16)

    try:
        answer = await door.http.post("/v1/verify", content=endless(), headers=MP4)
        assert answer.status_code == 413
    except (httpx.WriteError, httpx.ReadError):
        pass  # the server hung up while we went on sending
    assert sent < 64 << 20
    assert list(door.doors.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"json": {}}, 422, "request-invalid"),
        ({"json": {"address": "http://films.example/", "more": 1}}, 422, "request-invalid"),
        ({"json": {"address": "http://inside.example/"}}, 422, "address-refused"),
        ({"json": {"address": "file:///etc/passwd"}}, 422, "address-refused"),
        ({"json": {"address": "http://films.example:1/"}}, 422, "address-unanswered"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "body-not-json"),
        ({"files": {"film": b"x"}}, 415, "upload-not-plain"),
    ],
)
async def test_what_cannot_be_asked_is_told(
    door: Door, request_: dict[str, Any], status: int, code: str
) -> None:
    problem = await door.refuses(**request_)
    assert (problem["status"], problem["code"]) == (status, code), problem


async def test_one_address_asks_so_often_and_is_told_when_again(
    verifier: Verifier, tmp_path: Path
) -> None:
    async with opened(verifier, tmp_path, burst=2) as door:
        for _ in range(2):
            assert (await door.refuses(content=b"words"))["code"] == "not-a-film"
        answer = await door.http.post("/v1/verify", content=b"words")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "too-many-requests"


def test_a_look_that_costs_too_much_is_ended(
    signed: Path, keys: ProvenanceKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "CPU_SECONDS", 0)
    with pytest.raises(ExaminationTooCostly, match="0 s of computing"):
        look_apart(signed, keys.roots, [KEY])
