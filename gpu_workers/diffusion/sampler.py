"""A diffusers pipeline as a sampler: its own loop, entered and left at any step.

Each shot is sampled by itself from a seed of its own, so that no shot's bytes depend on another;
a state holds the latents of every shot begun, and no embeddings, which a prompt gives again.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from gpu_workers.cards import registry as cards
from gpu_workers.cards.card import Recipe
from gpu_workers.cards.refusals import PromptTooLong
from gpu_workers.cards.require import require, require_likenesses
from gpu_workers.clip import Clip, Pictures, Sound, samples_for
from gpu_workers.device import chosen_device, device_name
from gpu_workers.diffusion.family import Canvas, Family, Sources, canvas_for, cut_out
from gpu_workers.diffusion.guards import guard_decoding, guard_encoding
from gpu_workers.diffusion.refusals import LibraryMissing, WeightsChanged
from gpu_workers.diffusion.shots import (
    negative_of,
    of_length,
    recipe_in,
    seed_of,
    settings_of,
    tensor_name,
)
from gpu_workers.diffusion.solver import Tensors, solve
from gpu_workers.diffusion.sources import Added, Fitted, sources_for
from gpu_workers.diffusion.weights import (
    adapter_file,
    combined_sha256,
    recipe_of,
    reference_downscale_of,
    require_weights,
    sample_rate_of,
)
from gpu_workers.diffusion.workshop import Workshop
from gpu_workers.references import FolderReferences, has_dali
from gpu_workers.sampler import (
    OnStep,
    Plan,
    SamplingRequest,
    State,
    environment,
)


class DiffusionSampler:
    """One model of a family, from the workshop's folder of weights."""

    def __init__(self, name: str, family: Family, workshop: Workshop) -> None:
        self._card, self._family, self._workshop = cards.card(name), family, workshop
        self._folder = workshop.weights / (self._card.weights or name)
        adapter = self._card.adapter
        self._adapter = None if adapter is None else workshop.weights / adapter
        self._added, self._fitted = Added(), Fitted()
        self._device = chosen_device(workshop.device)
        on_gpu = self._device.type == "cuda" and has_dali()
        self._references = FolderReferences(workshop.references, "gpu" if on_gpu else None)
        self._loaded: tuple[Any, str] | None = None
        self._tokenizer: Any = None
        self._solving = threading.Lock()
        self._autoencoder = threading.RLock()

    @property
    def name(self) -> str:
        """The name of the card."""
        return self._card.name

    @property
    def device(self) -> torch.device:
        """Where it steps."""
        return self._device

    def load(self) -> None:
        """Bring the pipeline onto the device.

        Raises LibraryMissing, WeightsMissing, WeightsUnreadable.
        """
        if self._loaded is None:
            _require_library()
            from gpu_workers.diffusion.loading import load_adapter, load_pipeline

            self._require_files()
            sha256 = self._weights_sha256()
            pipeline = load_pipeline(self._family.pipeline, self._folder, self._device)
            if self._adapter is not None:
                load_adapter(pipeline, adapter_file(self._adapter))
            if self._card.sound == "added" and self._workshop.sound == "drawn":
                self._added.load()
            guard_encoding(pipeline, self._autoencoder)
            guard_decoding(pipeline)
            self._loaded = pipeline, sha256

    def plan(self, request: SamplingRequest) -> Plan:
        """Decide the clip. Raises the refusals of ``require``, WeightsMissing, LibraryMissing."""
        require(self._card, request, self._workshop.operation)
        require_likenesses(request, ("picture", "clip"))
        self._require_files()
        recipe = self._recipe()
        self._require_prompts(request, recipe)
        settings = settings_of(recipe)
        if self._card.sound == "added":
            settings["sound"] = self._workshop.sound
        return Plan(
            model=self.name,
            weights_sha256=self._weights_sha256(),
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=sample_rate_of(self._folder, self._card.sample_rate),
            seed=request.seed,
            steps=recipe.steps * len(request.shots),
            references=request.references,
            settings=tuple(sorted(settings.items())),
        )

    def start(self, plan: Plan) -> State:
        """Nothing sampled yet: the noise follows from the seed and is drawn by the first step.

        The references of the first shot are decoded and fitted. Raises as ``prepare`` does.
        """
        state = State(plan.key, 0, {}, self.surroundings())
        self.prepare(plan, state)
        return state

    def surroundings(self) -> dict[str, str]:
        """What its bytes depend on beside the plan."""
        where = {"diffusers": version("diffusers"), "device": device_name(self._device)}
        return environment() | where

    def prepare(self, plan: Plan, state: State) -> None:
        """Decode and fit the references of the shot that comes next, while others sample.

        Raises ReferenceUnreadable, ClipRefused, WeightsChanged.
        """
        if not plan.references or state.step >= plan.steps:
            return
        shot = state.step * len(plan.shots) // plan.steps
        if not self._fitted.has(plan, shot):
            canvas = canvas_for(self._family, self._pipeline(plan), plan, shot)
            self._fitted.keep(plan, shot, self._sources(plan, shot, canvas))

    def forget(self, plan: Plan) -> None:
        """Let go of the likenesses that were fitted for a job that has ended."""
        self._fitted.forget(plan)

    def _sources(self, plan: Plan, shot: int, canvas: Canvas) -> Sources:
        moving = self._family.moving_likenesses
        return sources_for(plan, shot, canvas, self._references, moving)

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Sample on, shot after shot. Raises LatentsNotFinite, WeightsChanged besides."""
        state.require(plan)
        end = plan.steps if upto is None else min(upto, plan.steps)
        with self._solving:
            while state.step < end:
                state = self._advance_shot(plan, state, on_step, end)
        return state

    def _advance_shot(self, plan: Plan, state: State, on_step: OnStep, end: int) -> State:
        pipeline, reached = self._pipeline(plan), [state]
        each = plan.steps // len(plan.shots)
        shot, done = divmod(state.step, each)
        before = shot * each
        canvas = canvas_for(self._family, pipeline, plan, shot)

        def on_latents(step: int, latents: Tensors) -> None:
            named = {tensor_name(shot, name): tensor for name, tensor in latents.items()}
            tensors = state.tensors | named
            reached[0] = State(state.plan_key, before + step, tensors, state.environment)
            on_step(reached[0])

        solve(
            pipeline,
            self._inputs(pipeline, plan, shot, canvas),
            self._family.prepared_by,
            done,
            min(each, end - before),
            self._latents(state, shot) if done else {},
            on_latents,
        )
        return reached[0]

    def _inputs(self, pipeline: Any, plan: Plan, shot: int, canvas: Canvas) -> dict[str, Any]:
        recipe = recipe_in(plan)
        sources = self._fitted.take(plan, shot) or self._sources(plan, shot, canvas)
        given: dict[str, Any] = self._family.inputs(pipeline, canvas, recipe, sources)
        return {
            **given,
            "prompt": plan.shots[shot].prompt,
            "negative_prompt": negative_of(recipe, plan.shots[shot]),
            "height": canvas.height,
            "width": canvas.width,
            "num_frames": canvas.frames,
            "num_inference_steps": recipe.steps,
            "max_sequence_length": self._tokens_max(pipeline.tokenizer),
            # Drawn on the CPU, the noise is the same on every device.
            "generator": torch.Generator("cpu").manual_seed(seed_of(plan, shot)),
        }

    def preview(self, plan: Plan, state: State) -> Pictures:
        """One picture from the middle of the shot at work, noisy until the last steps."""
        state.require(plan)
        if not state.tensors:
            return np.zeros((0, plan.height, plan.width, 3), np.uint8)
        pipeline = self._pipeline(plan)
        shot = (state.step - 1) * len(plan.shots) // plan.steps
        canvas = canvas_for(self._family, pipeline, plan, shot)
        with self._autoencoder:
            seen = self._family.glance(pipeline, self._latents(state, shot), canvas)
        return cut_out(seen, canvas, plan, 1)

    def decode(self, plan: Plan, state: State) -> Clip:
        """Decode each shot, cut it to what was asked for, join them. Raises LatentsNotFinite."""
        return self.decode_heeding(plan, state, lambda: None)

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        """The same; ``heed`` is called before each shot, and what it raises ends the work."""
        state.require_finished(plan)
        pictures, sounds = [], []
        for shot in range(len(plan.shots)):
            heed()
            seen, heard = self._decode_shot(plan, state, shot)
            pictures.append(seen)
            sounds.append(heard)
        return Clip(
            np.concatenate(pictures), np.concatenate(sounds, axis=1), plan.fps, plan.sample_rate
        )

    def _decode_shot(self, plan: Plan, state: State, shot: int) -> tuple[Pictures, Sound]:
        pipeline, latents = self._pipeline(plan), self._latents(state, shot)
        canvas = canvas_for(self._family, pipeline, plan, shot)
        frames = plan.shot_frames[shot]
        first = samples_for(sum(plan.shot_frames[:shot]), plan.fps, plan.sample_rate)
        last = samples_for(sum(plan.shot_frames[: shot + 1]), plan.fps, plan.sample_rate)
        with self._autoencoder:
            seen = self._family.pictures(pipeline, latents, canvas)
        heard = self._family.sound(pipeline, latents)
        if heard is None:
            heard = self._added.sound(plan, shot, first, last - first)
        else:
            heard = heard[:, round(canvas.lead / canvas.fps * plan.sample_rate) :]
        return cut_out(seen, canvas, plan, frames), of_length(heard, last - first)

    def _latents(self, state: State, shot: int) -> Tensors:
        return {name: state.tensors[tensor_name(shot, name)] for name in self._family.prepared_by}

    def _pipeline(self, plan: Plan) -> Any:
        self.load()
        assert self._loaded is not None
        pipeline, sha256 = self._loaded
        if sha256 != plan.weights_sha256:
            raise WeightsChanged(
                f"The plan says {plan.weights_sha256[:12]}, here is {sha256[:12]}."
            )
        return pipeline

    def _require_files(self) -> None:
        require_weights(self._folder)
        if self._adapter is not None:
            adapter_file(self._adapter)

    def _weights_sha256(self) -> str:
        return combined_sha256([each for each in (self._folder, self._adapter) if each])

    def _recipe(self) -> Recipe:
        recipe = recipe_of(self._folder, self._card.recipe)
        if self._adapter is None:
            return recipe
        smaller = {"reference_downscale": reference_downscale_of(self._adapter)}
        return recipe_of(self._adapter, recipe.model_copy(update=smaller))

    def _require_prompts(self, request: SamplingRequest, recipe: Recipe) -> None:
        """Count tokens with the model's own tokenizer, which needs neither device nor load.

        The pipeline cuts both prompts at the limit, and would forget what somebody never wants.
        """
        if self._tokenizer is None:
            _require_library()
            from gpu_workers.diffusion.loading import load_tokenizer

            self._tokenizer = load_tokenizer(self._folder)
        most = self._tokens_max(self._tokenizer)
        for number, shot in request.numbered:
            tokens = self._tokens(shot.prompt)
            if tokens > most:
                raise PromptTooLong(f"It reads {most} tokens; shot {number} has {tokens}.")
            tokens = self._tokens(negative_of(recipe, shot))
            if tokens > most:
                raise PromptTooLong(
                    f"It reads {most} tokens of what is to be avoided; shot {number} has {tokens}."
                )

    def _tokens(self, text: str) -> int:
        return len(self._tokenizer(text).input_ids)

    def _tokens_max(self, tokenizer: Any) -> int:
        most = self._card.limits.prompt_tokens_max or sys.maxsize
        return min(most, int(tokenizer.model_max_length))


def _require_library() -> None:
    missing = [
        name
        for name in ("diffusers", "transformers", "accelerate", "peft")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise LibraryMissing(f"Missing: {', '.join(missing)}.")
