"""The video-server sampler: plans, steps, films, and going on elsewhere."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from temporalio.exceptions import ApplicationError

from domain.kernel.errors import Refusal
from gpu_workers.cards.operation import Operation
from gpu_workers.cards.refusals import LicenceAsksForMark, LicenceCapsRevenue, ReferencesNotTaken
from gpu_workers.cards.registry import CardMissing
from gpu_workers.sampler import Plan, Reference, RequestOutOfRange, State, surroundings
from gpu_workers.video_server.engines import FASTVIDEO, PLAIN, SGLANG, VLLM_OMNI, Engine, Marker
from gpu_workers.video_server.refusals import (
    SubmissionUncertain,
    VideoAnswerUnreadable,
    VideoJobFailed,
    VideoJobLost,
    VideoJobStuck,
    VideoServerLicenceNotDeclared,
    VideoServerNotConfigured,
)
from gpu_workers.video_server.settings import OnStop, VideoServerSettings
from gpu_workers.video_server.shooting import film_name, job_ids
from tests import words
from tests.gpu_workers.orders import fingerprint, order, sampled
from tests.gpu_workers.test_studio_activity import BRIEF, Room
from tests.gpu_workers.video_server_double import MODEL, VideoServerDouble
from tests.gpu_workers.video_server_studio import SECRET, Leaving, Studio, served_by


@pytest.mark.parametrize("engine", [VLLM_OMNI, SGLANG, FASTVIDEO, PLAIN], ids=lambda e: e.name)
def test_each_engine_makes_a_clip_of_the_asked_size_length_and_sound(
    server: VideoServerDouble, engine: Engine
) -> None:
    studio = Studio(served_by(server, engine))
    plan = studio.plan("a dog", "a cat", seconds=0.7, fps=12)
    clip = sampled(studio.sampler, plan)
    assert clip.frames.shape == (plan.frames, 96, 160, 3)
    assert clip.audio.shape == (2, round(plan.frames * 48_000 / 12))
    assert np.abs(clip.audio).max() > 0.1
    assert server.asked["POST"] == 2


def test_the_server_is_told_size_length_rate_seed_and_sound_in_its_own_fields(
    server: VideoServerDouble,
) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    studio.advance(studio.plan(SECRET, seconds=1.4, fps=12, seed=41), upto=1)
    fields = next(iter(server.gpu.values())).fields
    assert fields == {
        "prompt": SECRET,
        "model": MODEL,
        "size": "160x96",
        "seconds": "2",
        "num_frames": "17",
        "fps": "12",
        "seed": "41",
        "generate_sound": "true",
    }


def test_a_plain_server_gets_the_bare_fields(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, PLAIN))
    studio.advance(studio.plan(), upto=1)
    fields = next(iter(server.gpu.values())).fields
    assert set(fields) == {"prompt", "model", "size", "seconds"}


def test_ids_are_in_the_state_before_any_job_is_looked_at(server: VideoServerDouble) -> None:
    studio = Studio(server)
    looked_before: list[int] = []

    def on_step(state: State) -> None:
        if state.step == 1:
            assert job_ids(state) == ("video_gen_0000", "video_gen_0001")
            looked_before.append(server.asked["GET"])
            raise Leaving

    plan = studio.plan("a dog", "a cat")
    with pytest.raises(Leaving):
        studio.sampler.advance(plan, studio.sampler.start(plan), on_step)
    assert looked_before == [0]


def test_progress_never_goes_back_and_ends_with_the_film(server: VideoServerDouble) -> None:
    server.percents = [0, 0, 40, 20, 10, 70, 65, 100]
    studio, seen = Studio(server), list[int]()
    plan = studio.plan()
    state = studio.sampler.advance(
        plan, studio.sampler.start(plan), lambda state: seen.append(state.step)
    )
    assert seen == sorted(seen)
    assert set(seen) == set(range(1, plan.steps + 1))
    assert film_name(0) in state.tensors


def test_the_caller_is_asked_again_while_the_server_has_nothing_new(
    server: VideoServerDouble,
) -> None:
    server.percents = [0] * 8 + [100]
    studio, seen = Studio(server), list[int]()
    plan = studio.plan()
    studio.sampler.advance(plan, studio.sampler.start(plan), lambda s: seen.append(s.step))
    assert seen.count(1) > 3


def test_shots_follow_each_other_in_one_clip(server: VideoServerDouble) -> None:
    studio = Studio(server)
    plan = studio.plan("a dog", "a cat", seconds=1.0)
    clip = sampled(studio.sampler, plan)
    first, second = clip.frames[:12].mean((0, 1, 2)), clip.frames[12:].mean((0, 1, 2))
    assert np.abs(first - second).max() > 3
    assert [work.fields["prompt"] for work in server.gpu.values()] == ["a dog", "a cat"]
    assert [work.fields["seed"] for work in server.gpu.values()] == ["7", "8"]


def test_a_picture_can_open_the_clip(server: VideoServerDouble, tmp_path: Path) -> None:
    _, encoded = cv2.imencode(".png", np.full((200, 200, 3), (30, 60, 90), np.uint8))
    sha256 = hashlib.sha256(bytes(encoded)).hexdigest()
    (tmp_path / sha256).write_bytes(bytes(encoded))
    reference = Reference(kind="picture", use="first-frame", sha256=sha256)
    asked = order("a dog", "a cat").model_copy(update={"references": (reference,)})
    with pytest.raises(ReferencesNotTaken, match="takes none"):
        Studio(server).sampler.plan(asked)
    studio = Studio(server, takes_picture=True, references=tmp_path)
    studio.advance(studio.sampler.plan(asked), upto=1)
    assert list(server.pictures) == ["video_gen_0000"]
    sent = cv2.imdecode(np.frombuffer(server.pictures["video_gen_0000"], np.uint8), 1)
    assert sent is not None
    assert sent.shape == (96, 160, 3)
    assert (sent == (30, 60, 90)).all()


@pytest.mark.parametrize(
    "changes", [{"width": 4096}, {"width": 161}, {"seconds": 21.0}, {"fps": 60, "seconds": 20.0}]
)
def test_what_the_server_cannot_make_is_refused_before_it_is_asked(
    server: VideoServerDouble, changes: dict[str, int | float]
) -> None:
    large = {"width": 1920, "height": 1080} if "fps" in changes else {}
    with pytest.raises(RequestOutOfRange):
        Studio(server).plan(**{**large, **changes})
    with pytest.raises(RequestOutOfRange, match="characters"):
        Studio(server).plan("x" * 4001)
    assert server.asked.total() == 0


def test_nothing_is_planned_until_somebody_minds_the_licence_of_the_served_model(
    server: VideoServerDouble,
) -> None:
    with pytest.raises(VideoServerLicenceNotDeclared, match="wan-vace") as refused:
        Studio(server, licence="").plan()
    assert "CALLSHEET_VIDEO_SERVER_LICENCE" in refused.value.next_step
    with pytest.raises(CardMissing, match="wan-vace"):
        Studio(server, licence="apache").plan()
    assert server.asked.total() == 0


def test_the_declared_licence_asks_who_runs_the_studio(server: VideoServerDouble) -> None:
    small = Operation(regions=("CH",), revenue_usd=9_999_999, marks=True)
    free = Studio(server, licence="wan-vace").plan()
    assert Studio(server, licence="ltx2", operation=small).plan().key == free.key
    large = small.model_copy(update={"revenue_usd": 10_000_000})
    with pytest.raises(LicenceCapsRevenue, match="10,000,000"):
        Studio(server, licence="ltx2", operation=large).plan()
    unmarked = small.model_copy(update={"marks": False})
    with pytest.raises(LicenceAsksForMark, match="LTX-2"):
        Studio(server, licence="ltx2", operation=unmarked).plan()
    assert Studio(server, licence="none").plan().key == free.key


def test_what_the_operator_declares_comes_from_the_environment() -> None:
    settings = VideoServerSettings.read(
        {
            "CALLSHEET_VIDEO_SERVER_URL": "http://gpu:8091",
            "CALLSHEET_VIDEO_SERVER_ENGINE": "sglang",
            "CALLSHEET_VIDEO_SERVER_MODEL": MODEL,
            "CALLSHEET_VIDEO_SERVER_LICENCE": "ltx2",
            "CALLSHEET_OPERATOR_REGIONS": "de, fr",
            "CALLSHEET_OPERATOR_REVENUE_USD": "5000",
            "CALLSHEET_OPERATOR_MARKS": "true",
        }
    )
    stated = Operation(regions=("DE", "FR"), revenue_usd=5000, marks=True)
    assert (settings.licence, settings.operation) == ("ltx2", stated)


def test_another_model_revision_or_engine_is_another_plan(server: VideoServerDouble) -> None:
    keys = {
        Studio(server, **change).plan().key
        for change in ({}, {"model": "b"}, {"revision": "2"}, {"engine": PLAIN})
    }
    assert len(keys) == 4
    assert Studio(server, poll_seconds=9.0).plan().key in keys


def test_settings_come_from_the_environment_and_say_what_is_missing(tmp_path: Path) -> None:
    said = {
        "CALLSHEET_VIDEO_SERVER_URL": "http://gpu:8091",
        "CALLSHEET_VIDEO_SERVER_ENGINE": "sglang",
        "CALLSHEET_VIDEO_SERVER_MODEL": MODEL,
        "CALLSHEET_HOME": str(tmp_path),
    }
    settings = VideoServerSettings.read(said | {"CALLSHEET_VIDEO_SERVER_ON_STOP": "wait"})
    assert settings.licence == ""
    assert settings.engine is SGLANG
    assert settings.on_stop is OnStop.WAIT
    assert settings.references == tmp_path / "references"
    for wrong in (
        {"CALLSHEET_VIDEO_SERVER_URL": ""},
        {"CALLSHEET_VIDEO_SERVER_ENGINE": "comfy"},
        {"CALLSHEET_VIDEO_SERVER_SOUND": "loud"},
        {"CALLSHEET_OPERATOR_REVENUE_USD": "little"},
    ):
        with pytest.raises(VideoServerNotConfigured):
            VideoServerSettings.read(said | wrong)


def test_outages_are_for_waiting_and_refusals_are_final() -> None:
    assert issubclass(SubmissionUncertain, OSError)
    for again in (VideoJobLost, VideoJobFailed, VideoJobStuck, VideoAnswerUnreadable):
        assert not issubclass(again, Refusal)


@pytest.mark.parametrize("step", [1, 4, 11, 13])
def test_a_worker_that_goes_on_attaches_to_the_same_jobs_and_gets_the_same_bytes(
    server: VideoServerDouble, step: int
) -> None:
    studio = Studio(server)
    plan = studio.plan("a dog", "a cat")
    state = studio.stopped(plan, lambda state: state.step == step, Leaving())
    assert studio.withdrawn == []
    again = Studio(server)
    end = again.advance(plan, State.load(state.dump()))
    assert server.asked["POST"] == 2
    assert fingerprint(again.sampler.decode(plan, end)) == fingerprint(
        studio.sampler.decode(plan, studio.advance(plan, state))
    )
    assert server.asked["POST"] == 2


def test_a_job_goes_on_whatever_has_changed_in_the_studio(server: VideoServerDouble) -> None:
    studio = Studio(server)
    state = studio.advance(studio.plan(), upto=1)
    assert (
        dataclasses.replace(state, environment={"torch": "1.0"}).differing(
            surroundings(studio.sampler)
        )
        == ()
    )


def test_a_finished_state_needs_no_server(server: VideoServerDouble) -> None:
    studio = Studio(server)
    plan = studio.plan()
    end = State.load(studio.advance(plan).dump())
    server.restart()
    asked = server.asked.total()
    assert len(studio.sampler.decode(plan, end).frames) == plan.frames
    assert server.asked.total() == asked


@pytest.mark.parametrize("marker", list(Marker))
def test_a_death_between_asking_and_knowing_is_closed_where_the_server_keeps_our_mark(
    server: VideoServerDouble, marker: Marker
) -> None:
    studio = Studio(served_by(server, dataclasses.replace(SGLANG, marker=marker)))
    plan = studio.plan("a dog", "a cat")
    studio.stopped(plan, lambda state: state.step == 1, Leaving())  # its state is never saved
    studio.advance(plan)
    assert server.asked["POST"] == 2


def test_our_mark_is_found_behind_a_hundred_other_jobs(server: VideoServerDouble) -> None:
    studio = Studio(server)
    plan = studio.plan()
    studio.advance(plan, upto=1)
    for _ in range(130):
        server.submit(dict(server.gpu["video_gen_0000"].fields, model="other"), None)
    posts = server.asked["POST"]
    studio.advance(plan, upto=1)
    assert server.asked["POST"] == posts


def dead_after_asking(studio: Studio, plan: Plan, server: VideoServerDouble) -> State:
    """A worker dies when the server has its job and nobody has the job's id: what was saved."""
    saved: list[State] = []

    def on_step(state: State) -> None:
        if server.asked["POST"]:
            raise Leaving
        saved.append(state)

    with pytest.raises(Leaving):
        studio.sampler.advance(plan, studio.sampler.start(plan), on_step)
    assert job_ids(saved[-1]) == ()
    return State.load(saved[-1].dump())


