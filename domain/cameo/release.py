"""The signed release: what somebody agreed to before anything of them was recorded."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from domain.kernel.model import Personal, Value
from domain.video.media import Sha256

Kind = Literal["person", "pet", "object"]
Stored = Literal["clip", "references", "face-template", "voice-template"]
Purpose = Literal["enrolment-checks", "generation", "duplicate-search"]

RETENTION_DAYS_MAX: Final = 3 * 365


class SignedRelease(Value):
    """Which text was agreed to, what is stored, for what, for how long, signed when and by whom.

    ``text_sha256`` names the exact words that were shown, ``signature`` is what was typed under
    them.
    """

    text_version: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]
    text_sha256: Sha256
    stores: Annotated[tuple[Stored, ...], Field(min_length=1)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    retention_days: Annotated[int, Field(ge=1, le=RETENTION_DAYS_MAX)]
    signature: Annotated[str, Personal(), StringConstraints(min_length=1, max_length=200)]
    signed_at: AwareDatetime
