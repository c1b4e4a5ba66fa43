"""The manifest: what it says, whom it trusts, and that no change goes unnoticed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import av
import c2pa
import numpy as np
import pytest

from activities.provenance.manifest import TRAINED, Generator, Origin, Parent
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import ParentUntrusted, SigningFailed
from activities.provenance.signing import FilmSigner
from activities.scratch import file_sha256
from domain.provenance.verdict import ManifestState
from infra.provenance import keys as home_keys
from infra.provenance.keys import ProvenanceKeys
from tests.activities.provenance.conftest import ORIGIN

CHILD = Origin("art_2", "gen_2", "dd" * 32, "bb" * 32)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 certificates are valid from now on


def test_a_signed_film_is_trusted_and_says_what_it_is(signed: Path, reader: ManifestReader) -> None:
    reading = reader.read(signed)
    assert reading.state is ManifestState.TRUSTED
    assert reading.claims == ORIGIN.as_assertion()
    assert reading.artefact_id == "art_1"


def test_the_librarys_own_reader_finds_every_assertion(signed: Path) -> None:
    with signed.open("rb") as file, c2pa.Reader("video/mp4", file) as read:
        store = json.loads(read.json())
        assert read.is_embedded()
    manifest = store["manifests"][store["active_manifest"]]
    said = {each["label"]: each["data"] for each in manifest["assertions"]}
    action = next(each for label, each in said.items() if label.startswith("c2pa.actions"))
    created = action["actions"][0]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == TRAINED
    assert created["softwareAgent"] == {"name": "animatic", "version": "1"}
    mining = said["cawg.training-mining"]["entries"]
    assert {entry["use"] for entry in mining.values()} == {"notAllowed"}
    assert manifest["claim_generator_info"][0]["name"] == "animatic"


def test_parents_are_the_graph(
    signed: Path, marked: Path, signer: FilmSigner, reader: ManifestReader, tmp_path: Path
) -> None:
    child, grandchild = tmp_path / "child.mp4", tmp_path / "grandchild.mp4"
    signer.sign(marked, child, CHILD, (Parent("art_1", signed),))
    third = Origin("art_3", "gen_3", "ee" * 32, "bb" * 32)
    signer.sign(marked, grandchild, third, (Parent("art_2", child), Parent("art_1", signed)))
    tree = reader.read(grandchild).tree
    assert tree is not None
    assert [parent.title for parent in tree.parents] == ["art_2", "art_1"]
    assert [parent.title for parent in tree.parents[0].parents] == ["art_1"]


def test_a_broken_parent_is_not_vouched_for(
    signed: Path, marked: Path, signer: FilmSigner, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    raw = bytearray(signed.read_bytes())
    raw[raw.rindex(b"mdat") + 2000] ^= 1
    broken.write_bytes(raw)
    with pytest.raises(ParentUntrusted, match="art_1 is broken"):
        signer.sign(marked, tmp_path / "child.mp4", CHILD, (Parent("art_1", broken),))
    with pytest.raises(ParentUntrusted, match="missing"):
        signer.sign(marked, tmp_path / "child.mp4", CHILD, (Parent("art_1", marked),))
    assert not (tmp_path / "child.mp4").exists()


def test_somebody_elses_signature_is_somebody_elses(signed: Path, tmp_path: Path) -> None:
    stranger = ManifestReader(ProvenanceKeys.ensure(tmp_path, now()).roots)
    reading = stranger.read(signed)
    assert reading.state is ManifestState.FOREIGN
    assert reading.claims == {}
    assert reading.artefact_id is None


def test_a_remuxed_film_has_no_manifest(
    signed: Path, reader: ManifestReader, tmp_path: Path
) -> None:
    path = tmp_path / "remuxed.mp4"
    with av.open(str(signed)) as read, av.open(str(path), "w") as written:
        streams = {each: written.add_stream_from_template(each) for each in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                written.mux(packet)
    assert reader.read(path).state is ManifestState.MISSING


def test_what_is_no_film_is_an_answer_and_no_error(
    signed: Path, reader: ManifestReader, tmp_path: Path
) -> None:
    raw = signed.read_bytes()
    for name, content in {
        "empty": b"",
        "words": b"not a film " * 100,
        "half": raw[: len(raw) // 2],
        "head": raw[:4000],
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert reader.read(path).state is not ManifestState.TRUSTED, name


def test_every_changed_byte_is_seen_by_manifest_or_hash(
    signed: Path, reader: ManifestReader, tmp_path: Path
) -> None:
    """The signature leaves out padding and the file type; the hash of what is served does not."""
    raw, sha256 = signed.read_bytes(), file_sha256(signed, lambda: None)
    rng, path = np.random.default_rng(4), tmp_path / "changed.mp4"
    media = raw.index(b"moov"), len(raw)
    for _ in range(25):
        changed = bytearray(raw)
        place = int(rng.integers(*media))
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        assert reader.read(path).state is not ManifestState.TRUSTED, place
        assert file_sha256(path, lambda: None) != sha256


def test_a_signer_under_the_same_root_is_trusted_and_so_is_a_retired_root(
    marked: Path, tmp_path: Path
) -> None:
    generator = Generator("animatic", "1")
    first = ProvenanceKeys.ensure(tmp_path, now())
    before = tmp_path / "before.mp4"
    FilmSigner(first.signing, ManifestReader(first.roots), generator).sign(marked, before, CHILD)
    second = home_keys.rotate_signer(tmp_path, now())
    third = home_keys.rotate_root(tmp_path, now())
    assert len({each.signing.certificates for each in (first, second, third)}) == 3
    reader = ManifestReader(third.roots)
    assert reader.read(before).state is ManifestState.TRUSTED
    after = tmp_path / "after.mp4"
    FilmSigner(third.signing, reader, generator).sign(marked, after, CHILD)
    assert reader.read(after).state is ManifestState.TRUSTED
    assert ManifestReader(first.roots).read(after).state is ManifestState.FOREIGN


def test_a_key_that_does_not_answer_is_a_refusal_and_leaves_no_file(
    marked: Path, keys: ProvenanceKeys, reader: ManifestReader, tmp_path: Path
) -> None:
    class Silent:
        certificates = keys.signing.certificates

        def sign(self, message: bytes) -> bytes:
            raise OSError("the token was pulled out")

    signer = FilmSigner(Silent(), reader, Generator("animatic", "1"))
    with pytest.raises(SigningFailed, match="art_2"):
        signer.sign(marked, tmp_path / "unsigned.mp4", CHILD)
    assert not (tmp_path / "unsigned.mp4").exists()
