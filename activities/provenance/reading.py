"""Reading the manifest of a film or of a still: whose it is, whether it holds, and its graph.

A file that is signed by anybody at all is "Valid" to the library; only one signed under our trust
list is "Trusted", and nothing less counts. A fault in an ingredient's manifest counts as a fault.
Nothing is fetched from anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import c2pa

from activities.provenance.manifest import ACTIONS, FORMAT, OUR_ASSERTION, STILL, TRAINING_MINING
from domain.provenance.verdict import ManifestState as State

BYTES_MAX: Final = 512 << 20
GENERATIONS_MAX: Final = 32
"""As far back is a manifest's graph read."""
_NO_MANIFEST: Final = ("ManifestNotFound", "JumbfNotFound")


@dataclass(frozen=True)
class Ancestor:
    """A node of the manifest graph: the artefact's id, the signer's name, and what it came from.

    ``signed`` is false of a parent that is named alone, without a manifest of its own.
    """

    title: str
    signer: str
    parents: tuple[Ancestor, ...] = ()
    signed: bool = True


@dataclass(frozen=True)
class ManifestReading:
    """What was read. Only when the manifest is trusted: ``claims`` is our assertion,
    ``source_type`` what the pictures are said to come from, ``generator`` what made them (name and
    version), and ``mining`` the training-mining assertion.
    """

    state: State
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    source_type: str = ""
    generator: str = ""
    mining: dict[str, Any] = field(default_factory=dict)
    tree: Ancestor | None = None
    faults: tuple[str, ...] = ()

    @property
    def artefact_id(self) -> str | None:
        """The artefact that a trusted manifest names."""
        named = self.claims.get("artefact") if self.state is State.TRUSTED else None
        return named if isinstance(named, str) else None


class ManifestReader:
    """Reads with a trust list: the roots, as PEM, that we sign under or have signed under."""

    def __init__(self, roots: bytes) -> None:
        self._roots = roots

    def context(self) -> c2pa.Context:
        """Settings of the library: our roots, no network, no pictures of its own."""
        return c2pa.Context.from_dict(
            {
                "verify": {
                    "verify_trust": True,
                    "verify_timestamp_trust": False,
                    "remote_manifest_fetch": False,
                    "ocsp_fetch": False,
                },
                "trust": {"user_anchors": self._roots.decode()},
                "builder": {"thumbnail": {"enabled": False}},
                "core": {"backing_store_memory_threshold_in_mb": 64},
            }
        )

    def read(self, path: Path) -> ManifestReading:
        """Read one file; every fault is an answer, never an error."""
        if path.stat().st_size > BYTES_MAX:
            return ManifestReading(State.UNREADABLE, faults=("too large",))
        form = form_of(path)
        if form is None:
            return ManifestReading(State.MISSING)  # we sign nothing else
        try:
            with (
                path.open("rb") as file,
                c2pa.Reader(form, file, context=self.context()) as found,
            ):
                store = json.loads(found.json())
                results = found.get_validation_results() or {}
                state = found.get_validation_state()
        except c2pa.C2paError as error:
            return _without(str(error))
        except (ValueError, RecursionError):
            return ManifestReading(State.UNREADABLE, faults=("not JSON",))
        return _judged(store, results, str(state))


def form_of(path: Path) -> str | None:
    """The media type of a file whose kind we sign, by its first bytes; None of any other."""
    with path.open("rb") as file:
        first = file.read(8)
    if first[4:] == b"ftyp":
        return FORMAT
    return STILL if first.startswith(b"\xff\xd8\xff") else None


def _without(error: str) -> ManifestReading:
    if error.startswith(_NO_MANIFEST):
        return ManifestReading(State.MISSING)
    fault = error.partition(":")[0][:80]
    return ManifestReading(State.UNREADABLE, faults=(fault,))


def _judged(store: dict[str, Any], results: dict[str, Any], state: str) -> ManifestReading:
    manifests = store.get("manifests") or {}
    active = store.get("active_manifest") or ""
    manifest = manifests.get(active)
    if not isinstance(manifest, dict):
        return ManifestReading(State.UNREADABLE, faults=("no active manifest",))
    faults = tuple(sorted(set(_faults(results))))
    untrusted = {"signingCredential.untrusted"}
    if set(faults) - untrusted or state == "Invalid":
        judged = State.BROKEN
    else:
        judged = State.TRUSTED if state == "Trusted" and not faults else State.FOREIGN
    issuer = str((manifest.get("signature_info") or {}).get("issuer", ""))[:200]
    tree = _tree(manifests, active, 0)
    if judged is not State.TRUSTED:
        return ManifestReading(judged, issuer, tree=tree, faults=faults)
    return ManifestReading(
        judged,
        issuer,
        claims=_assertion(manifest, OUR_ASSERTION),
        source_type=_created(manifest, _source_type),
        generator=_created(manifest, _agent),
        mining=_assertion(manifest, TRAINING_MINING),
        tree=tree,
        faults=faults,
    )


def _faults(results: dict[str, Any]) -> list[str]:
    """The codes of all failures, of the active manifest and of every ingredient."""
    found = [each["code"] for each in (results.get("activeManifest") or {}).get("failure", [])]
    for delta in results.get("ingredientDeltas") or []:
        inner = delta.get("validationDeltas") or {}
        found += [each["code"] for each in inner.get("failure", [])]
    return found


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    for assertion in manifest.get("assertions") or []:
        if assertion.get("label") == label and isinstance(assertion.get("data"), dict):
            return dict(assertion["data"])
    return {}


def _created(manifest: dict[str, Any], part: Callable[[dict[str, Any]], str]) -> str:
    """What ``c2pa.created`` says; empty where it says nothing, or several say different things."""
    actions = _assertion(manifest, ACTIONS).get("actions") or []
    said = {part(each) for each in actions if each.get("action") == "c2pa.created"}
    return said.pop() if len(said) == 1 else ""


def _source_type(action: dict[str, Any]) -> str:
    return str(action.get("digitalSourceType") or "")


def _agent(action: dict[str, Any]) -> str:
    agent = action.get("softwareAgent") or {}
    name, version = str(agent.get("name") or ""), str(agent.get("version") or "")
    return f"{name} {version}" if name and version else ""


def _tree(manifests: dict[str, Any], name: str, depth: int) -> Ancestor | None:
    manifest = manifests.get(name)
    if not isinstance(manifest, dict) or depth > GENERATIONS_MAX:
        return None
    parents = []
    for each in manifest.get("ingredients") or []:
        inner = _tree(manifests, str(each.get("active_manifest", "")), depth + 1)
        parents.append(inner or Ancestor(str(each.get("title", "")), "", signed=False))
    signer = str((manifest.get("signature_info") or {}).get("issuer", ""))
    return Ancestor(str(manifest.get("title", "")), signer, tuple(parents))
