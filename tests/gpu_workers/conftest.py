"""Weights for the samplers that need some: tiny ones, laid out like the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpu_workers import references
from gpu_workers.cards import operation
from gpu_workers.diffusion import workshop
from tests.gpu_workers.video_server_double import MODEL, VideoServerDouble


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A studio's folder of weights, named in the environment that other processes inherit."""
    from gpu_workers.diffusion.tiny import save_tiny_models

    folder = tmp_path_factory.mktemp("weights")
    save_tiny_models(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(workshop.WEIGHTS, str(folder))
        patch.setenv(references.FOLDER, str(tmp_path_factory.mktemp("references")))
        patch.setenv(workshop.DEVICE, "cpu")
        patch.setenv(operation.REGIONS, "CH")
        patch.setenv(operation.REVENUE, "0")
        patch.setenv(operation.MARKS, "yes")
        yield folder


@pytest.fixture(scope="module")
def a_video_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoServerDouble]:
    """A server of videos, named in the environment that other processes inherit."""
    double = VideoServerDouble(tmp_path_factory.mktemp("films"))
    with double.serving(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLSHEET_VIDEO_SERVER_URL", double.url)
        patch.setenv("CALLSHEET_VIDEO_SERVER_ENGINE", double.engine.name)
        patch.setenv("CALLSHEET_VIDEO_SERVER_MODEL", MODEL)
        patch.setenv("CALLSHEET_VIDEO_SERVER_LICENCE", "none")
        patch.setenv("CALLSHEET_VIDEO_SERVER_POLL_SECONDS", "0.01")
        yield double


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VideoServerDouble]:
    """A server of videos for one test."""
    (tmp_path / "films").mkdir()
    with VideoServerDouble(tmp_path / "films").serving() as serving:
        yield serving
