"""An outage of PostgreSQL in the words of provenance: wait, and try again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from activities.provenance.ports import RegisterUnavailable
from infra.eventlog.faults import TRANSIENT, UNACCEPTABLE, kind_of


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Raise RegisterUnavailable for what a later attempt may cure."""
    try:
        yield
    except UNACCEPTABLE:
        raise
    except TRANSIENT as error:
        message = f"The {what} cannot be reached ({kind_of(error)}); it is tried again."
        raise RegisterUnavailable(message) from error
