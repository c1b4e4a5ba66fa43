"""What real video servers do wrong: they lose jobs and films, fail, stay away, or tell tales."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from gpu_workers.sampler import State
from gpu_workers.video_server.engines import VLLM_OMNI
from gpu_workers.video_server.refusals import (
    VideoAnswerUnreadable,
    VideoFilmTruncated,
    VideoFilmUnsuitable,
    VideoJobFailed,
    VideoJobLost,
    VideoJobStuck,
    VideoRequestRejected,
    VideoServerKeyRefused,
    VideoServerUnavailable,
)
from gpu_workers.video_server.settings import Sound
from gpu_workers.video_server.shooting import film_name
from gpu_workers.video_server.withdrawal import Outcome
from tests.gpu_workers.orders import sampled
from tests.gpu_workers.video_server_double import MODEL, VideoServerDouble
from tests.gpu_workers.video_server_studio import Stop, Studio, served_by


def test_a_job_lost_while_it_is_watched_ends_the_attempt_and_the_next_one_makes_it_again(
    server: VideoServerDouble,
) -> None:
    studio, reached = Studio(server), list[State]()
    plan = studio.plan()

    def on_step(state: State) -> None:
        reached.append(state)
        if state.step == 3:
            server.restart()

    with pytest.raises(VideoJobLost):
        studio.sampler.advance(plan, studio.sampler.start(plan), on_step)
    seen: list[int] = []
    end = studio.sampler.advance(plan, reached[-1], lambda state: seen.append(state.step))
    assert seen[0] == 1
    assert seen == sorted(seen)
    assert end.step == plan.steps
    assert server.asked["POST"] == 2


def test_a_lost_second_job_does_not_cost_the_first_film(server: VideoServerDouble) -> None:
    studio = Studio(server)
    plan = studio.plan("a dog", "a cat")
    state = studio.advance(plan, upto=12)
    del server.records["video_gen_0001"]
    end = studio.advance(plan, state)
    assert end.step == plan.steps
    assert server.asked["POST"] == 3
    assert end.tensors[film_name(0)] is state.tensors[film_name(0)]


@pytest.mark.parametrize(
    ("code", "error"),
    [(500, VideoJobFailed), ("generation_failed", VideoJobFailed), (400, VideoRequestRejected)],
)
def test_a_failed_job_is_explained_without_the_servers_words(
    server: VideoServerDouble, code: object, error: type[Exception]
) -> None:
    studio = Studio(server)
    plan = studio.plan()
    state = studio.advance(plan, upto=2)
    server.faults.fails_with = code
    with pytest.raises(error) as caught:
        studio.advance(plan, None)
    assert "dog" not in str(caught.value)
    server.faults.fails_with = None
    assert studio.advance(plan, state).step == plan.steps


def test_a_job_that_never_ends_is_given_up(server: VideoServerDouble) -> None:
    server.percents = [0]
    studio = Studio(served_by(server, VLLM_OMNI), job_seconds_max=0.1)
    with pytest.raises(VideoJobStuck):
        studio.advance(studio.plan())
    assert server.states() == ["stopped"]


def test_a_film_that_is_only_late_is_waited_for(server: VideoServerDouble) -> None:
    server.faults.late_films = 2
    studio = Studio(server)
    plan = studio.plan()
    assert studio.advance(plan).step == plan.steps


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("missing", VideoJobLost),
        ("cut-off", VideoFilmTruncated),
        ("truncated", VideoFilmTruncated),
        ("text", VideoFilmTruncated),
    ],
)
def test_completed_without_a_whole_film_is_not_believed_and_made_again_by_the_next_attempt(
    server: VideoServerDouble, content: str, error: type[Exception], tmp_path: Path
) -> None:
    server.faults.content = content  # type: ignore[assignment]
    (tmp_path / "scratch").mkdir()
    studio, reached = Studio(server, scratch=tmp_path / "scratch"), list[State]()
    plan = studio.plan()
    with pytest.raises(error):
        studio.sampler.advance(plan, studio.sampler.start(plan), reached.append)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert server.asked["CONTENT"] == 3
    assert server.records == {}
    server.faults.content = "whole"
    assert studio.advance(plan, reached[-1]).step == plan.steps
    assert server.asked["POST"] == 2


@pytest.mark.parametrize("fault", ["small", "short", "silent"])
def test_a_film_of_another_kind_is_refused_and_removed(
    server: VideoServerDouble, fault: str
) -> None:
    setattr(server.faults, fault, True)
    studio = Studio(server, sound=Sound.REQUIRED)
    with pytest.raises(VideoFilmUnsuitable):
        studio.advance(studio.plan(seconds=2.0))
    assert server.records == {}


def test_silence_is_a_choice(server: VideoServerDouble) -> None:
    quiet = Studio(server, sound=Sound.SILENT)
    assert not sampled(quiet.sampler, quiet.plan()).audio.any()
    assert "generate_sound" not in next(iter(server.gpu.values())).fields
    server.faults.silent = True
    either = Studio(server)
    assert either.plan().key != quiet.plan().key
    assert not sampled(either.sampler, either.plan("a cat")).audio.any()


def test_a_film_that_is_too_large_is_not_taken(server: VideoServerDouble) -> None:
    studio = Studio(server, film_bytes_max=1000)
    with pytest.raises(VideoFilmUnsuitable):
        studio.advance(studio.plan())


def test_a_film_that_comes_too_slowly_is_left_for_the_next_attempt(
    server: VideoServerDouble,
) -> None:
    server.faults.slow_seconds = 0.05
    studio, reached = (
        Studio(server, fetch_seconds_max=0.15, patience_seconds_max=0.1),
        list[State](),
    )
    plan = studio.plan(seconds=6.0)
    with pytest.raises(VideoServerUnavailable):
        studio.sampler.advance(plan, studio.sampler.start(plan), reached.append)
    assert studio.withdrawn == []
    server.faults.slow_seconds = 0.0
    assert studio.advance(plan, reached[-1]).step == plan.steps
    assert server.asked["POST"] == 1


def test_a_stop_is_heard_while_a_film_comes(server: VideoServerDouble) -> None:
    server.faults.slow_seconds = 0.2
    studio = Studio(server)
    studio.stopped(studio.plan(seconds=6.0), lambda state: server.asked["CONTENT"] > 0, Stop())
    assert [each.outcome for each in studio.withdrawn] == [Outcome.ENDED]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_waited_for(server: VideoServerDouble, status: int) -> None:
    server.faults.busy, server.faults.busy_status = 1, status  # type: ignore[assignment]
    studio = Studio(served_by(server, VLLM_OMNI))
    plan = studio.plan()
    assert studio.advance(plan).step == plan.steps
    assert len(server.gpu) == 1


def test_a_server_that_names_a_long_wait_is_left_to_the_next_attempt(
    server: VideoServerDouble,
) -> None:
    server.faults.busy, server.faults.retry_after = 9, "3600"
    studio, began = Studio(server), time.monotonic()
    with pytest.raises(VideoServerUnavailable):
        studio.advance(studio.plan())
    assert time.monotonic() - began < 0.5


def test_a_stop_is_heard_while_a_busy_server_is_waited_for(server: VideoServerDouble) -> None:
    server.faults.busy = 99
    studio = Studio(server)
    studio.stopped(studio.plan(), lambda state: True, Stop())
    assert server.gpu == {}


def test_an_absent_server_is_an_outage() -> None:
    absent = VideoServerDouble(Path(), url="http://127.0.0.1:9")
    studio = Studio(absent, patience_seconds_max=0.0)
    with pytest.raises(OSError, match="ConnectError"):
        studio.advance(studio.plan())


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": "../../x", "status": "queued"}'])
def test_an_answer_of_another_shape_is_not_believed(server: VideoServerDouble, body: bytes) -> None:
    server.faults.body = body
    studio = Studio(served_by(server, VLLM_OMNI))
    with pytest.raises(VideoAnswerUnreadable):
        studio.advance(studio.plan())


def test_an_endless_answer_is_not_read_to_its_end(server: VideoServerDouble) -> None:
    server.faults.body = b'"' + b"x" * (5 << 20)
    studio = Studio(served_by(server, VLLM_OMNI))
    with pytest.raises(VideoAnswerUnreadable, match="longer"):
        studio.advance(studio.plan())


def test_the_key_is_sent_and_a_wrong_one_is_explained(server: VideoServerDouble) -> None:
    server.key = "s3cret"
    plan = Studio(server).plan()
    with pytest.raises(VideoServerKeyRefused):
        Studio(server, api_key="other").advance(plan)
    right = Studio(server, api_key="s3cret")
    assert right.advance(plan).step == plan.steps
    assert "s3cret" not in repr(right.settings)


def test_a_rejected_request_does_not_repeat_the_prompt(
    server: VideoServerDouble, caplog: pytest.LogCaptureFixture
) -> None:
    studio = Studio(served_by(server, VLLM_OMNI), model="another")
    with caplog.at_level(logging.DEBUG), pytest.raises(VideoRequestRejected) as caught:
        studio.advance(studio.plan())
    assert "400" in str(caught.value)
    assert "dog" not in str(caught.value)
    assert "dog" not in caplog.text


def test_the_mark_says_nothing_about_the_prompt(server: VideoServerDouble) -> None:
    studio = Studio(server)
    state = studio.advance(studio.plan(), upto=1)
    model = next(iter(server.gpu.values())).fields["model"]
    assert model.startswith(f"{MODEL}#callsheet-")
    assert "dog" not in model
    assert b"dog" not in state.dump()
