"""How handles are written, and which of them look alike.

Handles are lower-case ASCII, so that no letter of another script can imitate one. Handles that
look alike (``paul`` and ``pau1``) have one *skeleton*, and only one of them can ever be taken.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated, Final

from pydantic import StringConstraints

from domain.kernel.errors import Refusal
from domain.kernel.model import Personal

HANDLE_PATTERN: Final = r"[a-z](?:[a-z0-9]|[._](?=[a-z0-9])){2,29}"
Handle = Annotated[str, Personal(), StringConstraints(max_length=30, min_length=3)]

_MENTION: Final = re.compile(r"(?<![\w@.])@([A-Za-z](?:[A-Za-z0-9]|[._](?=[A-Za-z0-9])){2,29})")
_LOOKALIKES: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_LOOKALIKE_LETTERS: Final = str.maketrans("01iq5283", "ollgszbe", "._")


class HandleUnusable(Refusal):
    """This cannot be a handle."""

    code = "handle-unusable"
    next_step = (
        "Use 3 to 30 letters a to z, digits, single dots or underscores, beginning with a letter."
    )


def normalised(text: str) -> str:
    """A handle as it is kept: NFKC, without the ``@``, small letters. Raises HandleUnusable."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("@").lower()
    if not re.fullmatch(HANDLE_PATTERN, plain):
        raise HandleUnusable
    return plain


def skeleton(handle: str) -> str:
    """What handles that look alike have in common; never shown."""
    plain = normalised(handle)
    for pair, letter in _LOOKALIKES:
        plain = plain.replace(pair, letter)
    return plain.translate(_LOOKALIKE_LETTERS)


def handle_key(handle: str) -> str:
    """The id of the stream that a handle shares with its look-alikes: 128 bits in hex.

    A hash, because a handle may be somebody's name and the names of streams outlive erasure.
    """
    return hashlib.sha256(b"callsheet-handle:" + skeleton(handle).encode()).hexdigest()[:32]


def mentions(text: str) -> tuple[str, ...]:
    """The handles that a text calls with ``@``, normalised, each once, in order."""
    return tuple(dict.fromkeys(normalised(each) for each in _MENTION.findall(text)))
