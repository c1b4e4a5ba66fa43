"""The figures of an evaluation, from trials that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.likeness.contract import (
    CHECKS_OF_A_PERSON,
    CHECKS_OF_A_THING,
    CheckName,
    Finding,
    Verdict,
)
from infra.cli.curves import curves_of, page_table
from infra.cli.eval_enrolment import (
    ATTACK_CLIPS,
    HONEST_CLIPS,
    chosen,
    judge,
    kept,
    tasks,
)
from infra.errors import UserError
from tests.attacks.suite import KINDS
from tests.attacks.trial import HONEST, HONEST_PET, Trial


def finding(check: CheckName, verdict: Verdict = "passed", score: float = 0.9) -> Finding:
    return Finding(check=check, verdict=verdict, score=score, threshold=0.5, model="m", version="1")


def trial(kind: str, seed: int, *findings: Finding, seconds: float = 3.0) -> Trial:
    verdicts = {each.verdict for each in findings}
    failed: Verdict = "unsure" if "unsure" in verdicts else "passed"
    return Trial(
        kind=kind,
        seed=seed,
        verdict="failed" if "failed" in verdicts else failed,
        findings=findings,
        refusal=None,
        seconds=seconds,
        cpu_seconds=seconds,
        clip_seconds=10.0,
    )


def everything_right() -> list[Trial]:
    trials = []
    for kind, seed in tasks(ATTACK_CLIPS, HONEST_CLIPS, 1_000):
        if kind in KINDS:
            check = min(KINDS[kind].caught_by)
            trials.append(trial(kind, seed, finding(check, "failed", 0.1)))
        elif kind == HONEST_PET:
            trials.append(trial(kind, seed, finding("human_face_in_pet", score=0.0)))
        else:
            trials.append(trial(kind, seed, finding("parallax"), finding("spoken_number")))
    return trials


def test_all_is_well_when_no_attack_and_every_honest_clip_is_approved() -> None:
    trials = everything_right()
    assert len(KINDS) >= 8
    assert judge(trials, len(trials)).ok


def test_one_approved_attack_is_one_too_many() -> None:
    trials = everything_right()
    at = next(index for index, each in enumerate(trials) if each.kind == "replay")
    trials[at] = trial("replay", trials[at].seed, finding("head_moves"))
    figures = judge(trials, len(trials))
    assert not figures.ok
    assert figures.checks["attacks_approved"].value == 1
    assert not figures.checks["refused_replay"].ok


@pytest.mark.parametrize("refused", [5, 6])
def test_of_a_hundred_honest_clips_five_may_be_refused(refused: int) -> None:
    trials = everything_right()
    honest = [index for index, each in enumerate(trials) if each.kind == HONEST]
    for index in honest[:refused]:
        trials[index] = trial(HONEST, trials[index].seed, finding("parallax", "unsure", 0.4))
    assert judge(trials, len(trials)).ok is (refused == 5)


def test_slow_examinations_and_parts_of_an_evaluation_do_not_pass() -> None:
    trials = everything_right()
    slow = [
        each.model_copy(update={"seconds": 16.0}) if each.kind == HONEST else each
        for each in trials
    ]
    assert not judge(slow, len(slow)).checks["seconds_p95"].ok
    assert not judge(trials[:60], len(trials)).ok


def test_a_curve_counts_on_the_right_side_of_its_threshold() -> None:
    trials = [trial(HONEST, seed, finding("parallax", score=seed / 10)) for seed in range(10)]
    trials += [trial("photo_held", 0, finding("parallax", "failed", 0.25))]
    curve = curves_of(trials)["parallax"]
    assert curve.false_rejects(0.5) == pytest.approx(0.5)
    assert (curve.false_accepts(0.2), curve.false_accepts(0.3)) == (1.0, 0.0)

    smaller = [trial(HONEST, seed, finding("impostor_face", score=seed / 10)) for seed in range(10)]
    assert curves_of(smaller)["impostor_face"].false_rejects(0.25) == pytest.approx(0.7)
    points = curve.as_json()["curve"]
    assert points[0]["false_rejects"] == 0.0
    assert "`parallax`" in page_table(curves_of(trials), trials)


def test_a_part_that_was_kept_is_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    trials = everything_right()[:5]
    path.write_text("".join(each.model_dump_json() + "\n" for each in (*trials, trials[0])))
    wanted = [(each.kind, each.seed) for each in trials[:3]]
    assert list(kept(path, wanted)) == trials[:3]
    assert list(kept(tmp_path / "none.jsonl", wanted)) == []


def test_a_refusal_that_names_another_check_than_the_one_it_is_aimed_at_is_counted() -> None:
    trials = everything_right()
    assert judge(trials, len(trials)).checks["named_its_check"].value == 1.0
    attacks = [index for index, each in enumerate(trials) if each.kind in KINDS]
    for index in attacks[: len(attacks) // 10]:
        trials[index] = trial(
            trials[index].kind, trials[index].seed, finding("voice_moves_with_mouth", "unsure", 0.1)
        )
    figures = judge(trials, len(trials))
    assert figures.checks["attacks_approved"].value == 0
    assert not figures.checks["named_its_check"].ok


def test_every_check_has_an_attack_that_is_aimed_at_it() -> None:
    aimed = set[str]().union(*(each.caught_by for each in KINDS.values()))
    assert aimed == {*CHECKS_OF_A_PERSON, *CHECKS_OF_A_THING}


def test_scores_of_another_unit_are_not_in_the_curve_and_their_verdicts_are() -> None:
    minor = finding("age_signs", "unsure", 15).model_copy(update={"threshold": 18})
    voice = finding("age_signs", "unsure", 320).model_copy(update={"threshold": 290})
    adult = finding("age_signs", score=34).model_copy(update={"threshold": 18})
    trials = [trial(HONEST, 1, adult), trial("declared_minor", 1, minor)]
    curve = curves_of([*trials, trial("child_voice", 1, voice)])["age_signs"]
    assert (list(curve.attacks), curve.attacks_tried, curve.attacks_passed) == ([15.0], 2, 0)


def test_an_evaluation_of_some_kinds_tries_those_alone() -> None:
    everything = list(tasks(2, 2, 7))
    assert list(chosen(everything, "replay, honest_pet")) == [
        ("honest_pet", 7),
        ("replay", 7),
        ("honest_pet", 8),
        ("replay", 8),
    ]
    assert list(chosen(everything, None)) == everything
    with pytest.raises(UserError, match="of the kind cats"):
        list(chosen(everything, "replay,cats"))
