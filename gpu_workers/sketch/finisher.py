"""A small convolutional network inside the sketch model that makes one backdrop of its patches.

The transformer guesses a backdrop patch by patch, so lines break where patches meet. This network
sees the noisy picture and that guess as a whole and corrects the guess, at every step: what is
decided upon goes on beyond the patch in which it was decided.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn import functional

from gpu_workers.sketch.tokens import SIGNAL, backdrop_picture, backdrop_tokens

_WIDTHS: Final = (24, 32, 40)
_FINE: Final = 2
"""Pixels, down and across, that are looked at as one place."""
_SEEN: Final = 3 + 3 + 1
"""Colours of the noisy picture and of the guess, and the noise level."""
_SPREAD: Final = 0.5 * SIGNAL["backdrop"]
"""Spread of a clean backdrop's numbers, as tokens hold them."""


class _Look(nn.Module):
    """Two convolutions that add to what they are given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.even = nn.GroupNorm(4, width)
        self.one = nn.Conv2d(width, width, 3, padding=1)
        self.other = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, width, h, w] → the same shape."""
        return x + torch.as_tensor(self.other(functional.silu(self.one(self.even(x)))))


class Finisher(nn.Module):
    """A noisy backdrop and a guess at the clean one → a better guess."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = _WIDTHS
        places = _FINE**2
        self.read = nn.Conv2d(_SEEN * places, fine, 3, padding=1)
        self.near = _Look(fine)
        self.back = nn.Conv2d(fine, middle, 3, stride=2, padding=1)
        self.further = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.far = _Look(coarse)
        self.closer = nn.Conv2d(coarse + middle, middle, 3, padding=1)
        self.close = nn.Conv2d(middle + fine, fine, 3, padding=1)
        self.again = _Look(fine)
        self.write = nn.Conv2d(fine, 3 * places, 3, padding=1)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(torch.as_tensor(self.write.bias))

    def forward(
        self, noisy: torch.Tensor, guess: torch.Tensor, level: torch.Tensor
    ) -> torch.Tensor:
        """Tokens [n, count, numbers] of backdrops and ``level`` [n] in [0, 1] → tokens."""
        kept = level[:, None, None, None]
        scale = (kept * _SPREAD).square().add((1 - kept).square()).sqrt()
        seen, guessed = backdrop_picture(noisy), backdrop_picture(guess)
        whole = torch.cat([seen / scale, guessed / _SPREAD, kept.expand(-1, 1, *seen.shape[2:])], 1)
        fine = self.near(self.read(functional.pixel_unshuffle(whole, _FINE)))
        middle = functional.silu(self.back(fine))
        coarse = self.far(functional.silu(self.further(middle)))
        closer = functional.silu(self.closer(torch.cat([_twice(coarse), middle], 1)))
        close = self.again(functional.silu(self.close(torch.cat([_twice(closer), fine], 1))))
        better = functional.pixel_shuffle(self.write(close), _FINE)
        return backdrop_tokens(guessed + _SPREAD * (1 - kept) / scale * better)


def _twice(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
