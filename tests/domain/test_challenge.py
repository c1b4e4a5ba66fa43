"""What a person has to say and how to move, drawn from entropy that is handed in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cameo.challenge import BITS, DIGITS, ENTROPY_BYTES, MOVES_COUNT, challenge_from


@given(st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_a_challenge_never_repeats_a_neighbour(entropy: bytes) -> None:
    challenge = challenge_from(entropy)
    assert len(challenge.digits) == DIGITS
    assert len(challenge.moves) == MOVES_COUNT
    assert all(one != other for one, other in pairwise(challenge.digits))
    assert all(one != other for one, other in pairwise(challenge.moves))
    assert challenge == challenge_from(entropy)


def test_a_challenge_has_forty_bits_and_spends_them_evenly() -> None:
    assert BITS >= 40
    drawn = [challenge_from(index.to_bytes(ENTROPY_BYTES, "big")) for index in range(4000)]
    assert len({(each.digits, each.moves) for each in drawn}) == len(drawn)
    for place in range(DIGITS):
        counts = [sum(each.digits[place] == digit for each in drawn) for digit in "0123456789"]
        assert min(counts) > 300, (place, counts)  # 400 are expected, 5 standard deviations below
        assert max(counts) < 500, (place, counts)


def test_a_challenge_takes_its_whole_entropy() -> None:
    with pytest.raises(ValueError, match="needs 32 bytes, 31"):
        challenge_from(b"x" * 31)
