"""What a loaded pipeline is fitted with: encoders that wait their turn, decoders that are watched.

A decoder bounds what it makes (an autoencoder clamps its pictures, a vocoder its sound), and there
infinity becomes white, black or a click. So its last layer is looked at before that happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch

from gpu_workers.diffusion.refusals import LatentsNotFinite

_WATCHED: Final = {"vae": "picture", "audio_vae": "sound", "vocoder": "sound"}
_LAST_LAYER: Final = "conv_out"


def guard_encoding(pipeline: Any, lock: threading.RLock) -> None:
    """One clip is decoded while the next encodes its sources: autoencoders keep caches inside."""
    encode = pipeline.vae.encode

    def encode_alone(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return encode(*args, **kwargs)

    pipeline.vae.encode = encode_alone


def guard_decoding(pipeline: Any) -> None:
    """From now on decoding raises LatentsNotFinite where it would show what is no number."""
    for name, what in _WATCHED.items():
        part = getattr(pipeline, name, None)
        for layer in _last_layers(getattr(part, "decoder", part)):
            layer.register_forward_hook(_look(what))


def require_decoded(decoded: torch.Tensor, what: str) -> torch.Tensor:
    """What a decoder made, unless a number in it is not finite. Raises LatentsNotFinite."""
    if not bool(torch.isfinite(decoded).all()):
        raise LatentsNotFinite(f"It happened in the {what} while decoding.")
    return decoded


def _last_layers(decoder: torch.nn.Module | None) -> Iterator[torch.nn.Module]:
    """More than one where a vocoder is made of two."""
    if decoder is not None:
        for name, layer in decoder.named_modules():
            if name.rpartition(".")[2] == _LAST_LAYER:
                yield layer


def _look(what: str) -> Callable[[torch.nn.Module, Any, torch.Tensor], None]:
    def look(_: torch.nn.Module, __: Any, made: torch.Tensor) -> None:
        require_decoded(made, what)

    return look
