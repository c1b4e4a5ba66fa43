"""Why something cannot be marked, signed or read."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class NotAFilm(Refusal):
    """This file cannot be read as a film."""

    code = "not-a-film"
    stage = "provenance"
    next_step = "Send an MP4, WebM, Matroska or MOV file with pictures or sound."


class ExaminationTooCostly(Refusal):
    """This file takes more memory or time than may be spent on it."""

    code = "examination-too-costly"
    stage = "provenance"
    next_step = "Send a shorter part of it, or the same at a smaller size."


class ParentUntrusted(Refusal):
    """A parent of this film does not carry a manifest that can be trusted."""

    code = "parent-untrusted"
    stage = "provenance"
    next_step = "Fetch the parent again from the store and compare its hash; do not use this copy."


class SigningFailed(Refusal):
    """The signed film cannot be made."""

    code = "signing-failed"
    stage = "provenance"
    next_step = "Give the operator this id; the signing key or certificate needs a look."


class ProvenanceBroken(Refusal):
    """A layer of provenance does not verify on the bytes that would be served."""

    code = "provenance-broken"
    stage = "provenance"
    next_step = "Give the operator this id; nothing leaves until every layer verifies."


class ManifestDiffers(ProvenanceBroken):
    """A manifest holds, and says something else than is claimed of its file."""

    code = "manifest-differs"
    next_step = (
        "Ask for it again, so that it is signed anew; when it differs again, give the operator "
        "this id and the field."
    )
