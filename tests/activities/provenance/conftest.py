"""One film, marked and signed once for all tests of this room, and its keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.provenance.agreement import Statement
from activities.provenance.manifest import Generator, Origin
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner
from activities.provenance.steps import mark_rendition, sign_rendition
from infra.provenance.keys import ProvenanceKeys
from tests.activities.provenance.films import KEY, NUMBER, TIMING, drawn
from tests.activities.provenance.releasing import TIMING as SHORT
from tests.activities.takes import write_take

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ORIGIN = Origin(
    artefact_id="art_1",
    generation_id="gen_1",
    plan_sha256="aa" * 32,
    policy_sha256="bb" * 32,
    receipt_sha256s=("cc" * 32,),
)
STATEMENT = Statement(ORIGIN)
"""What the signed film has to say."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("provenance")


@pytest.fixture(scope="session")
def keys(folder: Path) -> ProvenanceKeys:
    return ProvenanceKeys.ensure(folder / "home", datetime.now(UTC))  # noqa: TID251 certificates


@pytest.fixture(scope="session")
def reader(keys: ProvenanceKeys) -> ManifestReader:
    return ManifestReader(keys.roots)


@pytest.fixture(scope="session")
def signer(keys: ProvenanceKeys, reader: ManifestReader) -> FilmSigner:
    return FilmSigner(keys.signing, reader, Generator("animatic", "1"))


@pytest.fixture(scope="session")
def take(folder: Path) -> Path:
    return write_take(folder, drawn(seed=3))


@pytest.fixture(scope="session")
def short_take(folder: Path) -> Path:
    """Three seconds of a cartoon with music."""
    whole = drawn(seed=3)
    sound = whole.audio[:, : SHORT.samples]
    short = replace(whole, frames=whole.frames[: SHORT.frames], audio=sound)
    return write_take(folder, short, "short.mkv")


@pytest.fixture(scope="session")
def marked(take: Path, folder: Path) -> Path:
    mark_rendition(take, folder / "marked.mp4", TIMING, KEY, NUMBER)
    return folder / "marked.mp4"


@pytest.fixture(scope="session")
def signed(marked: Path, folder: Path, signer: FilmSigner) -> Path:
    sign_rendition(signer, marked, folder / "signed.mp4", ORIGIN)
    return folder / "signed.mp4"
