"""The film that the steps of provenance are tested with, marked and signed once."""

from tests.activities.provenance.conftest import (
    folder,
    keys,
    marked,
    reader,
    short_take,
    signed,
    signer,
    take,
)

__all__ = ["folder", "keys", "marked", "reader", "short_take", "signed", "signer", "take"]
