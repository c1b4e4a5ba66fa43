"""What the doors lead to: everything that the API asks, handed in once when it is built."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fastapi import Request
from temporalio.client import Client

from activities.consent.desk import ConsentDesk
from activities.consent.office import CastingOffice
from activities.ledger import Ledger
from activities.moderation.policies import PolicyDesk
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from infra.api.idempotency import Idempotency
from infra.api.keys import ClientKeys
from infra.clock import Clock
from infra.identity import Draw
from infra.provenance.addresses import Fetcher
from infra.provenance.verifier import Verifier
from infra.pseudonyms import Pseudonyms
from infra.receipts import ReceiptKeys
from infra.telemetry.metrics import Metrics
from projections.appearances import AppearancesReader
from projections.asks import AsksReader
from projections.cameos import CameosReader
from projections.enrolments import EnrolmentsReader
from projections.feed import FeedReader
from projections.generations import GenerationsReader
from projections.moderation import ModerationReader
from projections.notices import NoticesReader
from projections.provenance_cases import ProvenanceCasesReader
from projections.rules import RulesReader
from projections.undos import UndosReader

if TYPE_CHECKING:
    from infra.api.auth import OpenAccounts
    from infra.api.deadlines import Part
    from infra.api.progress import Watchers
    from infra.api.turnstile import Turnstile


@dataclass(frozen=True)
class Limits:
    """How large, how long and how often. Sizes in bytes, times in seconds."""

    body_bytes_max: int = 256 * 1024
    body_seconds_max: float = 15.0
    recording_seconds_max: float = 10.0
    """How long a request waits until its workflow says that it is recorded."""
    cancelling_seconds_max: float = 10.0
    readiness_seconds_max: float = 2.0
    projection_seconds_max: float = 0.3
    """How long a read waits for the read model, before the log answers instead."""
    catch_up_seconds_max: float = 2.0
    """The same where the log cannot answer alone."""
    watch_seconds: float = 0.4
    """Between two looks at a generation that somebody watches."""
    silence_seconds_max: float = 10.0
    """After so long without news an event stream says that it is alive."""
    stream_seconds_max: float = 3600.0
    address_seconds: int = 300
    """How long an address of a video's file can be used."""
    verify_bytes_max: int = 256 << 20
    verify_upload_seconds_max: float = 120.0
    verify_film_seconds_max: float = 120.0
    """How much of a film is looked at."""
    verify_waiting_seconds_max: float = 30.0
    """How long a file waits for its turn to be looked at."""
    verify_burst: int = 10
    verify_a_minute: float = 6.0
    verify_inside_max: int = 8
    verify_working_max: int = 2


@dataclass(frozen=True)
class Doors:
    """The parts behind the API; ``checks`` answer whether each can be reached."""

    client: Client
    ledger: Ledger
    generations: GenerationsReader
    feed: FeedReader
    notices: NoticesReader
    cameos: CameosReader
    enrolments: EnrolmentsReader
    asks: AsksReader
    appearances: AppearancesReader
    moderation: ModerationReader
    rules: RulesReader
    undos: UndosReader
    provenance_cases: ProvenanceCasesReader
    policies: PolicyDesk
    vault: Vault
    office: CastingOffice
    receipt_keys: ReceiptKeys
    pseudonyms: Pseudonyms
    store: ObjectStore
    idempotency: Idempotency
    keys: ClientKeys
    clock: Clock
    draw: Draw
    accounts: OpenAccounts
    watchers: Watchers
    metrics: Metrics
    verifier: Verifier
    fetcher: Fetcher
    turnstile: Turnstile
    scratch: Path
    checks: Mapping[Part, Callable[[], Awaitable[object]]]
    limits: Limits = field(default_factory=Limits)

    @property
    def desk(self) -> ConsentDesk:
        """Where a cast that is known by its cameos is checked."""
        return self.office.desk


def doors_of(request: Request) -> Doors:
    """The doors of the application that serves a request."""
    return cast(Doors, request.app.state.doors)
