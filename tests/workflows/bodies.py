"""The real activities of cameos and consent for tests, with the told examiner behind them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from activities.account.telling import TellingActivities
from activities.cameo.enrolment import EnrolmentActivities
from activities.cameo.examination import ExaminationActivities
from activities.cameo.freezing import FreezingActivities
from activities.cameo.keeping import KeepingActivities
from activities.cameo.ports import CameoIndex, Gallery
from activities.cameo.receipt import ReceiptActivities
from activities.cameo.rescore import RescoringActivities
from activities.consent.asking import AskingActivities
from activities.consent.desk import ConsentDesk
from activities.ledger import Ledger
from activities.moderation.hearing import HearingActivities
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from tests.workflows.examiner import told_again, told_later, told_what

Bodies = list[Callable[..., Any]]


class CameoBodies:
    """Bodies by the queue that serves them."""

    def __init__(
        self,
        ledger: Ledger,
        store: ObjectStore,
        vault: Vault,
        gallery: Gallery,
        index: CameoIndex,
        desk: ConsentDesk,
        scratch: Path,
    ) -> None:
        self.decisions: Bodies = [
            *TellingActivities(ledger).bodies,
            *EnrolmentActivities(ledger, secrets.token_bytes).bodies,
            *FreezingActivities(ledger).bodies,
            *AskingActivities(ledger, desk).bodies,
            *HearingActivities(ledger).bodies,
        ]
        self.io: Bodies = [
            *ReceiptActivities(store, ledger, vault, gallery, scratch).bodies,
            *KeepingActivities(store, ledger, vault, gallery).bodies,
        ]
        rescoring = RescoringActivities(store, ledger, vault, gallery, index, told_later, scratch)
        self.io.append(rescoring.list_cameos)
        self.media: Bodies = [
            *ExaminationActivities(
                store, ledger, vault, gallery, told_what, told_again, scratch
            ).bodies,
            rescoring.rescore_cameo,
        ]
