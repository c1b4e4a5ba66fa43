"""The ways that ``bench decode`` compares make the same tensor, and a way that cannot says why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_workers.decode import peers
from tests.gpu_workers.clips import picture, write


@pytest.mark.parametrize("name", ["pyav_torch", "dali"])
def test_another_way_makes_the_same(tmp_path: Path, name: str) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n, 640, 360) for n in range(20)])
    ours, theirs = (peers.WAYS[each](clip)() for each in ("ours", name))
    assert ours.shape == theirs.shape == (20, 3, peers.HEIGHT, peers.WIDTH)
    levels = (ours - theirs).mean((0, 2, 3)) * 57
    assert float(levels.abs().max()) < 3


def test_a_way_that_cannot_says_why_and_goes_on(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", [picture(n) for n in range(3)])
    done = subprocess.run(
        [sys.executable, "-m", "gpu_workers.decode.peers", "ours"],
        input=f"{tmp_path / 'missing.mp4'}\n{clip}\n",
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    failed, made = (json.loads(line) for line in done.stdout.splitlines())
    assert "FileNotFoundError" in failed["error"]
    assert made["pictures"] == 3
    assert made["cpu_seconds"] > 0
