"""Secrets become patterns: a key and a purpose give the same numbers on every machine, for ever.

The bytes come from SHAKE-256 (FIPS 202), so that no library's generator has to keep its stream. The
carriers made of them are orthonormal through a Cholesky factor, which is unique: an eigenvector or
a QR factor may change its sign with the version of a library, and would lose every mark set before.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEY_BYTES_MIN: Final = 32

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def normals(key: bytes, purpose: str, count: int) -> Doubles:
    """``count`` numbers of the standard normal distribution (Box and Muller), drawn from a key."""
    require_key(key)
    pairs = -(-count // 2)
    secret = hmac.digest(key, purpose.encode(), "sha256")
    words = np.frombuffer(hashlib.shake_256(secret).digest(8 * pairs), "<u4").reshape(2, pairs)
    first, second = (words + 0.5) / 2.0**32
    radius, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def carriers(
    key: bytes,
    purpose: str,
    count: int,
    shape: tuple[int, int],
    confine: Callable[[Doubles], Doubles],
) -> Floats:
    """Orthonormal patterns [count, rows * columns], each within what ``confine`` lets through."""
    drawn = normals(key, purpose, count * shape[0] * shape[1]).reshape(count, *shape)
    confined = confine(drawn).reshape(count, -1)
    factor = np.linalg.cholesky(confined @ confined.T)
    return np.linalg.solve(factor, confined).astype(np.float32)


def keyed_check(key: bytes, purpose: str, number: int, bits: int) -> int:
    """A check of ``bits`` bits over a number, which only a holder of the key can make."""
    require_key(key)
    message = purpose.encode() + number.to_bytes(8, "big")
    return int.from_bytes(hmac.digest(key, message, "sha256")[:8], "big") >> (64 - bits)


def require_key(key: bytes) -> None:
    """Raise ValueError for a key that could be guessed."""
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"a mark key has {KEY_BYTES_MIN} bytes or more; {len(key)} were given")
