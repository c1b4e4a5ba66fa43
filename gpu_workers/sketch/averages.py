"""The running average of a network's weights, which samples better than the last of them."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

AVERAGE: Final = 0.998
"""How much of the average each step keeps, once there have been enough of them."""


def follow(
    average: dict[str, torch.Tensor], network: nn.Module, steps: int, keep_max: float = AVERAGE
) -> None:
    """Take the network's weights after so many steps into the average, in place."""
    keep = min(keep_max, steps / (steps + 9))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            average[name].lerp_(value, 1 - keep)
