"""Where the video server is, which engine it runs, and how long anything there may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from gpu_workers.cards.operation import Operation, operation_in
from gpu_workers.references import references_folder
from gpu_workers.video_server.engines import ENGINES, Engine
from gpu_workers.video_server.refusals import VideoServerNotConfigured

PREFIX: Final = "CALLSHEET_VIDEO_SERVER_"
OWN_DUTY: Final = "none"
"""The licence of a model whose terms the operator minds alone."""


class Sound(StrEnum):
    """What becomes of the sound."""

    REQUIRED = "required"
    """A film without sound is refused."""
    IF_GIVEN = "if-given"
    """Silence where the server gives none."""
    SILENT = "silent"
    """Silence always."""


class OnStop(StrEnum):
    """What to do on a stop when the engine cannot stop its GPU."""

    FORGET = "forget"
    """Remove the record at once and say that the GPU goes on."""
    WAIT = "wait"
    """Wait until the GPU is done, then remove record and film."""


@dataclass(frozen=True)
class VideoServerSettings:
    """What the operator says; durations in seconds, sizes in bytes or pixels.

    ``revision`` names the weights: no server can be asked for them, so it is the operator's word,
    and a new one gives plans new keys. ``frame_stride`` is the model's step in time: n·stride+1
    pictures are asked for (8 suits models that pack 4 or 8), and what is too many is cut off.
    ``takes_picture`` says that the model can begin with one; ``references`` holds it as a file
    named by its SHA-256. ``licence`` is the name of the card whose licence holds for the served
    model, or ``OWN_DUTY``; ``operation`` is what that licence is asked with.
    """

    base_url: str
    engine: Engine
    model: str
    revision: str = ""
    licence: str = ""
    operation: Operation = field(default_factory=Operation)
    api_key: str | None = field(default=None, repr=False)
    sound: Sound = Sound.IF_GIVEN
    on_stop: OnStop = OnStop.FORGET
    takes_picture: bool = False
    references: Path = Path(".callsheet/references")
    frame_stride: int = 8
    prompt_characters_max: int = 4000
    shot_seconds_max: float = 20.0
    side_pixels_max: int = 1920
    film_bytes_max: int = 256 << 20
    poll_seconds: float = 1.0
    request_seconds_max: float = 30.0
    patience_seconds_max: float = 120.0
    job_seconds_max: float = 3600.0
    fetch_seconds_max: float = 300.0
    withdrawal_seconds_max: float = 5.0
    drain_seconds_max: float = 600.0
    scratch: Path | None = None

    @staticmethod
    def read(environment: Mapping[str, str]) -> VideoServerSettings:
        """The settings in ``CALLSHEET_VIDEO_SERVER_*``. Raises VideoServerNotConfigured."""
        said = {name: environment.get(PREFIX + name, "") for name in ("URL", "ENGINE", "MODEL")}
        missing = [PREFIX + name for name, value in said.items() if not value]
        if missing:
            raise VideoServerNotConfigured(f"Not set: {', '.join(missing)}.")
        if said["ENGINE"] not in ENGINES:
            raise VideoServerNotConfigured(f"The engines are: {', '.join(ENGINES)}.")
        try:
            return VideoServerSettings(
                base_url=said["URL"],
                engine=ENGINES[said["ENGINE"]],
                model=said["MODEL"],
                revision=environment.get(PREFIX + "REVISION", ""),
                licence=environment.get(PREFIX + "LICENCE", "").strip(),
                operation=operation_in(environment),
                api_key=environment.get(PREFIX + "KEY") or None,
                sound=Sound(environment.get(PREFIX + "SOUND", Sound.IF_GIVEN)),
                poll_seconds=float(environment.get(PREFIX + "POLL_SECONDS", "1")),
                on_stop=OnStop(environment.get(PREFIX + "ON_STOP", OnStop.FORGET)),
                takes_picture=environment.get(PREFIX + "TAKES_PICTURE", "") in ("1", "true"),
                references=references_folder(environment),
            )
        except ValueError as error:
            raise VideoServerNotConfigured(f"{error}.") from None
