"""A mapping that is never changed: adding makes another that shares almost everything.

Folding a stream of n events into a plain dictionary that is copied at each event costs n² steps.
Here a copy touches one of 256 buckets, so a fold of 10^5 events takes a second, not an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar
from zlib import crc32

V = TypeVar("V")

_BUCKETS: Final = 256


class PersistentMap(Mapping[str, V]):
    """Values by text. Equal to any mapping with the same items; iterates in one fixed order."""

    __slots__ = ("_buckets", "_size")

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        buckets: list[dict[str, V]] = [{} for _ in range(_BUCKETS)]
        for key, value in (items or {}).items():
            buckets[_place(key)][key] = value
        self._buckets: tuple[Mapping[str, V], ...] = tuple(buckets)
        self._size = len(items or {})

    def having(self, key: str, value: V) -> PersistentMap[V]:
        """A map in which the key stands for this value."""
        bucket = {**self._buckets[_place(key)], key: value}
        return self._with(_place(key), bucket, self._size + (key not in self))

    def without(self, key: str) -> PersistentMap[V]:
        """A map without the key; the same one when it was not there."""
        if key not in self:
            return self
        bucket = {each: value for each, value in self._buckets[_place(key)].items() if each != key}
        return self._with(_place(key), bucket, self._size - 1)

    def _with(self, place: int, bucket: Mapping[str, V], size: int) -> PersistentMap[V]:
        made: PersistentMap[V] = PersistentMap.__new__(PersistentMap)
        made._buckets = (*self._buckets[:place], bucket, *self._buckets[place + 1 :])
        made._size = size
        return made

    def __getitem__(self, key: str) -> V:
        return self._buckets[_place(key)][key]

    def __iter__(self) -> Iterator[str]:
        for bucket in self._buckets:
            yield from bucket

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"PersistentMap({dict(self)!r})"


def _place(key: str) -> int:
    return crc32(key.encode()) % _BUCKETS
