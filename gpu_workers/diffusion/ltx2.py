"""LTX-2: picture and sound in one diffusion, from text alone or with conditions as well."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
import torch
from PIL import Image

from gpu_workers.cards.card import Recipe
from gpu_workers.clip import Pictures, Sound
from gpu_workers.diffusion.family import Canvas, Sources, as_bytes
from gpu_workers.diffusion.guards import require_decoded
from gpu_workers.diffusion.solver import Tensors

_GRID: Final = 32
"""The pipeline asks for multiples of 32 whatever its autoencoder's ratio."""


class Ltx2:
    """LTX-2 from text."""

    pipeline = "LTX2Pipeline"
    fps = None
    moving_likenesses = False
    prepared_by: Final = {"latents": "prepare_latents", "audio_latents": "prepare_audio_latents"}

    def grid(self, pipeline: Any) -> tuple[int, int]:
        """32 pixels; 8 frames with the published weights."""
        multiple = math.lcm(_GRID, pipeline.vae_spatial_compression_ratio)
        return multiple, pipeline.vae_temporal_compression_ratio

    def inputs(
        self, pipeline: Any, canvas: Canvas, recipe: Recipe, sources: Sources
    ) -> dict[str, Any]:
        """Guidance for both modalities, and the rate that motion and sound are made for."""
        return {
            "frame_rate": canvas.fps,
            "guidance_scale": recipe.guidance,
            "audio_guidance_scale": recipe.sound_guidance,
            "guidance_rescale": recipe.rescale,
            "audio_guidance_rescale": recipe.rescale,
            "stg_scale": recipe.stg,
            "audio_stg_scale": recipe.stg,
            "spatio_temporal_guidance_blocks": [recipe.stg_block] if recipe.stg else None,
            "modality_scale": recipe.modality,
            "audio_modality_scale": recipe.modality,
            "use_cross_timestep": recipe.cross_timestep,
        }

    def pictures(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode all frames."""
        return _decode(pipeline, _unpacked(pipeline, latents["latents"], canvas))

    def glance(self, pipeline: Any, latents: Tensors, canvas: Canvas) -> Pictures:
        """Decode the middle latent frame, which stands for one picture."""
        unpacked = _unpacked(pipeline, latents["latents"], canvas)
        middle = unpacked.shape[2] // 2
        return _decode(pipeline, unpacked[:, :, middle : middle + 1])[:1]

    @torch.no_grad()
    def sound(self, pipeline: Any, latents: Tensors) -> Sound:
        """Latents to mel spectrogram to waveform. Raises LatentsNotFinite."""
        vae, packed = pipeline.audio_vae, latents["audio_latents"].to(pipeline.device)
        clean = pipeline._denormalize_audio_latents(packed, vae.latents_mean, vae.latents_std)
        bins = vae.config.mel_bins // pipeline.audio_vae_mel_compression_ratio
        unpacked = pipeline._unpack_audio_latents(clean, clean.shape[1], num_mel_bins=bins)
        mel = vae.decode(unpacked.to(vae.dtype), return_dict=False)[0]
        heard = require_decoded(pipeline.vocoder(mel)[0].float(), "sound")
        wave: Sound = heard.clamp(-1, 1).cpu().numpy()
        return wave


class Ltx2Condition(Ltx2):
    """LTX-2 from text and from one picture or clip to begin with, go on from, or make anew."""

    pipeline = "LTX2ConditionPipeline"

    def inputs(
        self, pipeline: Any, canvas: Canvas, recipe: Recipe, sources: Sources
    ) -> dict[str, Any]:
        """The source as a condition at the first frame: kept whole, or in part for a remix."""
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        given = super().inputs(pipeline, canvas, recipe, sources)
        known = sources.first if sources.tail is None else sources.tail
        if known is not None:
            given["conditions"] = [LTX2VideoCondition(frames=_images(known), strength=1.0)]
        elif sources.remix is not None:
            kept = LTX2VideoCondition(frames=_images(sources.remix), strength=sources.keep)
            given["conditions"] = [kept]
        return given


class Ltx2InContext(Ltx2Condition):
    """LTX-2 with reference tokens: whoever appears lies beside the clip while it is made.

    The tokens of a likeness are attended to and never shown. An adapter (IC-LoRA) teaches the model
    what they mean.
    """

    pipeline = "LTX2InContextPipeline"
    moving_likenesses = True

    def inputs(
        self, pipeline: Any, canvas: Canvas, recipe: Recipe, sources: Sources
    ) -> dict[str, Any]:
        """Likenesses as reference tokens, whole and unchanged; the rest as conditions."""
        from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition

        given = super().inputs(pipeline, canvas, recipe, sources)
        if sources.likenesses:
            ratio = pipeline.vae_temporal_compression_ratio
            given["reference_conditions"] = [
                LTX2ReferenceCondition(frames=_images(_seen_whole(each, canvas, ratio)))
                for each in sources.likenesses
            ]
            given["reference_downscale_factor"] = recipe.reference_downscale
        return given


def _seen_whole(pictures: Pictures, canvas: Canvas, ratio: int) -> Pictures:
    """All of each picture in the canvas's size, with white beside it, in a length of the grid."""
    count = (len(pictures) - 1) // ratio * ratio + 1
    tall, wide = pictures.shape[1:3]
    scale = min(canvas.width / wide, canvas.height / tall)
    width, height = max(1, round(wide * scale)), max(1, round(tall * scale))
    left, top = (canvas.width - width) // 2, (canvas.height - height) // 2
    seen = np.full((count, canvas.height, canvas.width, 3), 255, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    for index in range(count):
        small = cv2.resize(pictures[index], (width, height), interpolation=how)
        seen[index, top : top + height, left : left + width] = small
    return seen


def _images(pictures: Pictures) -> list[Image.Image]:
    return [Image.fromarray(each) for each in pictures]


def _unpacked(pipeline: Any, packed: torch.Tensor, canvas: Canvas) -> torch.Tensor:
    """Tokens [1, n, d] as latents [1, c, frames, height, width]."""
    side = pipeline.vae_spatial_compression_ratio
    frames = (canvas.frames - 1) // pipeline.vae_temporal_compression_ratio + 1
    height, width = canvas.height // side, canvas.width // side
    patch = pipeline.transformer_spatial_patch_size**2 * pipeline.transformer_temporal_patch_size
    own = packed[:, : frames * height * width // patch]  # tokens of references come after them
    unpacked: torch.Tensor = pipeline._unpack_latents(
        own.to(pipeline.device),
        frames,
        height,
        width,
        pipeline.transformer_spatial_patch_size,
        pipeline.transformer_temporal_patch_size,
    )
    return unpacked


@torch.no_grad()
def _decode(pipeline: Any, latents: torch.Tensor) -> Pictures:
    vae = pipeline.vae
    clean = pipeline._denormalize_latents(
        latents.to(vae.dtype), vae.latents_mean, vae.latents_std, vae.config.scaling_factor
    )
    timestep = None
    if vae.config.timestep_conditioning:
        timestep = torch.zeros(1, device=clean.device, dtype=clean.dtype)
    video = require_decoded(
        vae.decode(clean.to(vae.dtype), timestep, return_dict=False)[0], "picture"
    )
    return as_bytes(pipeline.video_processor.postprocess_video(video.float(), output_type="np")[0])
