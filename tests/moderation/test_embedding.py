"""The packaged model is asked for several texts at once, and says of each what it says alone."""

from __future__ import annotations

import numpy as np

from activities.moderation.embedding import PackagedEmbedder, packaged_version

TEXTS = ["a fox waits", "Ein Fuchs wartet auf den letzten Bus.", "", "a fox waits", "狐狸"]


def test_texts_together_have_the_vectors_that_each_has_alone() -> None:
    """To the last bit: otherwise a verdict could depend on what else is asked."""
    together, alone = PackagedEmbedder(), PackagedEmbedder()
    given = together.vectors(TEXTS)
    assert np.array_equal(given, np.concatenate([alone.vectors([each]) for each in TEXTS]))
    assert np.array_equal(given, together.vectors(TEXTS))
    assert np.array_equal(given[0], given[3])
    assert together.version == packaged_version()
