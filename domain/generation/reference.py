"""A reference: a file that somebody gives for a video to be made from, and what it is for."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from domain.kernel.model import Value
from domain.video.media import Sha256

REFERENCES_MAX: Final = 8

ReferenceKind = Literal["picture", "clip", "voice"]
ReferenceUse = Literal["likeness", "first-frame", "remix", "extend"]


class ReferenceFile(Value):
    """Where the file lies in the object store, and the SHA-256 of its bytes.

    A ``likeness`` says who appears; a ``first-frame`` opens the clip; ``remix`` makes the source
    anew and ``keep`` is how much of it stays; ``extend`` goes on where the source ends. The key is
    a random id or a hash and quotes nobody.
    """

    kind: ReferenceKind
    use: ReferenceUse
    key: Annotated[str, Field(min_length=1, max_length=512)]
    sha256: Sha256
    keep: Annotated[float, Field(ge=0, le=1)] = 0.5
