"""The words of a manifest (C2PA 2): made by a model, from which parents, under which agreements.

Nobody's name stands here: consent is there as the hashes of its receipts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TRAINED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
OUR_ASSERTION: Final = "callsheet.generation"
ACTIONS: Final = "c2pa.actions.v2"
TRAINING_MINING: Final = "cawg.training-mining"
FORMAT: Final = "video/mp4"
STILL: Final = "image/jpeg"

_USES: Final = ("ai_generative_training", "ai_training", "data_mining", "ai_inference")
MINING: Final = {"entries": {f"cawg.{use}": {"use": "notAllowed"} for use in _USES}}
"""What the training-mining assertion says of every film and still."""


@dataclass(frozen=True)
class Generator:
    """Which program or model made the film."""

    name: str
    version: str


@dataclass(frozen=True)
class Parent:
    """A film that this one was made from: its id, and the signed file."""

    artefact_id: str
    path: Path


@dataclass(frozen=True)
class Origin:
    """What our assertion says. Hashes are SHA-256 in hex; ids are random."""

    artefact_id: str
    generation_id: str
    plan_sha256: str
    policy_sha256: str
    receipt_sha256s: tuple[str, ...] = ()

    def as_assertion(self) -> dict[str, Any]:
        """The assertion's data."""
        return {
            "artefact": self.artefact_id,
            "generation": self.generation_id,
            "plan_sha256": self.plan_sha256,
            "policy_sha256": self.policy_sha256,
            "consent_receipts_sha256": list(self.receipt_sha256s),
        }


def written(
    origin: Origin, generator: Generator, parents: tuple[Parent, ...], form: str = FORMAT
) -> dict[str, Any]:
    """The manifest's definition, as the C2PA library takes it; ``form`` is the file's type."""
    agent = {"name": generator.name, "version": generator.version}
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.created", "digitalSourceType": TRAINED, "softwareAgent": agent}
    ]
    if parents:
        used = [label(index) for index in range(len(parents))]
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": used}})
    return {
        "claim_generator_info": [agent],
        "title": origin.artefact_id,
        "format": form,
        "assertions": [
            {"label": ACTIONS, "data": {"actions": actions}},
            {"label": TRAINING_MINING, "data": MINING},
            {"label": OUR_ASSERTION, "data": origin.as_assertion()},
        ],
    }


def ingredient(parent: Parent, index: int) -> dict[str, str]:
    """How a parent is named among a manifest's ingredients."""
    return {
        "title": parent.artefact_id,
        "format": FORMAT,
        "relationship": "componentOf",
        "label": label(index),
    }


def label(index: int) -> str:
    """The label by which an action names an ingredient."""
    return f"parent-{index + 1}"
