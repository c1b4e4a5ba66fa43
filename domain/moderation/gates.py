"""Gates: where a generation is looked at, and what is looked at there.

A generation passes *admission* before a GPU is taken and *release* before anybody sees it; what is
*published* can be looked at again. At each gate there is one case, with one verdict: the gravest of
those about the gate's stages. *Elsewhere* is the gate to other surfaces than the one that a film
was released at: a case for each of them, under each policy, on what was found before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from domain.kernel.ids import sibling
from domain.kernel.surface import FEED
from domain.moderation.categories import Stage
from domain.moderation.deciding import decide
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy
from domain.moderation.reasons import Restriction
from domain.moderation.verdict import Context, Verdict

Gate = Literal["admission", "release", "published", "elsewhere"]
GATES: Final[Mapping[Gate, tuple[Stage, ...]]] = MappingProxyType(
    {
        "admission": ("prompt", "plan"),
        "release": ("frames", "sound", "likeness"),
        "published": ("frames", "sound", "likeness"),
        "elsewhere": ("prompt", "plan", "frames", "sound", "likeness"),
    }
)
"""The stages without which there is no verdict at a gate."""
OF_A_GENERATION: Final[tuple[Gate, ...]] = ("admission", "release", "published")
"""The gates with one case each, all of which a film that anybody sees has to pass."""
RESTRICTIONS: Final[Mapping[Gate, Restriction]] = MappingProxyType(
    {
        "admission": "generation-refused",
        "release": "release-refused",
        "published": "hidden",
        "elsewhere": "surface-refused",
    }
)
"""What a block means at a gate, in the words of a statement of reasons."""
WAITS: Final[Mapping[Gate, Restriction]] = MappingProxyType(
    {
        "admission": "generation-held",
        "release": "release-held",
        "published": "hidden",
        "elsewhere": "surface-held",
    }
)
"""The same of a hold."""

Effect = Literal["hold", "block", "hide", "strike", "notice", "refund"]
"""What follows for the person: it waits, it is refused, it is hidden, it counts against the
account, they are told, and no use is counted for it.

``refund`` follows from a refusal before the release. The generation then ends without a video, and
in that append each cameo of its cast gets its use back (``domain/consent``: ``UseReleased``); asked
for again, it takes a use like anything else. What was released keeps the use that it took, also
while it is hidden: it may be shown again, and must find the place that its owner's budget gave it.
"""

_WEIGHT: Final = {"allow": 0, "hold": 1, "block": 2}
_GRAVITY: Final = {"ordinary": 0, "grave": 1, "gravest": 2}


def case_id(generation_id: str, gate: Gate) -> str:
    """The id of a generation's case at a gate; nobody can read the generation out of it."""
    return sibling(sibling(generation_id, gate), "mod")


def elsewhere_id(generation_id: str, surface: str, policy: Policy) -> str:
    """The id of a film's case for another surface under a policy, whatever revision it is."""
    return sibling(sibling(generation_id, f"elsewhere/{surface}/{policy.sha256}"), "mod")


def judged(findings: Iterable[Findings], policy: Policy, context: Context) -> Verdict:
    """The one verdict of a gate: the gravest about any of its stages, the first of equals.

    Whether two humans have to agree is asked of all stages: what one of them is held for is decided
    with what another is refused for.
    """
    verdicts = [decide(each, policy, context) for each in findings]
    gravest = max(verdicts, key=lambda each: (_WEIGHT[each.outcome], _GRAVITY[each.gravity]))
    if any(each.second_reader for each in verdicts) == gravest.second_reader:
        return gravest
    return gravest.model_copy(update={"second_reader": True})


def priority_of(verdict: Verdict) -> int:
    """How soon a human should look, from 0 to 100: the gravest first, then the surest."""
    return 40 * _GRAVITY[verdict.gravity] + verdict.confidence * 20 // 1000


def effects_of(verdict: Verdict, gate: Gate, outcome: str) -> frozenset[Effect]:
    """What follows from an outcome at a gate, where this verdict led to it.

    What was let pass at its own surface and is too much for another counts against nobody.
    """
    match outcome:
        case "block" if gate == "elsewhere":
            return frozenset({"block", "notice"})
        case "block":
            refused: tuple[Effect, ...] = ("hide",) if gate == "published" else ("block", "refund")
            grave: frozenset[Effect] = (
                frozenset({"strike"}) if verdict.gravity != "ordinary" else frozenset()
            )
            return frozenset({*refused, "notice"}) | grave
        case "hold":
            return frozenset({"hold", "notice"})
    return frozenset()


def clearance_id(account_id: str, context: Context) -> str:
    """Under what it is kept that humans let an account's content pass at a surface.

    The feed is not named, so that what was let pass before surfaces were told apart stays so.
    """
    place = "" if context.surface == FEED else f" {context.surface}"
    digest = hashlib.sha256(f"{account_id} {context.content_sha256}{place}".encode()).hexdigest()
    return digest[:40]
