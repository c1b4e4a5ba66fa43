"""Chance, received as a seed: the same names give the same draws on every machine."""

from __future__ import annotations

import hashlib

import numpy as np


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator for one purpose, so that a new draw somewhere else disturbs nothing here."""
    text = "\x1f".join(str(part) for part in (seed, *purpose))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
