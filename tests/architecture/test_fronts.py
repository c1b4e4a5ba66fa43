"""Every front has one body, and both have the same signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from tests.architecture import reading


def the_signature(function: Callable[..., Any]) -> dict[str, Any]:
    """Types by parameter, ``self`` left out, and ``return``."""
    hints = get_type_hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return {name: hints.get(name) for name in (*names, "return")}


def test_every_front_has_exactly_one_body_and_every_body_a_front() -> None:
    counted = {name: len(found) for name, found in reading.bodies().items()}
    assert counted == dict.fromkeys(reading.fronts(), 1)


def test_a_body_takes_and_gives_what_its_front_says() -> None:
    bodies = reading.bodies()
    wrong = {
        name: (the_signature(front), the_signature(body))
        for name, front in reading.fronts().items()
        for body in bodies.get(name, [])
        if the_signature(front) != the_signature(body)
    }
    assert wrong == {}


def test_an_activity_takes_one_model_and_gives_one() -> None:
    for name, front in reading.fronts().items():
        signature = the_signature(front)
        assert list(signature) == ["order", "return"], name
        assert all(inspect.isclass(each) for each in signature.values()), name
