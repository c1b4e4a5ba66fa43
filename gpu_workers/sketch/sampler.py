"""The built-in sampler: a small real model of a drawn world, on a laptop's CPU.

A state holds the tensors of every window begun, so it goes on anywhere; scene and actors belong
to a shot's first window, and the later ones share them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import torch

from domain.kernel.errors import Refusal
from gpu_workers.animatic.narration import Narrator
from gpu_workers.cards import registry as cards
from gpu_workers.cards.operation import Operation
from gpu_workers.cards.refusals import PromptTooLong
from gpu_workers.cards.require import require, require_likenesses
from gpu_workers.clip import Clip, Pictures, Sound, samples_for
from gpu_workers.references import LAID_DOWN, FolderReferences, References, references_folder
from gpu_workers.sampler import (
    OnStep,
    Plan,
    SamplingRequest,
    Shot,
    State,
    environment,
)
from gpu_workers.sketch import film, layers, sampling, soundtrack, weights, words
from gpu_workers.sketch.clips import REFERENCE_SIDE
from gpu_workers.sketch.film import Scene, pictures
from gpu_workers.sketch.graph import SteppingGraph
from gpu_workers.sketch.schedule import STEPS, Place, levels_of, place_of
from gpu_workers.sketch.tokens import GIVEN_MOMENTS, to_layers
from gpu_workers.sketch.windows import (
    Window,
    counts,
    cutouts_of,
    goes_on,
    of_use,
    opened,
    seed_of,
)

NAME: Final = "sketch"
_VOICE_SEED_MAX: Final = 2**31 - 1
_RECORDING_STEPS: Final = 2
_PREVIEWED: Final = 4
"""Pictures of a preview, spread over the window at work."""


class PromptNotUnderstood(Refusal):
    """The model knows no word of the prompt."""

    code = "prompt-not-understood"
    stage = "planning"
    next_step = (
        "Use words that it knows (docs/sketch.md lists them), or ask for the sampler animatic, "
        "which draws a preview of any prompt."
    )


class SketchSampler:
    """Samples layers and puts them together."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._narrator = Narrator()
        self._model: SteppingGraph | None = None

    @property
    def name(self) -> str:
        """The name that requests and plans use."""
        return NAME

    def load(self) -> None:
        """Bring the weights and the voice into memory. Raises SketchWeightsUnusable.

        One thread a call: sums depend on how they are divided among threads, and the steps are of
        many small calls, in which a thread that waits for a busy core holds up the others.
        """
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        if self._model is None:
            self._model = _recorded()
            self._narrator.load()

    def plan(self, request: SamplingRequest) -> Plan:
        """Decide the clip. Raises what ``require`` raises, PromptNotUnderstood, PromptTooLong."""
        card = cards.card(NAME)
        require(card, request, Operation())
        for number, shot in request.numbered:
            _require_understood(number, shot)
        require_likenesses(request)
        windows = sum(counts(request))
        laid = LAID_DOWN if of_use(request, "likeness") else ()
        return Plan(
            model=NAME,
            weights_sha256=weights.sha256(),
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=soundtrack.RATE,
            seed=request.seed,
            steps=windows * STEPS,
            references=request.references,
            settings=(*laid, ("guidance", str(card.recipe.guidance)), *_drawn()),
        )

    def start(self, plan: Plan) -> State:
        """The noise, or the source under noise, of the first window."""
        window = opened(plan, _nothing(plan), Place(0, 0, 0), self._references)
        return State(plan.key, 0, window.named(window.begin), _nothing(plan).environment)

    def surroundings(self) -> dict[str, str]:
        """What its bytes depend on beside the plan."""
        return _surroundings()

    @torch.inference_mode()
    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Sample on, step by step."""
        state.require(plan)
        end = plan.steps if upto is None else min(upto, plan.steps)
        guidance = float(dict(plan.settings)["guidance"])
        window: Window | None = None
        while state.step < end:
            place = place_of(state.step, counts(plan))
            if window is None or place.step == 0:
                window = opened(plan, state, place, self._references)
                course = sampling.course(window.levels, window.asked, guidance)
            noisy = window.resumed(state) if place.step else window.begin
            moved = course.step(self._network(), noisy, place.step)
            tensors = state.tensors | window.named(window.with_given(moved))
            state = State(state.plan_key, state.step + 1, tensors, state.environment)
            on_step(state)
        return state

    @torch.inference_mode()
    def preview(self, plan: Plan, state: State) -> Pictures:
        """A few pictures of the window at work, as the model guesses them now."""
        state.require(plan)
        if state.step == 0:
            return np.zeros((0, plan.height, plan.width, 3), np.uint8)
        window, place = self._at(plan, state, state.step - 1)
        level = window.levels[place.step + 1]
        there = sampling.course(
            torch.stack([level, torch.ones_like(level)]), window.asked, guidance=1.0
        )
        seen = window.with_given(there.step(self._network(), window.resumed(state), 0))
        shown = to_layers({name: x[None] for name, x in seen.items()})[0]
        scene = self._scene(plan, place.shot, shown, shown.tracks, None)
        every = pictures(scene, plan.width, plan.height, _PREVIEWED / layers.SECONDS, _PREVIEWED)
        return np.stack(list(every))

    def decode(self, plan: Plan, state: State) -> Clip:
        """Put every shot's layers together at the size and the rate of the plan."""
        return self.decode_heeding(plan, state, lambda: None)

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        """As ``decode``, calling ``heed`` before each picture; what it raises ends the work."""
        state.require_finished(plan)
        frames = np.empty((plan.frames, plan.height, plan.width, 3), np.uint8)
        sounds, shown = [], 0
        for shot, count in enumerate(plan.shot_frames):
            scene, sound = self._shot(plan, state, shot, shown)
            for index, picture in enumerate(
                pictures(scene, plan.width, plan.height, plan.fps, count)
            ):
                heed()
                frames[shown + index] = picture
            sounds.append(sound)
            shown += count
        return Clip(frames, np.concatenate(sounds, 1), plan.fps, plan.sample_rate)

    def _shot(self, plan: Plan, state: State, shot: int, first: int) -> tuple[Scene, Sound]:
        """A shot's scene for its pictures, and its sound; ``first`` is its first picture."""
        windows = self._finished(plan, state, shot)
        led = [GIVEN_MOMENTS if number or goes_on(plan) else 0 for number in range(len(windows))]
        tracks = np.concatenate([w.tracks[n:] for w, n in zip(windows, led, strict=True)])
        sounds = [w.sound[n * layers.COLUMNS :] for w, n in zip(windows, led, strict=True)]
        frames, told = plan.shot_frames[shot], plan.shots[shot]
        begin = samples_for(first, plan.fps, plan.sample_rate)
        end = samples_for(first + frames, plan.fps, plan.sample_rate)
        seed = seed_of(plan, Place(shot, 0, 0)) & _VOICE_SEED_MAX
        spoken = soundtrack.speak(told.lines, told.cast, frames, plan.fps, seed, self._narrator)
        scene = self._scene(plan, shot, windows[0], tracks, spoken.mouths)
        return scene, soundtrack.heard(np.concatenate(sounds), end - begin, spoken.wave)

    def _finished(self, plan: Plan, state: State, shot: int) -> list[layers.Layers]:
        """The layers of every window of a shot."""
        done = []
        for number in range(counts(plan)[shot]):
            window = opened(plan, state, Place(shot, number, 0), self._references)
            parts = {name: x[None] for name, x in window.resumed(state).items()}
            done += to_layers(parts)
        return done

    def _at(self, plan: Plan, state: State, step: int) -> tuple[Window, Place]:
        place = place_of(step, counts(plan))
        return opened(plan, state, place, self._references), place

    def _scene(
        self,
        plan: Plan,
        shot: int,
        window: layers.Layers,
        tracks: layers.Floats,
        speech: layers.Floats | None,
    ) -> Scene:
        return Scene(
            backdrop=window.backdrop,
            weather=window.weather,
            plates=window.plates,
            tracks=tracks,
            cutouts=cutouts_of(plan, self._references),
            camera=plan.shots[shot].camera or "still",
            speech=speech,
        )

    def _network(self) -> SteppingGraph:
        self.load()
        assert self._model is not None
        return self._model


