"""Training clips: a seed becomes a caption, the layers that it tells of, and the cameos cast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_workers.sketch import mel, plates
from gpu_workers.sketch.backdrops import draw_backdrop, draw_weather
from gpu_workers.sketch.choreography import draw_tracks, event_times
from gpu_workers.sketch.layers import ACTORS, Floats, Layers
from gpu_workers.sketch.noises import draw_sound
from gpu_workers.sketch.spec import SHARE_OF_CAMEOS, Spec, draw_spec

DATA_VERSION: Final = "sketch world 1"
REFERENCE_SIDE: Final = 12
"""The model sees a cameo this small; its own pixels come in when the clip is put together."""


@dataclass(frozen=True)
class TrainingClip:
    """A caption and its clip.

    ``references`` [2, 12, 12, 4] in [-1, 1] are what the model sees of the cameos cast, zeros
    where there is none; ``cutouts`` are the cameos themselves, float32 RGBA in [0, 1].
    """

    spec: Spec
    layers: Layers
    references: Floats
    cutouts: tuple[NDArray[np.float32] | None, ...]


def draw_clip(seed: int, cameos: float = SHARE_OF_CAMEOS) -> TrainingClip:
    """The clip of this seed; the same seed always gives the same clip."""
    rng = np.random.default_rng(seed)
    return staged(draw_spec(rng, cameos), rng)


def staged(spec: Spec, rng: np.random.Generator) -> TrainingClip:
    """A clip in which a spec comes true; what the spec leaves open is drawn by lot."""
    tilt = float(rng.random())
    weather, wind = draw_weather(spec.weather, rng)
    sheets, references = np.stack([plates.nobody()] * ACTORS), []
    cutouts: list[NDArray[np.float32] | None] = [None] * ACTORS
    for slot, actor in enumerate(spec.actors):
        if actor.is_cameo:
            cutouts[slot] = plates.draw_character(rng)
        else:
            sheets[slot] = plates.as_plate(plates.draw_subject(actor.subject, actor.colour))
    references = [reference_of(cutout) for cutout in cutouts]
    heard = draw_sound(spec.sound, spec.scene, event_times(spec), rng)
    layers = Layers(
        backdrop=draw_backdrop(spec.scene, spec.light, tilt, rng),
        weather=weather,
        plates=sheets,
        tracks=draw_tracks(spec, tilt, wind, rng),
        sound=mel.spectrogram(torch.from_numpy(heard)).numpy(),
    )
    return TrainingClip(spec, layers, np.stack(references), tuple(cutouts))


def reference_of(cutout: NDArray[np.float32] | None) -> Floats:
    """What the model sees of a cameo, [12, 12, 4] in [-1, 1]; zeros without one."""
    if cutout is None:
        return np.zeros((REFERENCE_SIDE, REFERENCE_SIDE, 4), np.float32)
    side = (REFERENCE_SIDE, REFERENCE_SIDE)
    small = cv2.resize(np.ascontiguousarray(cutout), side, interpolation=cv2.INTER_AREA)
    small[..., :3] *= small[..., 3:]
    return np.asarray(small * 2 - 1, np.float32)
