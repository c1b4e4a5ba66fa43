"""A reference: a file that somebody gives for a video to be made from, and what it is for."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from domain.kernel.model import Value
from domain.video.media import Sha256

REFERENCES_MAX: Final = 8

ReferenceKind = Literal["picture", "clip", "voice"]
ReferenceUse = Literal["likeness", "first-frame", "remix", "extend"]


class Seal(Value):
    """How a file is sealed: for whom, under which name, and the SHA-256 of the sealed bytes."""

    subject: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    sha256: Sha256


class ReferenceFile(Value):
    """Where the file lies in the object store, and the SHA-256 of its bytes.

    A ``likeness`` says who appears; a ``first-frame`` opens the clip; ``remix`` makes the source
    anew and ``keep`` is how much of it stays; ``extend`` goes on where the source ends. The key is
    a random id or a hash and quotes nobody. A likeness of somebody enrolled is ``sealed``; the
    ``sha256`` is of what is inside.
    """

    kind: ReferenceKind
    use: ReferenceUse
    key: Annotated[str, Field(min_length=1, max_length=512)]
    sha256: Sha256
    keep: Annotated[float, Field(ge=0, le=1)] = 0.5
    sealed: Seal | None = None
