"""What is asked of a server, and the fields in which each engine wants to read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from gpu_workers.video_server.answers import MARK, model_with_mark
from gpu_workers.video_server.engines import Marker
from gpu_workers.video_server.settings import Sound, VideoServerSettings


@dataclass(frozen=True)
class Order:
    """One video: ``frames`` at ``fps``, sizes in pixels; ``picture`` is a PNG to begin with."""

    prompt: str = field(repr=False)
    width: int
    height: int
    frames: int
    fps: int
    seconds: int
    seed: int
    mark: str
    picture: bytes | None = field(default=None, repr=False)


def form(order: Order, settings: VideoServerSettings) -> dict[str, str]:
    """The text fields of the request, only those that the engine takes."""
    engine = settings.engine
    fields = {
        "prompt": order.prompt,
        "model": settings.model,
        "seconds": str(order.seconds),
        "size": f"{order.width}x{order.height}",
    }
    if engine.takes_seed:
        fields["seed"] = str(order.seed)
    if engine.takes_frames:
        fields |= {"num_frames": str(order.frames), "fps": str(order.fps)}
    if engine.takes_sound and settings.sound is not Sound.SILENT:
        fields["generate_sound"] = "true"
    match engine.marker:
        case Marker.MODEL:
            fields["model"] = model_with_mark(settings.model, order.mark)
        case Marker.USER:
            fields["user"] = order.mark
        case Marker.METADATA:
            fields["metadata"] = json.dumps({MARK: order.mark})
        case None:
            pass
    return fields
