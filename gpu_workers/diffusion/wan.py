"""Wan VACE: pictures from text, likenesses, and a source of which parts are kept; no sound."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import torch
from PIL import Image

from gpu_workers.cards.card import Recipe
from gpu_workers.clip import Pictures
from gpu_workers.diffusion.family import Canvas, Sources, as_bytes
from gpu_workers.diffusion.guards import require_decoded
from gpu_workers.diffusion.solver import Tensors
from gpu_workers.references import held_to

_UNKNOWN: Final = 127
"""VACE was taught that mid grey under a white mask is what it has to fill in."""


class WanVace:
    """Wan 2.1 VACE, which knows one rate only."""

    pipeline = "WanVACEPipeline"
    fps: Final = 16.0
    moving_likenesses = False
    prepared_by: Final = {"latents": "prepare_latents"}

    def grid(self, pipeline: Any) -> tuple[int, int]:
        """16 pixels and 4 frames with the published weights."""
        patch = pipeline.transformer.config.patch_size[1]
        return pipeline.vae_scale_factor_spatial * patch, pipeline.vae_scale_factor_temporal

    def inputs(
        self, pipeline: Any, canvas: Canvas, recipe: Recipe, sources: Sources
    ) -> dict[str, Any]:
        """Known frames under a black mask; a remix follows the grey of its source."""
        given: dict[str, Any] = {"guidance_scale": recipe.guidance}
        known = sources.first if sources.tail is None else sources.tail
        if known is not None:
            given |= _completed(known, canvas)
        elif sources.remix is not None:
            # The grey of a picture is one of the controls that VACE was trained to follow.
            given["video"] = _images(_grey(held_to(sources.remix, canvas.frames)))
            given["conditioning_scale"] = sources.keep
        if sources.likenesses:
            given["reference_images"] = [_images(each)[0] for each in sources.likenesses]
        return given

    def pictures(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode all frames but those that held the likenesses."""
        return _decode(pipeline, _without_likenesses(pipeline, latents, canvas))

    def glance(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode the middle latent frame, which stands for one picture."""
        all_frames = _without_likenesses(pipeline, latents, canvas)
        middle = all_frames.shape[2] // 2
        return _decode(pipeline, all_frames[:, :, middle : middle + 1])[:1]

    def sound(self, pipeline: Any, latents: Tensors) -> None:
        """There is none."""


def _completed(known: Pictures, canvas: Canvas) -> dict[str, Any]:
    shape = (canvas.frames, canvas.height, canvas.width, 3)
    video = np.full(shape, _UNKNOWN, np.uint8)
    mask = np.full(shape, 255, np.uint8)
    video[: len(known)], mask[: len(known)] = known, 0
    return {"video": _images(video), "mask": _images(mask)}


def _grey(pictures: Pictures) -> Pictures:
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in pictures]
    return np.repeat(np.stack(grey)[..., None], 3, axis=-1)


def _images(pictures: Pictures) -> list[Image.Image]:
    return [Image.fromarray(each) for each in pictures]


def _without_likenesses(pipeline: Any, latents: Tensors, canvas: Canvas) -> torch.Tensor:
    frames = (canvas.frames - 1) // pipeline.vae_scale_factor_temporal + 1
    return latents["latents"][:, :, -frames:].to(pipeline.device)


@torch.no_grad()
def _decode(pipeline: Any, latents: torch.Tensor) -> Pictures:
    vae = pipeline.vae
    shape = (1, vae.config.z_dim, 1, 1, 1)
    typed = latents.to(vae.dtype)
    mean = torch.tensor(vae.config.latents_mean).view(shape).to(typed)
    scale = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(typed)
    video = require_decoded(vae.decode(typed / scale + mean, return_dict=False)[0], "picture")
    return as_bytes(pipeline.video_processor.postprocess_video(video.float(), output_type="np")[0])
