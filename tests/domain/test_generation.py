"""What may happen to a generation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.generation.brief import Brief, Shot
from domain.generation.commands import GenerationCommand
from domain.generation.decider import GENERATION, decide
from domain.generation.events import GenerationEvent, StudioTimeUsed, TakeFound
from domain.generation.refusals import (
    AlreadyRequested,
    AlreadySettled,
    GenerationUnknown,
    NotStored,
    NotYetSampled,
    ShotUnknown,
)
from domain.generation.situations import Cancelled, Completed, Failed, Sampled, take_of
from domain.kernel.errors import Refusal
from domain.provenance.proof import Unproven
from tests import words
from tests.domain.given import Story

a_generation = Story(GENERATION)
requested = a_generation.given(words.video_requested())
sampling = requested.given(words.sampling_started())
sampled = sampling.given(words.take_sampled())
stored = sampled.given(words.rendition_stored())
proven = stored.given(words.provenance_verified())
completed = proven.given(words.generation_completed())
failed = requested.given(words.generation_failed())
cancelled = sampling.given(words.generation_cancelled())


def test_asking_for_a_video_is_written_down() -> None:
    a_generation.when(words.request_video()).then(words.video_requested())


def test_asking_twice_changes_nothing() -> None:
    requested.when(words.request_video()).then_nothing()


def test_the_same_id_with_another_brief_is_refused() -> None:
    another = Brief(prompt="a blue boat", seed=7)
    requested.when(words.request_video(another)).then_refused(AlreadyRequested)


@pytest.mark.parametrize(
    "command",
    [
        words.begin_sampling(),
        words.record_studio_time(),
        words.record_take(),
        words.record_rendition(),
        words.record_proof(),
        words.complete_generation(),
        words.fail_generation(),
        words.cancel_generation(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_can_happen_to_a_generation_that_nobody_asked_for(
    command: GenerationCommand,
) -> None:
    a_generation.when(command).then_refused(GenerationUnknown)


def test_the_studio_begins() -> None:
    requested.when(words.begin_sampling()).then(words.sampling_started())


def test_a_second_worker_begins_a_second_attempt() -> None:
    sampling.when(words.begin_sampling(2)).then(words.sampling_started(2))


def test_an_attempt_begins_once() -> None:
    sampling.when(words.begin_sampling(1)).then_nothing()


def test_progress_only_moves_on() -> None:
    sampling.when(words.advance_sampling(4)).then(words.sampling_advanced(4))
    halfway = sampling.given(words.sampling_advanced(4))
    halfway.when(words.advance_sampling(4)).then_nothing()
    halfway.when(words.advance_sampling(3)).then_nothing()
    halfway.when(words.advance_sampling(11)).then_nothing()


def test_news_from_a_replaced_worker_is_ignored() -> None:
    second = sampling.given(words.sampling_started(2))
    second.when(words.advance_sampling(4, attempt=1)).then_nothing()


def test_a_take_needs_a_studio_that_began() -> None:
    requested.when(words.record_take()).then_refused(NotYetSampled)


def test_the_first_take_stands() -> None:
    sampling.when(words.record_take()).then(words.take_sampled())
    other = words.TAKE.model_copy(update={"sha256": "f" * 64})
    sampled.when(words.record_take(other)).then_nothing()


def test_the_time_of_an_attempt_is_written_down_once() -> None:
    sampling.when(words.record_studio_time()).then(words.studio_time_used())
    accounted = sampling.given(words.studio_time_used())
    accounted.when(words.record_studio_time(seconds=9)).then_nothing()
    second = accounted.given(words.sampling_started(2))
    second.when(words.record_studio_time()).then_nothing()
    second.when(words.record_studio_time(2)).then(words.studio_time_used(2))


def test_the_time_of_an_attempt_changes_nothing_else() -> None:
    accounted = sampling.given(words.sampling_advanced(4), words.studio_time_used())
    accounted.when(words.advance_sampling(5)).then(words.sampling_advanced(5))
    accounted.when(words.record_take()).then(words.take_sampled())


@pytest.mark.parametrize("story", [completed, failed, cancelled])
def test_time_that_was_used_is_owed_after_the_end_too(story: Story) -> None:
    story.when(words.record_studio_time()).then(words.studio_time_used())


def test_a_rendition_needs_a_take() -> None:
    sampling.when(words.record_rendition()).then_refused(NotYetSampled)
    sampled.when(words.record_rendition()).then(words.rendition_stored())
    stored.when(words.record_rendition()).then_nothing()


@pytest.mark.parametrize("story", [requested, sampling, sampled], ids=["requested", "at", "taken"])
def test_nothing_is_called_complete_without_a_stored_rendition(story: Story) -> None:
    story.when(words.complete_generation()).then_refused(NotStored)


def test_what_nobody_has_proven_is_not_called_complete() -> None:
    stored.when(words.complete_generation()).then_refused(Unproven)


def test_a_proof_needs_the_stored_bytes() -> None:
    sampled.when(words.record_proof()).then_refused(NotStored)
    stored.when(words.record_proof()).then(words.provenance_verified())
    proven.when(words.record_proof()).then_nothing()
    completed.when(words.record_proof()).then_refused(AlreadySettled)


def test_a_proven_rendition_completes_the_generation() -> None:
    proven.when(words.complete_generation()).then(words.generation_completed())
    completed.when(words.complete_generation()).then_nothing()


@pytest.mark.parametrize("story", [requested, sampling, sampled, stored, proven])
def test_everything_that_runs_can_be_cancelled_or_fail(story: Story) -> None:
    story.when(words.cancel_generation()).then(words.generation_cancelled())
    story.when(words.fail_generation()).then(words.generation_failed())


@pytest.mark.parametrize("story", [completed, failed, cancelled])
def test_after_the_end_the_studio_is_refused(story: Story) -> None:
    story.when(words.begin_sampling()).then_refused(AlreadySettled)
    story.when(words.record_take()).then_refused(AlreadySettled)


def test_an_ending_can_be_repeated_but_not_replaced() -> None:
    cancelled.when(words.cancel_generation()).then_nothing()
    failed.when(words.fail_generation()).then_nothing()
    completed.when(words.cancel_generation()).then_refused(AlreadySettled)
    cancelled.when(words.complete_generation()).then_refused(AlreadySettled)


STORY = Brief(prompt="three", shots=tuple(Shot(prompt=each) for each in "abc"), seed=7)
a_story = a_generation.given(words.video_requested(STORY))


def of_shot(number: int, word: Any, **changes: Any) -> Any:
    """The same word about one of the shots."""
    return word.model_copy(update={"shot": number, **changes})


def take_found(number: int) -> TakeFound:
    return TakeFound(
        at=words.moment(3), generation_id=words.GENERATION_ID, shot=number, take=words.TAKE
    )


def test_shots_are_sampled_apart_in_any_order() -> None:
    a_story.when(of_shot(3, words.begin_sampling())).then(of_shot(3, words.sampling_started()))
    third = a_story.given(of_shot(3, words.sampling_started()))
    third.when(of_shot(1, words.begin_sampling())).then(of_shot(1, words.sampling_started()))
    both = third.given(of_shot(1, words.sampling_started()), of_shot(3, words.sampling_advanced(4)))
    both.when(of_shot(1, words.advance_sampling(2))).then(of_shot(1, words.sampling_advanced(2)))
    both.when(of_shot(3, words.advance_sampling(4))).then_nothing()
    both.when(of_shot(1, words.record_take())).then(of_shot(1, words.take_sampled()))
    both.when(of_shot(2, words.record_take())).then_refused(NotYetSampled)


def test_a_take_that_is_found_needs_no_sampling() -> None:
    found = of_shot(2, words.record_take(), found=True)
    a_story.when(found).then(take_found(2))
    a_story.given(take_found(2)).when(found).then_nothing()
    a_story.given(take_found(2)).when(of_shot(2, words.begin_sampling())).then_nothing()


def test_a_rendition_needs_the_takes_of_all_shots() -> None:
    two = a_story.given(
        of_shot(1, words.sampling_started()), of_shot(1, words.take_sampled()), take_found(3)
    )
    two.when(words.record_rendition()).then_refused(NotYetSampled)
    all_three = two.given(take_found(2))
    all_three.when(words.record_rendition()).then(words.rendition_stored())


def test_takes_come_in_the_order_of_the_shots() -> None:
    takes = {n: words.TAKE.model_copy(update={"sha256": f"{n}" * 64}) for n in (1, 2, 3)}
    found = [take_found(n).model_copy(update={"take": takes[n]}) for n in (3, 1, 2)]
    state = GENERATION.fold([words.video_requested(STORY), *found])
    assert [take_of(state, n) for n in (1, 2, 3)] == list(takes.values())
    assert isinstance(state, Sampled)


def test_a_shot_that_nobody_asked_for_is_refused() -> None:
    a_story.when(of_shot(4, words.begin_sampling())).then_refused(ShotUnknown)


def test_each_attempt_at_each_shot_accounts_for_its_own_time() -> None:
    first = a_story.given(of_shot(1, words.studio_time_used()))
    first.when(of_shot(1, words.record_studio_time())).then_nothing()
    first.when(of_shot(2, words.record_studio_time())).then(of_shot(2, words.studio_time_used()))


def test_a_resumed_attempt_counts_on_from_what_was_restored() -> None:
    begin = words.begin_sampling(2).model_copy(update={"restored": 6})
    started = words.sampling_started(2).model_copy(update={"restored": 6})
    sampling.when(begin).then(started)
    resumed = sampling.given(started)
    resumed.when(words.advance_sampling(6, attempt=2)).then_nothing()
    resumed.when(words.advance_sampling(7, attempt=2)).then(words.sampling_advanced(7, attempt=2))


def test_a_story_that_was_sampled_in_one_take_still_reads_so() -> None:
    """As it stands in logs from before shots were sampled apart."""
    past = (words.sampling_started(), words.take_sampled())
    a_story.given(*past).when(words.record_rendition()).then(words.rendition_stored())


_COMMANDS = st.sampled_from(
    [
        words.request_video(),
        words.begin_sampling(1),
        words.begin_sampling(2),
        words.advance_sampling(3),
        words.advance_sampling(7),
        words.advance_sampling(3, attempt=2),
        words.record_studio_time(1),
        words.record_studio_time(2),
        words.record_take(),
        of_shot(1, words.begin_sampling(1)),
        of_shot(1, words.record_take()),
        of_shot(1, words.record_take(), found=True),
        words.record_rendition(),
        words.complete_generation(),
        words.fail_generation(),
        words.cancel_generation(),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_COMMANDS, max_size=20))
def test_in_any_order_a_generation_ends_at_most_once(orders: list[GenerationCommand]) -> None:
    past: list[GenerationEvent] = []
    for command in orders:
        try:
            past.extend(decide(command, GENERATION.fold(past)))
        except Refusal:
            continue
    endings = [each for each in past if type(each).__name__ in _ENDINGS]
    assert len(endings) <= 1
    told = [each for each in past if not isinstance(each, StudioTimeUsed)]
    assert not endings or told[-1] is endings[0]
    assert isinstance(GENERATION.fold(past), Completed | Failed | Cancelled) == bool(endings)


_ENDINGS = ("GenerationCompleted", "GenerationFailed", "GenerationCancelled")
