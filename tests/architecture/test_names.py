"""Names teach: events are past, stories are nouns, steps are verbs, stored names are chosen."""

from __future__ import annotations

import re
from typing import TypeVar

from domain.catalog import EVENTS
from domain.kernel.errors import Refusal
from domain.kernel.model import Command
from tests.architecture import reading

_IRREGULAR = {
    "sent",
    "made",
    "held",
    "found",
    "left",
    "met",
    "kept",
    "begun",
    "given",
    "taken",
    "undone",
    "withdrawn",
    "hidden",
    "shown",
}
_COMMANDING = re.compile(r"^(Generate|Make|Run|Do|Start|Create|Process|Handle|Sweep)[A-Z]")
_KEBAB = r"[a-z]+(-[a-z]+)*"


Kind = TypeVar("Kind")


def words(name: str) -> list[str]:
    """The words of a name in camel case, in small letters."""
    return [each.lower() for each in re.findall(r"[A-Z][a-z0-9]*", name)]


def is_past(word: str) -> bool:
    return word.endswith("ed") or word in _IRREGULAR


def test_events_say_what_happened() -> None:
    for entry in EVENTS.entries():
        assert is_past(words(entry.model.__name__)[-1]), entry.model
        assert len(words(entry.model.__name__)) > 1, entry.model


def test_stored_names_are_kebab_with_a_version_and_past_too() -> None:
    for entry in EVENTS.entries():
        assert re.fullmatch(rf"{_KEBAB}\.v[1-9]\d*", entry.stored_name), entry.stored_name
        assert is_past(entry.name.split("-")[-1]), entry.stored_name


def test_commands_are_imperative() -> None:
    for command in every(Command):
        first = words(command.__name__)[0]
        assert not is_past(first), command
        assert not first.endswith("ing"), command


def test_refusals_have_a_code_a_message_and_a_next_step_of_their_own() -> None:
    codes: dict[str, type[Refusal]] = {}
    for refusal in every(Refusal):
        assert re.fullmatch(_KEBAB, refusal.code), refusal
        assert refusal.code not in codes, (refusal, codes.get(refusal.code))
        assert (refusal.__doc__ or "").endswith("."), refusal
        assert refusal.next_step.endswith("."), refusal
        codes[refusal.code] = refusal


def test_stories_are_nouns() -> None:
    for name in reading.stories():
        assert not _COMMANDING.match(name), name
        assert not name.endswith("Workflow"), name


def test_steps_are_a_verb_and_its_object() -> None:
    for name in reading.fronts():
        verb, _, thing = name.partition("_")
        assert thing, name
        assert re.fullmatch(r"[a-z_]+", name), name
        assert not is_past(verb), name
        assert not verb.endswith("ing"), name


def every(kind: type[Kind]) -> set[type[Kind]]:
    """All kinds of a kind that the domain has."""
    for _ in reading.modules("domain"):
        pass
    found: set[type[Kind]] = set()
    waiting: list[type[Kind]] = kind.__subclasses__()
    while waiting:
        each = waiting.pop()
        if each.__module__.startswith("domain."):
            found.add(each)
        waiting.extend(each.__subclasses__())
    return found
