"""The graph of a GPU host gives what the fast path gives, on whichever device it runs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from activities.clip.facts import ClipFacts
from activities.clip.probe import probe
from activities.clip.refusals import ClipDamaged
from gpu_workers.decode.fast import prepare_fast
from gpu_workers.decode.preparation import Preparation
from gpu_workers.mishaps import is_shortage
from tests.gpu_workers.clips import grey, in_levels, picture, write

dali = pytest.importorskip("gpu_workers.decode.dali", reason="DALI is a Linux wheel")

FILES = {"libvpx": "a.webm", "libvpx-vp9": "a.webm", "mjpeg": "a.mp4", "libx264": "a.mp4"}
PREPARATIONS = [
    in_levels(128, 72),
    in_levels(96, 96, fps=Fraction(7), start=0.3),
    Preparation(160, 90, mean=(123.0, 116.0, 103.0), std=(58.0, 57.0, 57.0)),
]


def clip_of(folder: Path, codec: str) -> tuple[Path, ClipFacts]:
    clip = write(
        folder / FILES.get(codec, "a.mp4"), [picture(n, 640, 360) for n in range(25)], codec
    )
    return clip, probe(clip)


@pytest.mark.parametrize("codec", FILES)
def test_both_ways_agree(tmp_path: Path, codec: str) -> None:
    clip, facts = clip_of(tmp_path, codec)
    assert dali.source_for(facts, "cpu") == ("pictures" if codec == "libx264" else "file")
    for wanted in PREPARATIONS:
        graph, fast = dali.prepare_dali(clip, facts, wanted), prepare_fast(clip, facts, wanted)
        assert (graph.shape, graph.dtype) == (fast.shape, fast.dtype)
        apart = (graph - fast) * torch.tensor(wanted.std).view(3, 1, 1)
        assert float(apart.abs().mean()) < 1.5  # of 255: their filters are not the same
        assert float(apart.mean((0, 2, 3)).abs().max()) < 1.0


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9", "libx264"])
def test_both_ways_choose_the_same_pictures_where_rates_vary(tmp_path: Path, codec: str) -> None:
    levels, times = [40, 80, 120, 160, 200, 240], [0, 33, 66, 300, 333, 900]
    clip = write(tmp_path / FILES[codec], [grey(each) for each in levels], codec, times_ms=times)
    facts, wanted = probe(clip), in_levels(16, 16, fps=Fraction(10))
    graph, fast = dali.prepare_dali(clip, facts, wanted), prepare_fast(clip, facts, wanted)
    assert graph.mean((1, 2, 3)).tolist() == pytest.approx(fast.mean((1, 2, 3)).tolist(), abs=1.5)
    assert round(float(graph[3].mean())) == pytest.approx(160, abs=3)


def test_a_turned_clip_is_turned_here_too(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(3)], rotation=90)
    facts, wanted = probe(clip), in_levels(36, 64)
    apart = dali.prepare_dali(clip, facts, wanted) - prepare_fast(clip, facts, wanted)
    assert float(apart.abs().mean()) < 1.5


def test_a_result_outlives_the_next_run(tmp_path: Path) -> None:
    clip, facts = clip_of(tmp_path, "libvpx-vp9")
    first = dali.prepare_dali(clip, facts, PREPARATIONS[0])
    kept = first.clone()
    other = write(tmp_path / "b.webm", [grey(200, 640, 360)] * 25, "libvpx-vp9")
    dali.prepare_dali(other, probe(other), PREPARATIONS[0])
    assert torch.equal(first, kept)


def test_blocks_are_joined_in_order(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [grey(10 + 5 * n) for n in range(40)])
    shown = dali.prepare_dali(clip, probe(clip), in_levels(16, 16))
    assert bool((np.diff(shown.mean((1, 2, 3)).numpy()) > 0).all())


@pytest.mark.parametrize("codec", ["libvpx-vp9", "libx264"])
def test_memory_is_bounded_by_the_pictures_of_the_clip_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    clip, facts = clip_of(tmp_path, codec)
    wanted = in_levels(16, 16, fps=Fraction(50))  # every picture twice
    whole = dali.prepare_dali(clip, facts, wanted)
    run, fed = dali._Graph.run, list[int]()

    def counted(graph: Any, **inputs: Any) -> torch.Tensor:
        fed.append(len(inputs["frames"] if "frames" in inputs else inputs["pictures"]))
        block: torch.Tensor = run(graph, **inputs)
        return block

    monkeypatch.setattr(dali._Graph, "run", counted)
    monkeypatch.setattr(dali, "_BLOCK_BYTES", 4 * 640 * 360 * 3)
    assert torch.equal(dali.prepare_dali(clip, facts, wanted), whole)
    assert fed == [4, 4, 4, 4, 4, 4, 1]
    fed.clear()
    monkeypatch.setattr(dali, "_BLOCK_BYTES", 1)
    dali.prepare_dali(clip, facts, in_levels(16, 16, seconds=0.1))
    assert set(fed) == {1}


def test_a_file_that_is_no_clip_any_more_is_an_explained_failure(tmp_path: Path) -> None:
    clip, facts = clip_of(tmp_path, "libvpx-vp9")
    whole, wanted = clip.read_bytes(), in_levels(16, 16)
    before = dali.prepare_dali(clip, facts, wanted)
    clip.write_bytes(bytes(len(whole)))
    with pytest.raises(ClipDamaged, match="differently than when it was examined"):
        dali.prepare_dali(clip, facts, wanted)
    clip.write_bytes(whole)
    assert torch.equal(dali.prepare_dali(clip, facts, wanted), before)


@pytest.mark.parametrize(
    "said", ["Can't allocate 8192 bytes on device 0.", "CUDA allocation failed", "out of memory"]
)
def test_a_device_without_memory_is_a_shortage_and_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    clip, facts = clip_of(tmp_path, "libvpx")

    def answer(words: str) -> None:
        def fail(graph: Any, **inputs: Any) -> torch.Tensor:
            raise RuntimeError(words)

        monkeypatch.setattr(dali._Graph, "run", fail)

    answer(f"Error in GPU operator `nvidia.dali.fn.resize`: {said}")
    with pytest.raises(MemoryError) as met:
        dali.prepare_dali(clip, facts, in_levels(16, 16))
    assert is_shortage(met.value)
    answer("CUDA driver API error CUDA_ERROR_ILLEGAL_ADDRESS (700)")
    with pytest.raises(RuntimeError, match="ILLEGAL_ADDRESS"):  # neither: another try may help
        dali.prepare_dali(clip, facts, in_levels(16, 16))


@pytest.mark.parametrize(
    ("codec", "decoder"),
    [("h264", "file"), ("hevc", "file")]
    + [(codec, "pictures") for codec in ("vp8", "vp9", "av1", "mpeg4", "mjpeg")],
)
def test_a_gpu_is_given_what_it_counts_rightly(codec: str, decoder: str, tmp_path: Path) -> None:
    _, facts = clip_of(tmp_path, "libvpx")
    assert dali.source_for(facts.model_copy(update={"codec": codec}), "gpu") == decoder


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: NVDEC is on the GPU")
@pytest.mark.parametrize("codec", [*FILES, "libx265", "mpeg4"])
def test_a_gpu_decodes_the_same_and_keeps_it_there(tmp_path: Path, codec: str) -> None:
    clip, facts = clip_of(tmp_path, codec)
    for wanted in PREPARATIONS:
        graph, fast = (
            dali.prepare_dali(clip, facts, wanted, "gpu"),
            prepare_fast(clip, facts, wanted),
        )
        assert graph.is_cuda
        apart = (graph.cpu() - fast) * torch.tensor(wanted.std).view(3, 1, 1)
        assert float(apart.abs().mean((1, 2, 3)).max()) < 1.5  # of every picture: none is another
