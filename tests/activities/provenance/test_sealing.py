"""The release path on a real clip: every layer is proven on the stored bytes, or it stops there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest

from activities.export.auditing import AuditActivities
from activities.export.orders import AuditOrder
from activities.ledger import Context, Decision
from activities.provenance.lineage import stated
from activities.provenance.manifest import OUR_ASSERTION
from activities.provenance.refusals import ManifestDiffers, ProvenanceBroken
from activities.provenance.steps import sign_rendition
from activities.provenance.stills import require_stills
from activities.provenance.tracing import Tracer
from activities.staging import staged
from domain.generation.decider import GENERATION
from domain.generation.situations import Proven, Stored
from domain.kernel.ports import HashMismatch
from domain.provenance.policy import POLICY
from domain.provenance.proof import OF_A_RENDITION
from domain.provenance.verdict import Conclusion, ManifestState
from infra.provenance.keys import ProvenanceKeys
from infra.provenance.memory import MemoryIndex, MemoryRegister
from tests import words
from tests.activities.provenance.releasing import TIMING, Release, a_release, breaking


@pytest.fixture
async def release(tmp_path: Path, short_take: Path, keys: ProvenanceKeys) -> Release:
    return await a_release(tmp_path, short_take, keys)


async def test_what_is_stored_carries_every_layer_and_the_log_says_so(
    release: Release, tmp_path: Path
) -> None:
    rendition, proof = await release.whole()
    assert proof.lacks(OF_A_RENDITION) == ()
    assert {each.standing for each in proof.findings} == {"verified"}
    assert proof.film_sha256 == rendition.film.sha256
    state = (await release.ledger.state(GENERATION, words.GENERATION_ID)).state
    assert isinstance(state, Proven)
    assert state.proof == proof
    path = await release.file(rendition, tmp_path / "film.mp4")
    claims = release.kit.reader.read(path).claims
    assert claims == {
        "artefact": words.VIDEO_ID,
        "generation": words.GENERATION_ID,
        "plan_sha256": hashlib.sha256(json.dumps(["c" * 64]).encode()).hexdigest(),
        "policy_sha256": POLICY.sha256,
        "consent_receipts_sha256": [],
    }, OUR_ASSERTION
    kit = release.kit
    verdict = await Tracer(kit.reader, kit.mark_keys, kit.register, kit.index).verify(path)
    assert (verdict.conclusion, verdict.exact_copy_of) == (Conclusion.GENUINE, words.VIDEO_ID)
    assert [each.artefact_id for each in verdict.segments] == [words.VIDEO_ID]


async def test_stills_are_signed_as_the_film_is_and_an_outside_reader_finds_it(
    release: Release, tmp_path: Path
) -> None:
    rendition, _ = await release.whole()
    film = release.kit.reader.read(await release.file(rendition, tmp_path / "film.mp4"))
    for still in (rendition.poster, rendition.contact_sheet):
        path = tmp_path / f"{still.sha256}.jpg"
        await release.store.get_file(still.key, path, still.sha256)
        reading = release.kit.reader.read(path)
        assert (reading.state, reading.claims) == (ManifestState.TRUSTED, film.claims)
        with path.open("rb") as file, c2pa.Reader("image/jpeg", file) as outside:
            assert outside.get_validation_state() == "Valid"
        with av.open(str(path)) as picture:
            assert next(picture.decode(video=0)).width > 0
        changed = tmp_path / "changed.jpg"
        raw = bytearray(path.read_bytes())
        raw[-200] ^= 1
        changed.write_bytes(raw)
        assert release.kit.reader.read(changed).state is ManifestState.BROKEN
        kit = release.kit
        verdict = await Tracer(kit.reader, kit.mark_keys, kit.register, kit.index).verify(path)
        assert (verdict.conclusion, verdict.exact_copy_of, verdict.artefact_ids) == (
            Conclusion.GENUINE,
            words.VIDEO_ID,
            (words.VIDEO_ID,),
        )
        nothing = Tracer(kit.reader, kit.mark_keys, MemoryRegister(), MemoryIndex())
        unrecorded = await nothing.verify(path)
        assert (unrecorded.conclusion, unrecorded.exact_copy_of) == (Conclusion.SIGNED, None)
        assert unrecorded.artefact_ids == (words.VIDEO_ID,)


async def test_a_still_without_its_manifest_is_named_and_nothing_is_proven(
    release: Release,
) -> None:
    plain = await release.assembled()
    signed = await release.signed(plain)
    bare = signed.assembled.model_copy(update={"contact_sheet": plain.contact_sheet})
    rendition = await release.stored(bare)
    with pytest.raises(ProvenanceBroken, match=r"contact sheet of vid_.* is missing"):
        await release.proven(rendition, signed.claims)


async def test_an_audit_looks_at_the_stills_of_a_video_too(
    release: Release, tmp_path: Path
) -> None:
    rendition = await release.released()
    auditing = AuditActivities(release.store, release.ledger, release.kit, tmp_path / "audit")
    order = AuditOrder(artefact_id=words.VIDEO_ID)
    found = await release.environment.run(auditing.audit_artefact, order)
    assert (found.film_sha256, found.code) == (rendition.film.sha256, None)
    await release.store.delete(rendition.poster.key)
    found = await release.environment.run(auditing.audit_artefact, order)
    assert (found.film_sha256, found.code) == (rendition.film.sha256, "bytes-lost")


async def test_stills_of_before_they_were_signed_pass_an_audit_and_broken_ones_do_not(
    release: Release, tmp_path: Path
) -> None:
    plain = await release.assembled()
    signed = await release.signed(plain)
    old = await release.stored(signed.assembled.model_copy(update={"poster": plain.poster}))
    store, reader = release.store, release.kit.reader
    said = await stated(release.ledger, words.VIDEO_ID, words.GENERATION_ID, signed.claims)
    await require_stills(store, reader, said, old, tmp_path, unsigned_pass=True)
    with pytest.raises(ProvenanceBroken, match=r"poster of vid_.* is missing"):
        await require_stills(store, reader, said, old, tmp_path)
    other = replace(said, origin=replace(said.origin, artefact_id="another"))
    with pytest.raises(ManifestDiffers, match="the contact sheet of another, artefact is vid_"):
        await require_stills(store, reader, other, old, tmp_path, unsigned_pass=True)


async def test_the_film_and_its_stills_are_as_long_and_as_bright_as_without_marks(
    release: Release, tmp_path: Path
) -> None:
    plain, marked = await release.assembled(None), await release.assembled()
    assert (marked.frames, marked.fps) == (TIMING.frames, TIMING.fps)
    assert marked.film.sha256 != plain.film.sha256
    means = []
    for each in (plain.poster, marked.poster):
        path = tmp_path / f"{each.sha256}.jpg"
        await release.store.get_file(each.key, path)
        with av.open(str(path)) as still:
            picture = next(still.decode(video=0)).to_ndarray(format="rgb24")
        means.append(picture.reshape(-1, 3).mean(0))
    assert abs(means[0] - means[1]).max() < 2


async def test_assembling_and_proving_again_give_what_they_gave(release: Release) -> None:
    assert await release.assembled() == await release.assembled()
    signed = await release.signed(await release.assembled())
    rendition = await release.stored(signed.assembled)
    first = await release.proven(rendition, signed.claims)
    assert await release.proven(rendition, signed.claims) == first


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("manifest", "manifest of vid_.* is missing"),
        ("issuer", "manifest of vid_.* is signed by somebody else"),
        ("picture-mark", "picture of vid_.* does not say its number"),
        ("sound-mark", "sound of vid_.* does not say its number"),
    ],
)
async def test_a_broken_layer_is_named_and_nothing_is_proven(
    release: Release, tmp_path: Path, layer: str, says: str
) -> None:
    with breaking(layer, release.kit, tmp_path):
        signed = await release.signed(await release.assembled())
    rendition = await release.stored(signed.assembled)
    with pytest.raises(ProvenanceBroken, match=says):
        await release.proven(rendition, signed.claims)
    state = (await release.ledger.state(GENERATION, words.GENERATION_ID)).state
    assert isinstance(state, Stored)
    assert not isinstance(state, Proven)
    for file in (rendition.film, rendition.poster, rendition.contact_sheet):
        assert await release.kit.register.artefact_with(file.sha256) is None


@pytest.mark.parametrize(
    ("claimed", "says"),
    [
        ({"plan_sha256": "e" * 64}, "plan_sha256 is .*, and eeeeeeeeeeee… is claimed"),
        ({"policy_sha256": "e" * 64}, "policy_sha256 is .*, and eeeeeeeeeeee… is claimed"),
        ({"receipt_sha256s": ("e" * 64,)}, "consent_receipts_sha256 is nothing, and eeeeeeeeeeee…"),
    ],
)
async def test_a_film_whose_manifest_says_something_else_is_not_proven(
    release: Release, claimed: dict[str, Any], says: str
) -> None:
    signed = await release.signed(await release.assembled())
    rendition = await release.stored(signed.assembled)
    with pytest.raises(ManifestDiffers, match=says):
        await release.proven(rendition, signed.claims.model_copy(update=claimed))
    state = (await release.ledger.state(GENERATION, words.GENERATION_ID)).state
    assert not isinstance(state, Proven)


async def test_a_still_of_other_claims_than_its_films_is_not_proven(
    release: Release, tmp_path: Path
) -> None:
    plain = await release.assembled()
    signed = await release.signed(plain)
    path, other = tmp_path / "plain.jpg", tmp_path / "other.jpg"
    await release.store.get_file(plain.poster.key, path)
    said = await stated(release.ledger, words.VIDEO_ID, words.GENERATION_ID, signed.claims)
    sign_rendition(release.kit.signer, path, other, replace(said.origin, plan_sha256="e" * 64))
    poster = await staged(release.store, words.GENERATION_ID, other, "image/jpeg")
    mixed = signed.assembled.model_copy(update={"poster": poster})
    rendition = await release.stored(mixed)
    with pytest.raises(ManifestDiffers, match=r"In that of the poster of vid_.*, plan_sha256 is"):
        await release.proven(rendition, signed.claims)


async def test_a_parent_that_the_log_does_not_know_is_nobodys_parent(release: Release) -> None:
    signed = await release.signed(await release.assembled())
    rendition = await release.stored(signed.assembled)
    unknown = signed.claims.model_copy(update={"parents": (words.an_id("vid", 9),)})
    with pytest.raises(ProvenanceBroken, match=r"no release of vid_.*, claimed as a parent"):
        await release.proven(rendition, unknown)


async def test_bytes_that_changed_in_the_store_are_not_proven(release: Release) -> None:
    signed = await release.signed(await release.assembled())
    rendition = await release.stored(signed.assembled)
    entry = release.store.entries[rendition.film.key]
    changed = entry.data[:-1] + bytes([entry.data[-1] ^ 1])
    release.store.entries[rendition.film.key] = type(entry)(
        changed, entry.content_type, entry.written_at
    )
    with pytest.raises(HashMismatch):
        await release.proven(rendition, signed.claims)


async def test_fingerprints_that_cannot_be_remembered_hold_the_release_up(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise OSError("the index takes nothing")

    monkeypatch.setattr(release.kit.index, "remember", full)
    with pytest.raises(OSError, match="takes nothing"):
        await release.whole()
    state = (await release.ledger.state(GENERATION, words.GENERATION_ID)).state
    assert not isinstance(state, Proven)


async def test_the_decision_to_release_asks_for_the_proof(release: Release) -> None:
    signed = await release.signed(await release.assembled())
    await release.stored(signed.assembled)
    complete = Decision(GENERATION, words.GENERATION_ID, words.complete_generation())
    with pytest.raises(Exception, match="Nobody has verified"):
        await release.ledger.perform([complete], Context("test", "test"))
