"""Every event that Callsheet knows, in one catalogue."""

from __future__ import annotations

from typing import Final

from domain.account import account, handle, notice, relations
from domain.cameo import attempts, cameo, protection
from domain.cameo import enrolment_events as enrolment
from domain.consent import appearance, asking, casting
from domain.consent import events as consent
from domain.generation import events as generation
from domain.kernel.catalog import Catalog
from domain.moderation import case_events, clearance, publishing, undoing
from domain.provenance import case
from domain.video import export, video

EVENTS: Final[Catalog] = Catalog().merged(
    account.CATALOG,
    handle.CATALOG,
    notice.CATALOG,
    relations.CATALOG,
    enrolment.CATALOG,
    attempts.CATALOG,
    cameo.CATALOG,
    protection.CATALOG,
    consent.CATALOG,
    asking.CATALOG,
    casting.CATALOG,
    appearance.CATALOG,
    generation.CATALOG,
    video.CATALOG,
    publishing.CATALOG,
    case_events.CATALOG,
    clearance.CATALOG,
    undoing.CATALOG,
    export.CATALOG,
    case.CATALOG,
)
