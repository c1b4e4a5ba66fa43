"""What content may be found to be: the words that detectors, policies and verdicts share.

A category says what something is, never what follows from it: that is the policy's to say. The list
is closed, since a category that no detector speaks of would be a promise that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

Gravity = Literal["ordinary", "grave", "gravest"]
"""How much harm an error does. What is gravest is never decided by one human alone."""
Stage = Literal["prompt", "plan", "frames", "sound", "likeness"]
"""What was looked at: the words asked for, the plan with everybody's wishes merged, the pictures,
what is said, and who is seen."""
OF_FILMS: Final = frozenset[Stage]({"frames", "sound", "likeness"})
"""What of it is looked at in a film, and not in words."""
STAGES: Final[tuple[Stage, ...]] = ("prompt", "plan", "frames", "sound", "likeness")

CategoryName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)
]
"""A category's name, or a policy's name for several of them."""


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of content; ``means`` is a sentence for reviewers and for reasoning models."""

    name: str
    gravity: Gravity
    means: str


_LIST: Final = (
    Category("minors", "gravest", "Somebody under 18 is shown as an object of desire, or harmed."),
    Category("sexual", "grave", "Nudity, sexual acts, or somebody shown as an object of desire."),
    Category("violence", "grave", "Cruelty, torture, or injuries and deaths shown in detail."),
    Category("hate", "grave", "People are attacked or degraded for what they are."),
    Category("extremism", "gravest", "Terror, or those who do it, are praised or made known."),
    Category("self-harm", "grave", "Suicide or harming oneself is shown, praised or taught."),
    Category("weapons", "grave", "How to make, get or use a weapon against people."),
    Category("real-people", "ordinary", "A real person who has not enrolled is to be shown."),
    Category("protected-people", "grave", "Somebody whom the policy protects by name is shown."),
    Category("protected-characters", "ordinary", "A character that belongs to others is shown."),
    Category("owner-restriction", "grave", "Somebody in the cast does not want to be shown so."),
    Category("uncast-likeness", "gravest", "Somebody enrolled is seen who is not in the cast."),
    Category("unexamined", "ordinary", "Something could not be looked at, so nobody knows."),
)
CATEGORIES: Final[Mapping[str, Category]] = {each.name: each for each in _LIST}
"""Every category by its name."""

UNEXAMINED: Final = "unexamined"
"""The category of what a detector could not look at."""