def made() -> SketchSampler:
    """The sampler with the references of this machine's studio."""
    return SketchSampler(FolderReferences(references_folder()))


def _recorded() -> SteppingGraph:
    """The graph of a guided step, recorded and rewritten before the first job waits for it."""
    graph = SteppingGraph(weights.load())
    nobody = np.zeros((layers.ACTORS, REFERENCE_SIDE, REFERENCE_SIDE, 4), np.float32)
    asked = sampling.Asked(
        words=torch.from_numpy(words.numbers("")),
        references=torch.from_numpy(nobody),
        is_cameo=torch.zeros(layers.ACTORS),
    )
    course = sampling.course(levels_of(False, None), asked, cards.card(NAME).recipe.guidance)
    for _ in range(_RECORDING_STEPS):
        course.step(graph, sampling.noise(0), 0)
    return graph


def _drawn() -> tuple[tuple[str, str], ...]:
    """Which drawing of the layers is meant; plans of the first one said nothing of it."""
    version = film.DRAWING_VERSION
    return () if version == 1 else (("drawing", str(version)),)


def _require_understood(number: int, shot: Shot) -> None:
    asked = words.asked(shot.prompt, shot.cast)
    if not words.understood(asked, shot.cast):
        raise PromptNotUnderstood(f"None of the words of shot {number} is known to it.")
    count = len(words.split(words.called_by_number(asked, shot.cast)))
    if count > words.WORDS_MAX:
        raise PromptTooLong(f"It reads {words.WORDS_MAX} words; shot {number} has {count}.")
    count = len(words.split(words.readable(shot.prompt, shot.cast)))
    if count > words.WORDS_MAX:
        raise PromptTooLong(
            f"It reads {words.WORDS_MAX} words that it knows; shot {number} has {count}."
        )


def _nothing(plan: Plan) -> State:
    return State(plan.key, 0, {}, _surroundings())


def _surroundings() -> dict[str, str]:
    return environment() | {"opencv": cv2.__version__}
