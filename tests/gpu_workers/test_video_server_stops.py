"""A stop reaches the server, and what it did to the GPU there is said truly."""

from __future__ import annotations

import logging

import pytest

from gpu_workers.sampler import State
from gpu_workers.video_server.engines import FASTVIDEO, SGLANG, VLLM_OMNI, Engine
from gpu_workers.video_server.refusals import VideoServerUnavailable
from gpu_workers.video_server.sampler import log_withdrawal
from gpu_workers.video_server.settings import OnStop
from gpu_workers.video_server.withdrawal import Outcome, Withdrawal
from tests.gpu_workers.video_server_double import VideoServerDouble
from tests.gpu_workers.video_server_studio import Stop, Studio, served_by


@pytest.mark.parametrize(
    ("engine", "outcome", "gpu", "film_may_remain"),
    [
        (VLLM_OMNI, Outcome.ENDED, "stopped", False),
        (SGLANG, Outcome.GPU_GOES_ON, "running", True),
        (FASTVIDEO, Outcome.GPU_GOES_ON, "running", False),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_stop_deletes_the_job_and_says_whether_the_gpu_goes_on(
    server: VideoServerDouble, engine: Engine, outcome: Outcome, gpu: str, film_may_remain: bool
) -> None:
    studio = Studio(served_by(server, engine))
    studio.stopped(studio.plan(), lambda state: state.step == 4, Stop())
    assert server.records == {}
    assert server.states() == [gpu]
    assert studio.withdrawn == [Withdrawal("video_gen_0000", outcome, film_may_remain)]


@pytest.mark.parametrize("engine", [VLLM_OMNI, FASTVIDEO], ids=lambda e: e.name)
def test_a_job_that_waits_is_really_dropped(server: VideoServerDouble, engine: Engine) -> None:
    server.percents = [0, 0, 0, 100]
    studio = Studio(served_by(server, engine))
    plan = studio.plan()
    state = studio.advance(plan, upto=1)
    server.gpu["video_gen_0000"].move = lambda: None  # type: ignore[method-assign]
    with pytest.raises(Stop):
        studio.sampler.advance(plan, state, _stop)
    assert server.states() == ["stopped"]
    assert [each.outcome for each in studio.withdrawn] == [Outcome.ENDED]


def test_a_stop_can_wait_for_a_gpu_that_cannot_be_stopped(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, FASTVIDEO), on_stop=OnStop.WAIT)
    studio.stopped(studio.plan(), lambda state: state.step == 2, Stop())
    assert server.states() == ["done"]
    assert server.films() == []
    assert studio.withdrawn == [Withdrawal("video_gen_0000", Outcome.ENDED, False)]


def test_an_abort_that_does_not_work_is_not_called_one(server: VideoServerDouble) -> None:
    server.faults.abort_fails = True
    studio = Studio(served_by(server, VLLM_OMNI))
    studio.stopped(studio.plan(), lambda state: state.step == 4, Stop())
    assert [each.outcome for each in studio.withdrawn] == [Outcome.GPU_GOES_ON]


def test_a_stop_gets_through_when_the_server_does_not_answer(server: VideoServerDouble) -> None:
    studio = Studio(server)

    def away(state: State) -> bool:
        if state.step == 2:
            server.faults.busy = 99
        return state.step == 2

    studio.stopped(studio.plan(), away, Stop())
    assert studio.withdrawn == [Withdrawal("video_gen_0000", Outcome.UNKNOWN, True)]


def test_a_stop_asks_a_busy_server_again(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))

    def busy(state: State) -> bool:
        server.faults.busy = 1 if state.step == 2 else 0
        return state.step == 2

    studio.stopped(studio.plan(), busy, Stop())
    assert server.states() == ["stopped"]
    assert [each.outcome for each in studio.withdrawn] == [Outcome.ENDED]


def test_a_stop_takes_back_the_jobs_of_all_shots(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    studio.stopped(studio.plan("a dog", "a cat"), lambda state: state.step == 2, Stop())
    assert server.records == {}
    assert len(studio.withdrawn) == 2


def test_a_beginning_that_fails_half_way_leaves_no_job_behind(server: VideoServerDouble) -> None:
    server.faults.busy_status = 503
    studio = Studio(served_by(server, VLLM_OMNI), patience_seconds_max=0.0)
    plan = studio.plan("a dog", "a cat")
    posted = server.submit

    def then_busy(fields: dict[str, str], picture: bytes | None) -> dict[str, object]:
        said = posted(fields, picture)
        server.faults.busy = 1
        return said

    server.submit = then_busy  # type: ignore[method-assign]
    with pytest.raises(VideoServerUnavailable):
        studio.advance(plan)
    assert server.records == {}
    assert len(server.gpu) == 1


def test_after_the_take_is_kept_nothing_stays_on_the_server(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    plan = studio.plan("a dog", "a cat")
    end = studio.advance(plan)
    assert len(server.films()) == 2
    done = studio.sampler.release(plan, end)
    assert [(each.outcome, each.film_may_remain) for each in done] == [(Outcome.ENDED, False)] * 2
    assert server.records == {}
    assert server.films() == []


def test_the_operator_hears_of_a_gpu_that_works_for_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        log_withdrawal(Withdrawal("job-1", Outcome.GPU_GOES_ON, True))
        log_withdrawal(Withdrawal("job-2", Outcome.ENDED, False))
    assert "job-1" in caplog.text
    assert "job-2" not in caplog.text


def _stop(state: State) -> None:
    raise Stop
