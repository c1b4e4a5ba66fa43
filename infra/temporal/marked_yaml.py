"""YAML that remembers the line of every value, so that an error can point at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[str | int, ...]
"""Where a value stands: keys and indices from the top."""


class YamlRefused(ValueError):
    """This text is not the YAML that is asked for."""


@dataclass(frozen=True)
class Marked:
    """A document's value and the line (from 1) of everything in it."""

    value: Any
    lines: dict[Place, int]

    def line_of(self, place: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest thing around it."""
        whole = tuple(place)
        tries = (whole[:length] for length in range(len(whole), -1, -1))
        return next((self.lines[each] for each in tries if each in self.lines), 1)


def read(text: str) -> Marked:
    """Read one document. Raises ``YamlRefused`` for bad syntax and for a key given twice."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        value = _built(loader, node, (), lines) if node is not None else None
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 1
        raise YamlRefused(f"line {line}: {broken.problem}") from None
    finally:
        loader.dispose()
    return Marked(value, lines)


def _built(loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, lines)
    if isinstance(node, yaml.SequenceNode):
        return [
            _built(loader, child, (*place, index), lines) for index, child in enumerate(node.value)
        ]
    return loader.construct_object(node)


def _mapping(
    loader: yaml.SafeLoader, node: yaml.MappingNode, place: Place, lines: dict[Place, int]
) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, child in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in built:
            raise YamlRefused(f"line {line}: {key!r} is given twice; keep one")
        built[key] = _built(loader, child, (*place, key), lines)
        lines[(*place, key)] = line
    return built
