"""The one place where identities are drawn by chance; everybody else receives or derives them."""

from __future__ import annotations

import os
from typing import Protocol

from domain.kernel.ids import RANDOM_BYTES, mint
from infra.clock import Clock


class Draw(Protocol):
    """Draws a new id with a prefix such as ``gen``."""

    def __call__(self, prefix: str) -> str: ...


def drawn_by(clock: Clock) -> Draw:
    """Ids that sort by the clock's time, with 80 bits from the operating system's chance."""

    def draw(prefix: str) -> str:
        return mint(prefix, clock(), os.urandom(RANDOM_BYTES))

    return draw
