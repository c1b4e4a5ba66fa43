"""What a plan says about each of its shots: recipe, seed, the names of its tensors, its length."""

from __future__ import annotations

import hashlib

import numpy as np

from gpu_workers.cards.card import Recipe
from gpu_workers.clip import Sound
from gpu_workers.sampler import SEED_MAX, Plan, Shot


def recipe_in(plan: Plan) -> Recipe:
    """The recipe that the plan was made with."""
    told = {key: value for key, value in plan.settings if key in Recipe.model_fields}
    return Recipe.model_validate_strings({**told, "steps": str(plan.steps // len(plan.shots))})


def settings_of(recipe: Recipe) -> dict[str, str]:
    """A recipe as a plan's settings. What came later is left out where it changes nothing."""
    told = recipe.model_dump(exclude={"steps"})
    if recipe.reference_downscale == 1:
        del told["reference_downscale"]
    return {key: str(value) for key, value in told.items()}


def tensor_name(shot: int, tensor: str) -> str:
    """What a state calls one of a shot's tensors."""
    return f"shot.{shot:03d}.{tensor}"


def negative_of(recipe: Recipe, shot: Shot) -> str:
    """What a shot is to be without: first what its people never want, then the recipe's own."""
    return ", ".join(each for each in (*shot.avoid, recipe.negative_prompt) if each)


def seed_of(plan: Plan, shot: int) -> int:
    """A seed for each shot, so that two shots with one prompt still differ."""
    digest = hashlib.sha256(f"{plan.seed}/{shot}".encode()).digest()
    return int.from_bytes(digest[:8], "big") & SEED_MAX


def of_length(sound: Sound, samples: int) -> Sound:
    """Cut, or with silence at its end: models make sound in blocks of their own."""
    heard = sound[:, :samples]
    return np.pad(heard, ((0, 0), (0, samples - heard.shape[1])))
