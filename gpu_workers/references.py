"""References as plain pictures: read from the studio's folder, checked against their hashes.

The worker lays each file down under its SHA-256 for the time of a job (``gpu_workers/shelf.py``),
with what was found in it beside it. Whatever reads one here reads bytes that were examined.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import ValidationError

from activities.clip.facts import ClipFacts
from activities.clip.limits import DEFAULT_LIMITS, MEBIBYTE
from activities.clip.probe import probe
from activities.clip.refusals import ClipRefused
from domain.kernel.errors import Refusal
from gpu_workers.clip import Pictures
from gpu_workers.decode.preparation import framed
from gpu_workers.decode.prepare import prepare_pictures
from gpu_workers.decode.still_examiner import FORMATS, PIXELS_MAX
from gpu_workers.sampler import Reference

FOLDER: Final = "CALLSHEET_REFERENCES_FOLDER"
LAID_DOWN: Final = (("cameos", "free"),)
"""What a plan says where likenesses are laid over a scene; before, they lay there as squares."""
CLIP_BYTES_MAX: Final = 2048 * MEBIBYTE
"""How much the pictures of one clip may take in memory, in the size that a model wants them in."""

_WHITE: Final = 255
_RIM: Final = 0.15
"""How much of an oval's radius its outline takes to run out."""
Cutout = NDArray[np.uint8]


class ReferenceUnreadable(Refusal):
    """A reference cannot be read."""

    code = "reference-unreadable"
    stage = "planning"
    next_step = "Send the file again."


@dataclass(frozen=True)
class Screen:
    """How a model wants to see a clip: ``width``×``height`` pixels, ``fps`` pictures a second."""

    width: int
    height: int
    fps: float


class References(Protocol):
    """Whoever can show a reference."""

    def picture(self, reference: Reference) -> Pictures:
        """uint8 [1, height, width, 3] in RGB; of a clip, the one in its middle.

        Raises ReferenceUnreadable, ClipRefused.
        """
        ...

    def cutout(self, reference: Reference) -> Cutout:
        """uint8 [height, width, 4] in RGB and opacity. Raises ReferenceUnreadable."""
        ...

    def clip(self, reference: Reference, screen: Screen, start: float, count: int) -> Pictures:
        """At most ``count`` pictures from ``start`` seconds on: uint8 [n, height, width, 3], n > 0.

        What begins after the clip's end is its last picture. Raises ReferenceUnreadable,
        ClipRefused.
        """
        ...

    def ending(self, reference: Reference, screen: Screen, count: int) -> Pictures:
        """The last ``count`` pictures of a clip, or all where it is shorter; as ``clip``."""
        ...


def references_folder(given: Mapping[str, str] = os.environ) -> Path:
    """Where this machine's workers lay references down."""
    home = Path(given.get("CALLSHEET_HOME", ".callsheet"))
    return Path(given.get(FOLDER) or home / "references")


def facts_path(file: Path) -> Path:
    """Where it stands what was found in a clip."""
    return file.with_name(f"{file.name}.facts.json")


def has_dali() -> bool:
    """Whether DALI is installed; it is a wheel for Linux only."""
    try:
        return importlib.util.find_spec("nvidia.dali") is not None
    except ModuleNotFoundError:
        return False


