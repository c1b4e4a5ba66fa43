"""A trial: one clip is filmed, examined as an account's enrolment would be, and thrown away.

Our own clips need no confinement, so a trial may measure them in its own process, whose models
stay loaded; the numbers are the same. Trials that are ``apart`` are examined as a stranger's clip
is, in confined processes: their time is the examination's.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from activities.clip import examiner
from activities.clip.container import sniff
from activities.clip.probe import facts_in
from activities.clip.refusals import ClipRefused
from activities.likeness.contract import Challenge, Claim, Examination, Finding, Template, Verdict
from activities.likeness.evidence import SAMPLE_RATE
from activities.likeness.examine import examine, examined
from activities.likeness.faces import Faces
from activities.likeness.observer import observe
from activities.likeness.observing import LIMITS, observation, require
from activities.likeness.speaker import voice_in
from domain.kernel.model import Value
from tests.attacks.scene import Attack
from tests.attacks.suite import KINDS, film_attack
from tests.media.camera import Camera, Lens
from tests.media.clips import FULL, Size, chance, honest
from tests.media.people import BY_NAME, PEOPLE, Person
from tests.media.pets import film_pet
from tests.media.voices import RATE, Voice, resampled, say

HONEST: Final = "honest"
HONEST_PET: Final = "honest_pet"
_ADULT: Final = Claim(age_years=34)
_ENROLLED_NUMBER: Final = "274096135"
_UNLIKE: Final = 0.175
HIGH: Final = Voice(1.05)
"""Higher than everybody's; raised to 1.12, half of the numbers are not understood in some noise."""
_HIGH_EVERY: Final = 4


class Trial(Value):
    """What came out. ``seconds`` is the time on the wall that the examination took, ``cpu_seconds``
    that of the processors, ``clip_seconds`` the clip's length; ``apart`` whether the clip was
    measured in confined processes, as an enrolment's is."""

    kind: str
    seed: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    refusal: str | None
    seconds: float
    cpu_seconds: float
    clip_seconds: float
    apart: bool = True

    @property
    def approved(self) -> bool:
        return self.verdict == "passed"

    @property
    def named(self) -> tuple[str, ...]:
        """The checks that stood against the clip."""
        return tuple(each.check for each in self.findings if each.verdict != "passed")


def run_trial(kind: str, seed: int, size: Size = FULL, *, apart: bool = True) -> Trial:
    """Film and examine one clip of a class of attacks, or an honest one."""
    cv2.setNumThreads(1)  # trials run beside each other
    with tempfile.TemporaryDirectory(prefix="callsheet-trial-") as folder:
        attack = _film(kind, seed, Path(folder) / "clip", size)
        return _examined(kind, seed, attack, apart=apart)


def _film(kind: str, seed: int, path: Path, size: Size) -> Attack:
    if kind == HONEST:
        person = PEOPLE[seed % len(PEOPLE)]
        if seed % _HIGH_EVERY == _HIGH_EVERY - 1:
            person = replace(person, voice=HIGH)
        clip, challenge = honest(path, seed, person, size)
        return Attack(clip, challenge, _ADULT, shows=person.name, voice=person.voice)
    if kind == HONEST_PET:
        rng = chance("pet", seed)
        return Attack(film_pet(path, rng, size.camera(rng)), None, Claim(subject="pet"))
    attack = film_attack(kind, seed, path, size)
    if attack.challenge is None or attack.claim.age_years is not None:
        return attack
    return replace(attack, claim=_ADULT)


def _examined(kind: str, seed: int, attack: Attack, *, apart: bool) -> Trial:
    templates = templates_of(attack)
    began, cpu_began = time.perf_counter(), _cpu_seconds()
    found: Examination | None = None
    refusal: str | None = None
    try:
        look = examine if apart else _examine_here
        found = look(attack.clip, attack.challenge, templates, attack.claim)
    except ClipRefused as refused:
        refusal = refused.code
    return Trial(
        kind=kind,
        seed=seed,
        verdict="failed" if found is None else found.verdict,
        findings=() if found is None else found.findings,
        refusal=refusal,
        seconds=time.perf_counter() - began,
        cpu_seconds=_cpu_seconds() - cpu_began,
        clip_seconds=0.0 if found is None else found.seconds,
        apart=apart,
    )


def _examine_here(
    clip: Path, challenge: Challenge | None, templates: Sequence[Template], claim: Claim
) -> Examination:
    """``examine`` without its confined processes."""
    with tempfile.TemporaryDirectory(prefix="callsheet-likeness-") as folder:
        report = examiner.examine(str(clip), sniff(clip) or "", LIMITS.model_dump())
        facts = facts_in(json.dumps(report).encode(), LIMITS)
        require(facts, with_sound=challenge is not None)
        observe(clip, facts, _faces(), Path(folder), turned=challenge is None)
        return examined(observation(facts, Path(folder)), challenge, templates, claim)


@cache
def _faces() -> Faces:
    """Loaded once for all trials of a process."""
    return Faces()


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def templates_of(attack: Attack) -> tuple[Template, ...]:
    """What other accounts have enrolled: the victim of the attack, and people who are not met."""
    strangers = _strangers(attack)
    templates = [
        Template(
            key=f"stranger-{each.name}",
            face=face_template(each),
            voice=voice_template(each) if _sounds_unlike(each, attack) else None,
        )
        for each in strangers
    ]
    if attack.enrolled_face:
        templates.append(Template(key="victim-face", face=face_template(attack.enrolled_face)))
    if attack.enrolled_voice:
        templates.append(Template(key="victim-voice", voice=voice_template(attack.enrolled_voice)))
    if attack.protected_face:
        face = face_template(attack.protected_face)
        templates.append(Template(key="protected-face", kind="protected", face=face))
    return tuple(templates)


def _strangers(attack: Attack) -> list[Person]:
    """Everybody but who is in the clip, where it is known who is."""
    return [each for each in PEOPLE if attack.shows and each.name != attack.shows]


def _sounds_unlike(stranger: Person, attack: Attack) -> bool:
    """All voices are one voice changed; those that are changed alike are alike."""
    heard = attack.voice or (attack.enrolled_voice or BY_NAME[attack.shows]).voice
    return abs(stranger.voice.height - heard.height) >= _UNLIKE


@cache
def face_template(person: Person) -> bytes:
    """As an enrolment of another day gave it: another camera, a small turn of the head."""
    rng = chance("enrolled", person.name)
    faces, lens = _faces(), Lens(Camera(gain=0.9, noise=3.0), rng)
    vectors = []
    for yaw in (-4.0, 0.0, 4.0):
        seen = np.ascontiguousarray(lens.see(person.head.draw(yaw, 2.0, 0.0))[:, :, ::-1])
        vectors.append(faces.identity(seen, faces.detect(seen)[0]))
    mean = np.mean(vectors, axis=0)
    return np.asarray(mean / np.linalg.norm(mean), "<f4").tobytes()


@cache
def voice_template(person: Person) -> bytes:
    """As an enrolment of another day gave it: another number."""
    said = resampled(say(_ENROLLED_NUMBER, person.voice), RATE, SAMPLE_RATE)
    voice = voice_in(np.pad(said, SAMPLE_RATE))
    assert voice is not None
    return voice.astype("<f4").tobytes()


ALL_KINDS: Final = (HONEST, HONEST_PET, *KINDS)
