"""The running average of a network's weights, which samples better than the last of them."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

AVERAGE: Final = 0.998
"""How much of the average each step keeps, once there have been enough of them."""


def follow(
    average: dict[str, torch.Tensor], network: nn.Module, steps: int, keep_max: float = AVERAGE
) -> None:
    """Take the network's weights after so many steps into the average, in place."""
    latest = network.state_dict()
    take_in = get_ema_multi_avg_fn(  # type: ignore[no-untyped-call]
        min(keep_max, steps / (steps + 9))
    )
    take_in([average[name] for name in latest], list(latest.values()), 0)
