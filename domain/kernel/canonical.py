"""Canonical JSON: the one spelling of a value, so that its hash and its signature mean something.

After RFC 8785 (JSON Canonicalization Scheme), for the part of JSON that our values use:

- objects with text keys, sorted by their UTF-16 code units; no key twice; no white space;
- text as UTF-8, unescaped but for ``"``, ``\\`` and the control characters, as the RFC says;
- whole numbers within ±(2^53 - 1); ``true``, ``false``, ``null``; arrays in their order;
- no fractions: how a float is spelt differs between languages, so times are text (ISO 8601, UTC,
  microseconds, ``Z``) and anything measured is counted in whole units.

What lies outside is an error, so nothing is ever signed in two spellings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

WHOLE_MAX: Final = 2**53 - 1


def canonical_json(value: object) -> bytes:
    """The bytes of a value. Raises ``ValueError`` for what has no canonical spelling here."""
    return json.dumps(
        _ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode("utf-8")


def instant(moment: datetime) -> str:
    """A moment in the one spelling: UTC, six digits of a second, ``Z``."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no canonical spelling")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _ordered(value: object) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            value.encode("utf-8")  # lone surrogates have no bytes
            return str(value)
        case int() if abs(value) <= WHOLE_MAX:
            return value
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("keys of a canonical object are text")
            keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
            return {key: _ordered(value[key]) for key in keys}
        case list() | tuple():
            return [_ordered(each) for each in value]
    raise ValueError(f"{type(value).__name__} has no canonical spelling here")
