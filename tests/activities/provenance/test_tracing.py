"""``verify``: what a file is after hard treatment, and that foreign films stay foreign."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from activities.provenance.picture_mark import PictureMark
from activities.provenance.prints import Kind
from activities.provenance.reading import ManifestReader
from activities.provenance.refusals import NotAFilm
from activities.provenance.steps import mark_rendition, verify_rendition
from activities.provenance.tracing import Tracer
from activities.scratch import file_sha256
from domain.provenance.verdict import Conclusion, Layer, ManifestState, Verdict
from infra.provenance.memory import MemoryIndex, MemoryRegister
from tests.activities.provenance.conftest import STATEMENT
from tests.activities.provenance.films import KEY, NUMBER, TIMING, copied, drawn, foreign
from tests.activities.takes import write_take

Verify = Callable[[Path], Awaitable[Verdict]]


@pytest.fixture
async def index(signed: Path, reader: ManifestReader) -> MemoryIndex:
    index = MemoryIndex()
    verified = verify_rendition(signed, STATEMENT, reader, KEY, NUMBER)
    await index.remember("art_1", verified.prints)
    return index


@pytest.fixture
async def verify(signed: Path, reader: ManifestReader, index: MemoryIndex) -> Verify:
    register = MemoryRegister()
    for number in range(1, NUMBER):
        await register.issue(f"other_{number}")
    assert await register.issue("art_1") == NUMBER
    await register.sealed("art_1", file_sha256(signed, lambda: None))
    return Tracer(reader, [KEY], register, index).verify


async def test_the_bytes_that_we_serve_are_known_as_such(signed: Path, verify: Verify) -> None:
    verdict = await verify(signed)
    assert verdict.conclusion is Conclusion.GENUINE
    assert verdict.exact_copy_of == "art_1"
    assert verdict.artefact_ids == ("art_1",)
    assert set(verdict.segments[0].layers) == set(Layer)


async def test_a_byte_that_the_signature_leaves_out_makes_it_signed_and_not_genuine(
    signed: Path, tmp_path: Path, verify: Verify
) -> None:
    """The brand's version in the file type box: players ignore it, and so does the manifest."""
    raw = bytearray(signed.read_bytes())
    assert raw[4:8] == b"ftyp"
    raw[15] ^= 1
    path = tmp_path / "changed.mp4"
    path.write_bytes(raw)
    verdict = await verify(path)
    assert verdict.manifest.state is ManifestState.TRUSTED
    assert (verdict.conclusion, verdict.exact_copy_of) == (Conclusion.SIGNED, None)
    assert verdict.artefact_ids == ("art_1",)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scale": 0.5, "crop": 0.1},
        {"noise": 2.0, "start": 1.1, "seconds": 3.5},
    ],
)
async def test_a_copy_without_its_manifest_is_traced(
    signed: Path, tmp_path: Path, verify: Verify, change: dict[str, float]
) -> None:
    verdict = await verify(copied(signed, tmp_path / "copy.mp4", **change))  # type: ignore[arg-type]
    assert verdict.manifest.state is ManifestState.MISSING
    assert verdict.conclusion is Conclusion.OURS, verdict
    assert verdict.artefact_ids == ("art_1",)
    layers = {layer for segment in verdict.segments for layer in segment.layers}
    marks = {Layer.PICTURE_MARK, Layer.SOUND_MARK}
    # a noisy excerpt of less than five seconds owes one of the two
    assert marks & layers if "noise" in change else marks <= layers
    assert "manifest is missing" in verdict.says


async def test_foreign_footage_is_not_ours(tmp_path: Path, verify: Verify) -> None:
    verdict = await verify(write_take(tmp_path, foreign(5)))
    assert verdict.conclusion is Conclusion.NOT_OURS
    assert verdict.artefact_ids == ()


async def test_another_film_of_ours_is_not_this_one(tmp_path: Path, verify: Verify) -> None:
    mark_rendition(write_take(tmp_path, drawn(8)), tmp_path / "other.mp4", TIMING, KEY, 17)
    verdict = await verify(tmp_path / "other.mp4")
    assert verdict.artefact_ids == ("other_17",)


async def test_our_mark_on_foreign_footage_is_called_pasted(tmp_path: Path, verify: Verify) -> None:
    take = write_take(tmp_path, foreign(6))
    mark = PictureMark(KEY, NUMBER)

    def paste(_: int, seen: np.ndarray) -> np.ndarray:
        colours = cv2.cvtColor(seen, cv2.COLOR_RGB2YUV)
        colours[..., 0] = mark.apply(np.ascontiguousarray(colours[..., 0]))
        return np.asarray(cv2.cvtColor(colours, cv2.COLOR_YUV2RGB))

    verdict = await verify(copied(take, tmp_path / "pasted.mp4", crf=20, picture=paste))
    assert verdict.conclusion is Conclusion.MARK_PASTED, verdict
    assert verdict.artefact_ids == ()


async def test_only_the_part_that_is_ours_is_called_ours(
    signed: Path, tmp_path: Path, verify: Verify
) -> None:
    walls = foreign(7).frames

    def replaced(index: int, seen: np.ndarray) -> np.ndarray:
        return seen if index < 30 else walls[index]

    spliced = copied(signed, tmp_path / "spliced.mp4", picture=replaced)
    verdict = await verify(spliced)
    pictures = [
        (segment.start, Layer.PICTURE_MARK in segment.layers) for segment in verdict.segments
    ]
    assert pictures[0] == (0.0, True)
    assert verdict.artefact_ids == ("art_1",)


async def test_prints_alone_trace_a_film_whose_marks_were_never_set(
    take: Path, verify: Verify, index: MemoryIndex
) -> None:
    verdict = await verify(take)
    assert verdict.conclusion is Conclusion.OURS
    layers = {layer for segment in verdict.segments for layer in segment.layers}
    assert layers <= {Layer.PICTURE_PRINT, Layer.SOUND_PRINT}
    assert Layer.PICTURE_PRINT in layers
    await index.forget("art_1")
    assert (await verify(take)).conclusion is Conclusion.NOT_OURS


async def test_a_truncated_film_is_read_as_far_as_it_goes(
    signed: Path, tmp_path: Path, verify: Verify
) -> None:
    raw = signed.read_bytes()
    path = tmp_path / "half.mp4"
    path.write_bytes(raw[: len(raw) * 3 // 4])
    verdict = await verify(path)
    assert verdict.cut_off or verdict.manifest.state is not ManifestState.TRUSTED
    assert "art_1" in verdict.artefact_ids


@pytest.mark.parametrize(
    "content",
    [b"", b"words, nothing but words " * 50, b"\0" * 4096, b"#EXTM3U\n#EXTINF:1\nhttp://x/"],
)
async def test_what_is_no_film_is_refused_in_plain_words(
    tmp_path: Path, verify: Verify, content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotAFilm, match="cannot be read as a film"):
        await verify(path)


def test_the_index_holds_both_kinds(index: MemoryIndex) -> None:
    kinds = {each.kind for each in index._prints["art_1"]}
    assert kinds == {Kind.PICTURE, Kind.SOUND}
