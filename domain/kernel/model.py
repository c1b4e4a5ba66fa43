"""The three kinds of word that the domain speaks in: values, commands and events.

All are frozen pydantic models, so that a typo is an error and a stored one reads back equal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Personal:
    """Marks a field whose text or likeness belongs to a person.

    What carries this mark is kept out of ids, search attributes, failures, logs and traces; the
    event log's codec is where such fields are sealed.
    """

    def __repr__(self) -> str:
        return "Personal()"


PersonalText = Annotated[str, Personal()]


class Value(BaseModel):
    """Something known only by what it says, such as a size or a shot."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64")


class Command(Value):
    """A request that the domain may refuse. Its id makes asking twice the same as asking once."""

    command_id: str
    at: AwareDatetime


class Event(Value):
    """Something that became true. Its time comes from the command that caused it."""

    at: AwareDatetime


def later_of(first: datetime, second: datetime) -> datetime:
    """The later of two moments; clocks of two machines may disagree by a little."""
    return max(first, second)
