"""Whether a manifest says what is claimed of its film: our assertion field by field, where its
pictures come from, and the whole graph of what it was made from.

A manifest can hold and still be another's: signed for other consents, another plan, or the wrong
parents. What the log claims and what the file says have to be the same before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from activities.provenance.manifest import MINING, TRAINED, TRAINING_MINING, Origin
from activities.provenance.reading import GENERATIONS_MAX, Ancestor, ManifestReading
from activities.provenance.refusals import ManifestDiffers

_SHOWN_MAX: Final = 100
_HASH_SHOWN: Final = 12
_HASH_LENGTH: Final = 64


@dataclass(frozen=True)
class Kin:
    """A film, and those that it was made from."""

    artefact_id: str
    parents: tuple[Kin, ...] = ()


@dataclass(frozen=True)
class Statement:
    """What a film's manifest has to say: our assertion, its source, and its graph of parents."""

    origin: Origin
    parents: tuple[Kin, ...] = ()
    source_type: str = TRAINED


def require_agreement(reading: ManifestReading, statement: Statement, whose: str) -> None:
    """Raise ManifestDiffers, naming the first field that says anything else.

    ``reading`` is of a manifest that is trusted; ``whose`` are the words for its file.
    """
    for name, said, claimed in _compared(reading, statement):
        if said != claimed:
            raise ManifestDiffers(
                f"In that of {whose}, {name} is {_shown(said)}, and {_shown(claimed)} is claimed."
            )


def _compared(
    reading: ManifestReading, statement: Statement
) -> Iterator[tuple[str, object, object]]:
    """Each field's name in the manifest, what it says, and what is claimed."""
    claimed = statement.origin.as_assertion()
    for name, value in claimed.items():
        yield name, reading.claims.get(name), value
    for name in reading.claims.keys() - claimed.keys():  # what it holds may be about a person
        yield _shown(name), "something", None
    yield "digitalSourceType", reading.source_type, statement.source_type
    yield TRAINING_MINING, reading.mining, MINING
    # which version made it is the maker's to say: films of earlier ones stay good
    yield "softwareAgent", "something" if reading.generator else None, "something"
    told = reading.tree.parents if reading.tree else ()
    yield "ingredients", _told(told, GENERATIONS_MAX), _cut(statement.parents, GENERATIONS_MAX)


def _told(nodes: Sequence[Ancestor], generations: int) -> tuple[Kin, ...]:
    """The graph of a manifest; a parent without a manifest of its own is nobody's film."""
    if not generations:
        return ()
    return tuple(
        Kin(each.title if each.signed else f"{each.title} unsigned", _told(each.parents, left))
        for left in (generations - 1,)
        for each in nodes
    )


def _cut(kin: Sequence[Kin], generations: int) -> tuple[Kin, ...]:
    if not generations:
        return ()
    return tuple(Kin(each.artefact_id, _cut(each.parents, generations - 1)) for each in kin)


def _shown(value: object) -> str:
    """A value in a few words: hashes by their beginning, a graph in brackets."""
    match value:
        case None | () | [] | "":
            return "nothing"
        case Kin(artefact_id, parents):
            text = artefact_id + (f" ({_shown(parents)})" if parents else "")
        case list() | tuple():
            text = ", ".join(_shown(each) for each in value)
        case str() if len(value) == _HASH_LENGTH:
            text = f"{value[:_HASH_SHOWN]}…"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
