"""``./callsheet verify FILE``: what is printed about a file, and with which code it leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from activities.provenance.agreement import Statement
from activities.provenance.manifest import Generator, Origin
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import mark_rendition, sign_rendition, verify_rendition
from activities.scratch import file_sha256
from domain.generation.events import VideoRequested
from domain.video.video import VideoReleased
from infra.cli.__main__ import main
from infra.cli.consent_proofs import tell
from infra.clock import system_clock
from infra.eventlog.postgres import PostgresEventLog
from infra.provenance.index import PostgresIndex
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.register import PostgresRegister
from tests import words
from tests.activities.provenance.films import copied, foreign
from tests.activities.provenance.releasing import TIMING
from tests.activities.takes import write_take
from tests.servers import PostgresServer

pytestmark = pytest.mark.servers

ORIGIN = Origin(words.VIDEO_ID, words.GENERATION_ID, "aa" * 32, "bb" * 32)


@dataclass(frozen=True)
class Home:
    """An installation that made one film: its folder, what it serves, and its database."""

    path: Path
    film: Path
    dsn: str


@dataclass(frozen=True)
class Told:
    """What the command left with and printed."""

    code: int
    out: str
    error: str


class Terminal:
    """Where somebody types the command, in an installation of their own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def verify(self, *arguments: str | Path) -> Told:
        """In a thread of its own: the command brings its own event loop."""
        code = await asyncio.to_thread(main, ["verify", *map(str, arguments)])
        printed = self._capsys.readouterr()
        return Told(code, printed.out, printed.err)


@pytest.fixture(scope="module")
async def home(short_take: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    path = tmp_path_factory.mktemp("home")
    with PostgresServer() as server:
        yield Home(path, await _made(path, short_take, server.dsn), server.dsn)


async def _made(home: Path, take: Path, dsn: str) -> Path:
    """A film with every layer, on record in the database, in which nobody was cast."""
    keys = ProvenanceKeys.ensure(home, system_clock())
    marked, signed, reader = home / "marked.mp4", home / "film.mp4", ManifestReader(keys.roots)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        async with pool.acquire() as connection:
            await PostgresRegister.migrate(connection)
            await PostgresIndex.migrate(connection)
        register = PostgresRegister(pool)
        number = await register.issue(words.VIDEO_ID)
        mark_rendition(take, marked, TIMING, keys.marking, number)
        signer = FilmSigner(keys.signing, reader, Generator("animatic", "1"))
        sign_rendition(signer, marked, signed, ORIGIN)
        verified = verify_rendition(signed, Statement(ORIGIN), reader, keys.marking, number)
        await PostgresIndex(pool).remember(words.VIDEO_ID, verified.prints)
        await register.sealed(words.VIDEO_ID, file_sha256(signed, lambda: None))
    await _logged(dsn)
    return signed


async def _logged(dsn: str) -> None:
    whose = {"generation_id": words.GENERATION_ID, "account_id": words.ACCOUNT_ID}
    asked = VideoRequested(at=words.moment(), brief=words.BRIEF, **whose)
    shown = VideoReleased(
        at=words.moment(5), video_id=words.VIDEO_ID, rendition=words.RENDITION, **whose
    )
    await PostgresEventLog.migrate(dsn)
    async with PostgresEventLog(dsn) as log:
        streams = f"generation-{words.GENERATION_ID}", f"video-{words.VIDEO_ID}"
        await tell(log, list(zip(streams, (asked, shown), strict=True)))


@pytest.fixture
def terminal(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    monkeypatch.setenv("CALLSHEET_HOME", str(home.path))
    monkeypatch.setenv("CALLSHEET_POSTGRES_URL", home.dsn)
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal(capsys)


async def test_a_film_of_ours_is_genuine_and_the_whole_answer_is_written_where_it_is_asked_for(
    home: Home, terminal: Terminal, tmp_path: Path
) -> None:
    told = await terminal.verify(home.film, "--json", tmp_path / "answer.json")
    assert (told.code, told.error) == (0, "")
    assert told.out.startswith("genuine  These are exactly the bytes that we serve;")
    assert f"{words.VIDEO_ID} (picture mark, sound mark, picture fingerprint" in told.out
    assert f"consent behind {words.VIDEO_ID}: none was needed, nobody was cast" in told.out
    assert f"{words.VIDEO_ID} signed by Callsheet" in told.out
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert (answer["conclusion"], answer["exact_copy_of"]) == ("genuine", words.VIDEO_ID)


async def test_a_stripped_copy_is_ours_by_its_marks_and_prints(
    home: Home, terminal: Terminal, tmp_path: Path
) -> None:
    told = await terminal.verify(copied(home.film, tmp_path / "copy.mp4", scale=0.5))
    assert (told.code, told.error) == (0, "")
    assert told.out.startswith("ours  Made here: our marks or fingerprints are present;")
    assert "its manifest is missing" in told.out
    assert f"{words.VIDEO_ID} (" in told.out
    assert "signed by" not in told.out


async def test_a_foreign_film_is_not_ours_and_the_code_says_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    film = copied(write_take(tmp_path, foreign(5)), tmp_path / "foreign.mp4", seconds=3.0)
    told = await terminal.verify(film)
    assert (told.code, told.error) == (3, "")
    assert told.out.startswith("not-ours  Not ours, as far as can be seen; its manifest is missing")
    assert "nothing of ours" in told.out
    assert "consent" not in told.out


async def test_what_is_no_film_is_said_in_a_sentence_with_the_next_step(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("words, nothing but words " * 50)
    told = await terminal.verify(path)
    assert (told.code, told.out) == (1, "")
    assert told.error.startswith(f"callsheet: {path}: This file cannot be read as a film.")
    assert "Send an MP4" in told.error
    assert "Traceback" not in told.error
    missing = await terminal.verify(tmp_path / "nothing.mp4")
    assert (missing.code, missing.out) == (1, "")
    assert "is no file. Give the path of a film." in missing.error


async def test_without_a_database_a_manifest_is_all_there_is_and_that_is_said(
    home: Home, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALLSHEET_POSTGRES_URL")
    told = await terminal.verify(home.film)
    assert told.code == 0
    assert told.out.startswith("signed  Signed by us; its manifest holds.")
    assert "No database is known: marks and fingerprints were compared with nothing." in told.out


async def test_a_home_that_signed_nothing_says_whose_to_name(
    home: Home, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    told = await terminal.verify(home.film)
    assert (told.code, told.out) == (1, "")
    assert "holds no provenance keys" in told.error
    assert "Set CALLSHEET_HOME" in told.error