def test_such_a_death_is_closed_by_a_note_of_what_stood_where_records_name_the_prompt(
    server: VideoServerDouble,
) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    plan = studio.plan()
    studio.advance(plan, upto=1)  # an earlier job of the same words and size is not ours
    server.asked.clear()
    saved = dead_after_asking(studio, plan, server)
    assert saved.step == 0
    end = studio.advance(plan, saved)
    assert job_ids(end) == ("video_gen_0001",)
    assert server.asked["POST"] == 1


def test_a_job_that_is_made_again_is_found_again_too(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    plan = studio.plan()
    state = studio.advance(plan, upto=3)
    server.restart()
    server.asked.clear()
    saved: list[State] = []

    def on_step(state: State) -> None:
        if server.asked["POST"]:
            raise Leaving
        saved.append(state)

    with pytest.raises(Leaving):
        studio.sampler.advance(plan, state, on_step)
    end = studio.advance(plan, saved[-1])
    assert job_ids(end) == ("video_gen_0001",)
    assert server.asked["POST"] == 1


def test_of_two_jobs_like_ours_none_is_taken_for_it(server: VideoServerDouble) -> None:
    studio = Studio(served_by(server, VLLM_OMNI))
    plan = studio.plan()
    saved = dead_after_asking(studio, plan, server)
    server.submit(dict(server.gpu["video_gen_0000"].fields), None)
    assert job_ids(studio.advance(plan, saved)) == ("video_gen_0002",)


@pytest.mark.parametrize(
    ("engine", "takes_picture"), [(FASTVIDEO, False), (PLAIN, False), (VLLM_OMNI, True)]
)
def test_where_records_do_not_tell_such_a_death_makes_the_work_twice(
    server: VideoServerDouble, engine: Engine, takes_picture: bool
) -> None:
    studio = Studio(served_by(server, engine), takes_picture=takes_picture)
    plan = studio.plan()
    studio.stopped(plan, lambda state: state.step == 1, Leaving())
    studio.advance(plan)
    assert engine.marker is None
    assert server.asked["POST"] == 2


def test_an_answer_that_never_came_is_found_by_our_mark(server: VideoServerDouble) -> None:
    server.faults.deaf_to_posts = 1
    studio = Studio(server)
    studio.advance(studio.plan())
    assert server.asked["POST"] == 1
    assert server.states() == ["done"]


def test_an_answer_that_never_came_is_found_by_what_the_records_name(
    server: VideoServerDouble,
) -> None:
    server.faults.deaf_to_posts = 1
    studio = Studio(served_by(server, VLLM_OMNI))
    studio.advance(studio.plan())
    assert server.asked["POST"] == 1
    assert server.states() == ["done"]


def test_an_answer_that_never_came_is_not_asked_for_twice_where_nothing_can_be_known(
    server: VideoServerDouble,
) -> None:
    server.faults.deaf_to_posts = 1
    studio = Studio(served_by(server, FASTVIDEO))
    with pytest.raises(SubmissionUncertain):
        studio.advance(studio.plan())
    assert server.asked["POST"] == 1


async def test_a_worker_told_by_the_heartbeat_of_another_asks_the_server_for_nothing_new(
    server: VideoServerDouble, tmp_path: Path
) -> None:
    server.percents = [0]
    room, sampler = Room(tmp_path / "scratch"), Studio(server).sampler
    await room.perform(words.request_video(BRIEF))
    room.studio = room.another(lambda _: sampler)
    running = room.run(room.environment())
    await room.until(lambda: any(beat.checkpoint for beat in room.beats))
    await room.until(lambda: server.asked["GET"] > 1)
    said = next(beat for beat in room.beats if beat.checkpoint)
    room.studio = room.another(lambda _: Studio(server).sampler)
    for work in server.gpu.values():
        work.percents = [100]
    take = await room.run(room.environment(2, said))
    assert take.frames == BRIEF.seconds * BRIEF.fps
    await asyncio.wait([running])
    assert server.asked["POST"] == 1


@pytest.mark.parametrize("engine", [SGLANG, VLLM_OMNI], ids=lambda e: e.name)
@pytest.mark.parametrize("leaves", [False, True], ids=["killed", "asked to leave"])
async def test_the_id_of_a_job_that_was_made_again_is_told_before_it_is_followed(
    server: VideoServerDouble, tmp_path: Path, engine: Engine, leaves: bool
) -> None:
    served_by(server, engine).percents = [0]
    room = Room(tmp_path / "scratch")
    await room.perform(words.request_video(BRIEF))
    room.studio = room.another(lambda _: Studio(server).sampler)
    first = room.run(room.environment())
    await room.until(lambda: server.asked["GET"] > 1)  # it follows its job
    server.restart()
    with pytest.raises(VideoJobLost):
        await first
    told = room.beats[-1]
    room.beats.clear()

    looked, environment = server.asked["GET"], room.environment(2, told)
    second = room.run(environment)
    await room.until(lambda: server.asked["GET"] > looked + 2)
    last = room.beats[-1]
    environment.worker_shutdown()  # one that is killed does not get to say what it says then
    with pytest.raises(ApplicationError, match="goes on from step 1"):
        await second
    for work in server.gpu.values():
        work.percents = [100]
    room.studio = room.another(lambda _: Studio(server).sampler)
    take = await room.run(room.environment(3, room.beats[-1] if leaves else last))
    assert take.frames == BRIEF.seconds * BRIEF.fps
    assert server.asked["POST"] == 2, "the first job, and the one in its place"