class FolderReferences:
    """Files named by their SHA-256, as the worker lays them down before it samples.

    With ``dali``, DALI decodes clips on that device; without it, the fast path of a CPU does.
    """

    def __init__(self, folder: Path, dali: Literal["cpu", "gpu"] | None = None) -> None:
        self._folder, self._dali = folder, dali

    def picture(self, reference: Reference) -> Pictures:
        """Decode a still picture of at most ``PIXELS_MAX`` pixels; see-through parts are white."""
        if reference.kind == "clip":
            return self._middle(reference)
        seen = _decoded(self._checked(reference))
        colour, opacity = seen[..., :3], seen[..., 3:]
        if int(opacity.min()) < _WHITE:
            share = opacity.astype(np.float32) / _WHITE
            colour = np.rint(colour * share + _WHITE * (1 - share)).astype(np.uint8)
        return np.ascontiguousarray(colour)[None]

    def cutout(self, reference: Reference) -> Cutout:
        """A still picture with its opacity; 255 everywhere where the file says nothing of it."""
        return _decoded(self._checked(reference))

    def clip(self, reference: Reference, screen: Screen, start: float, count: int) -> Pictures:
        """For each moment, the picture that is on show then: phones record at changing rates."""
        path = self._checked(reference)
        facts = self._facts(path)
        last = max(0.0, facts.seconds - 1 / screen.fps)
        return self._shown(path, facts, screen, min(start, last), count)

    def ending(self, reference: Reference, screen: Screen, count: int) -> Pictures:
        """The last pictures of a clip."""
        path = self._checked(reference)
        facts = self._facts(path)
        start = max(0.0, facts.seconds - count / screen.fps)
        return self._shown(path, facts, screen, start, count)[-count:]

    def _middle(self, reference: Reference) -> Pictures:
        path = self._checked(reference)
        facts = self._facts(path)
        width, height = framed(facts)
        return self._shown(path, facts, Screen(width, height, 1000), facts.seconds / 2, 1)

    def _shown(
        self, path: Path, facts: ClipFacts, screen: Screen, start: float, count: int
    ) -> Pictures:
        if count * screen.width * screen.height * 3 > CLIP_BYTES_MAX:
            raise ReferenceUnreadable(
                f"{count} pictures of {screen.width}×{screen.height} are more than "
                f"{CLIP_BYTES_MAX // MEBIBYTE} MiB."
            )
        return prepare_pictures(
            path, facts, screen.width, screen.height, screen.fps, start, count, self._dali
        )

    def _facts(self, path: Path) -> ClipFacts:
        """What the worker found, or what is found now. Raises ReferenceUnreadable."""
        try:
            return ClipFacts.model_validate_json(facts_path(path).read_bytes())
        except (OSError, ValidationError):
            pass  # laid down by hand
        try:
            return probe(path)
        except ClipRefused as refused:
            raise ReferenceUnreadable(f"It is no clip that can be used: {refused}") from refused

    def _checked(self, reference: Reference) -> Path:
        path = self._folder / reference.sha256
        if not path.is_file():
            raise ReferenceUnreadable("It is not in the studio's folder.")
        if path.stat().st_size > DEFAULT_LIMITS.size_bytes:
            most = DEFAULT_LIMITS.size_bytes // MEBIBYTE
            raise ReferenceUnreadable(f"It has more than {most} MiB.")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != reference.sha256:
                raise ReferenceUnreadable("Its bytes are not those that were promised.")
        return path


def _decoded(path: Path) -> Cutout:
    """A picture as people see it, turned upright: uint8 [height, width, 4]."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height <= PIXELS_MAX:
                if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
                    levels = np.asarray(picture, np.float64) / 257
                    return np.asarray(
                        Image.fromarray(np.rint(levels).clip(0, 255).astype(np.uint8)).convert(
                            "RGBA"
                        ),
                        np.uint8,
                    )
                return np.asarray(ImageOps.exif_transpose(picture).convert("RGBA"), np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        pass
    raise ReferenceUnreadable(f"It is no picture of at most {PIXELS_MAX} pixels.")


def standing_free(cutout: Cutout) -> Cutout:
    """As it is laid over a scene: a picture that is opaque everywhere gets a soft oval outline.

    Likenesses were kept as plain squares once, and some files know no opacity.
    """
    if int(cutout[..., 3].min()) < _WHITE:
        return cutout
    down, across = (np.abs((np.arange(n) + 0.5) / n * 2 - 1) for n in cutout.shape[:2])
    share = np.clip((1 - np.hypot(down[:, None], across[None, :])) / _RIM, 0, 1)
    free = cutout.copy()
    free[..., 3] = np.rint(_WHITE * share * share * (3 - 2 * share))
    return free


def fitted(pictures: Pictures, width: int, height: int) -> Pictures:
    """Fill ``width``×``height`` pixels, cutting off what is left over at the sides."""
    tall, wide = pictures.shape[1:3]
    if (wide, tall) == (width, height):
        return pictures
    scale = max(width / wide, height / tall)
    size = (max(width, round(wide * scale)), max(height, round(tall * scale)))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = [cv2.resize(each, size, interpolation=method) for each in pictures]
    return np.stack([each[top : top + height, left : left + width] for each in resized])


def held_to(pictures: Pictures, count: int) -> Pictures:
    """Exactly ``count`` pictures: cut, or with the last one held."""
    index = np.minimum(np.arange(count), len(pictures) - 1)
    return pictures[index]
