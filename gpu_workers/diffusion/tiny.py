"""Diffusers pipelines of a few thousand random weights, built from configurations alone.

They are saved in the layout of the real ones, so that tests load them as production does. The
latents' means and deviations are not the neutral 0 and 1, because a checkpoint must survive them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
    UniPCMultistepScheduler,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
    UMT5Config,
    UMT5EncoderModel,
)

from gpu_workers.diffusion.weights import ADAPTER

STEPS: Final = 2
_SPECIAL: Final = ("<pad>", "<eos>", "<bos>", "<unk>")


def save_tiny_models(weights: Path, steps: int = STEPS) -> None:
    """Fill a folder of weights as an operator would: ``ltx-2``, its adapter, ``wan-vace``.

    Their recipes ask for so many ``steps``.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _save(LTX2Pipeline(**_ltx2_parts()), weights / "ltx-2", {"steps": steps, "stg_block": 1})
        _save(WanVACEPipeline(**_wan_parts()), weights / "wan-vace", {"steps": steps})
        save_tiny_adapter(weights / "ltx-2-in-context")


def save_tiny_adapter(folder: Path, prefix: str = "diffusion_model") -> None:
    """An IC-LoRA of rank 2 for the tiny LTX-2, with the names that its trainers give."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for block in range(2):
        for layer in ("to_q", "to_v"):
            name = f"{prefix}.transformer_blocks.{block}.attn1.{layer}"
            tensors[f"{name}.lora_A.weight"] = torch.randn(2, 16)
            tensors[f"{name}.lora_B.weight"] = torch.randn(16, 2)
    save_file(tensors, folder / ADAPTER, metadata={"reference_downscale_factor": "1"})


def _save(pipeline: Any, folder: Path, recipe: dict[str, int]) -> None:
    pipeline.save_pretrained(folder)
    (folder / "recipe.json").write_text(json.dumps(recipe))


def _byte_tokenizer(padding_side: str) -> PreTrainedTokenizerFast:
    """One token for each byte: no vocabulary file is needed."""
    symbols = [*_SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {symbol: index for index, symbol in enumerate(symbols)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))  # noqa: S106 # tokens of text
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",  # noqa: S106 # a token of text
        eos_token="<eos>",  # noqa: S106 # a token of text
        bos_token="<bos>",  # noqa: S106 # a token of text
        unk_token="<unk>",  # noqa: S106 # a token of text
        padding_side=padding_side,
        model_max_length=192,
    )


def _gemma() -> Gemma3ForConditionalGeneration:
    text = Gemma3TextConfig(
        vocab_size=272,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=2048,
        sliding_window=64,
    )
    sight = SiglipVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    config = Gemma3Config(
        text_config=text.to_dict(),
        vision_config=sight.to_dict(),
        mm_tokens_per_image=4,
        boi_token_index=268,
        eoi_token_index=269,
        image_token_index=270,
    )
    return Gemma3ForConditionalGeneration(config).eval()


def _ltx2_parts() -> dict[str, Any]:
    return {
        "transformer": LTX2VideoTransformer3DModel(
            in_channels=4,
            out_channels=4,
            num_attention_heads=2,
            attention_head_dim=8,
            cross_attention_dim=16,
            audio_in_channels=4,
            audio_out_channels=4,
            audio_num_attention_heads=2,
            audio_attention_head_dim=4,
            audio_cross_attention_dim=8,
            num_layers=2,
            caption_channels=16,
            rope_double_precision=False,
            rope_type="split",
        ),
        "connectors": LTX2TextConnectors(
            caption_channels=16,
            text_proj_in_factor=3,
            video_connector_num_attention_heads=4,
            video_connector_attention_head_dim=4,
            video_connector_num_layers=1,
            video_connector_num_learnable_registers=None,
            audio_connector_num_attention_heads=4,
            audio_connector_attention_head_dim=4,
            audio_connector_num_layers=1,
            audio_connector_num_learnable_registers=None,
            connector_rope_base_seq_len=32,
            rope_double_precision=False,
            rope_type="split",
        ),
        "vae": _ltx2_pictures(),
        "audio_vae": _ltx2_sound(),
        "vocoder": LTX2Vocoder(
            in_channels=16,
            hidden_channels=32,
            out_channels=2,
            upsample_kernel_sizes=[20, 32],
            upsample_factors=[10, 16],
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1, 3, 5]],
            output_sampling_rate=16_000,
        ),
        "scheduler": FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True,
            base_shift=0.95,
            max_shift=2.05,
            base_image_seq_len=1024,
            max_image_seq_len=4096,
            shift_terminal=0.1,
        ),
        "text_encoder": _gemma(),
        "tokenizer": _byte_tokenizer("left"),
    }


def _ltx2_pictures() -> AutoencoderKLLTX2Video:
    vae = AutoencoderKLLTX2Video(
        latent_channels=4,
        block_out_channels=(8,),
        decoder_block_out_channels=(8,),
        layers_per_block=(1,),
        decoder_layers_per_block=(1, 1),
        spatio_temporal_scaling=(True,),
        decoder_spatio_temporal_scaling=(True,),
        decoder_inject_noise=(False, False),
        downsample_type=("spatiotemporal",),
        upsample_residual=(False,),
        upsample_factor=(1,),
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    vae.latents_mean.fill_(0.3)
    vae.latents_std.fill_(1.7)
    return vae


def _ltx2_sound() -> AutoencoderKLLTX2Audio:
    vae = AutoencoderKLLTX2Audio(
        base_channels=4,
        output_channels=2,
        ch_mult=(1,),
        num_res_blocks=1,
        in_channels=2,
        resolution=32,
        latent_channels=2,
        mel_bins=8,
    )
    vae.latents_mean.fill_(-0.2)
    vae.latents_std.fill_(1.3)
    return vae


def _wan_parts() -> dict[str, Any]:
    return {
        "tokenizer": _byte_tokenizer("right"),
        "text_encoder": UMT5EncoderModel(
            UMT5Config(
                vocab_size=272,
                d_model=16,
                d_kv=8,
                d_ff=16,
                num_layers=1,
                num_heads=2,
                pad_token_id=0,
            )
        ).eval(),
        "vae": AutoencoderKLWan(
            base_dim=2,
            z_dim=16,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
        ),
        "transformer": WanVACETransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=16,
            out_channels=16,
            text_dim=16,
            freq_dim=16,
            ffn_dim=16,
            num_layers=2,
            rope_max_seq_len=64,
            vace_layers=[0, 1],
            vace_in_channels=96,
        ),
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    }


def main() -> None:
    """``python -m gpu_workers.diffusion.tiny FOLDER [STEPS]`` fills a folder of weights."""
    folder, *steps = sys.argv[1:]
    save_tiny_models(Path(folder), int(steps[0]) if steps else STEPS)


if __name__ == "__main__":
    main()
