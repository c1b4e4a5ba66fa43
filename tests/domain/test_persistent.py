"""A mapping that is never changed behaves like a dictionary that is copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.persistent import PersistentMap

KEYS = st.sampled_from([f"key-{number}" for number in range(400)])
STEPS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3)), max_size=80)


@given(STEPS)
def test_it_holds_what_a_dictionary_would_hold_and_leaves_the_past_alone(
    steps: list[tuple[str, int | None]],
) -> None:
    model: dict[str, int] = {}
    mapping: PersistentMap[int] = PersistentMap()
    for key, value in steps:
        before, held = mapping, dict(model)
        if value is None:
            model.pop(key, None)
            mapping = mapping.without(key)
        else:
            model[key] = value
            mapping = mapping.having(key, value)
        assert dict(before) == held
    assert mapping == model
    assert model == mapping
    assert len(mapping) == len(model)
    assert set(mapping) == set(model)
    assert all(mapping.get(key) == model.get(key) for key, _ in steps)


@given(STEPS)
def test_its_order_is_the_same_however_it_came_about(steps: list[tuple[str, int | None]]) -> None:
    values = {key: 0 for key, value in steps if value is not None}
    backwards: PersistentMap[int] = PersistentMap()
    for key in reversed(values):
        backwards = backwards.having(key, 0)
    assert PersistentMap(values) == backwards
    assert hash(PersistentMap(values)) == hash(backwards)


def test_what_is_not_there_is_an_error_by_name() -> None:
    with pytest.raises(KeyError, match="nothing"):
        PersistentMap({"a": 1})["nothing"]
