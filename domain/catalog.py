"""Every event that Callsheet knows, in one catalogue."""

from __future__ import annotations

from typing import Final

from domain.account import account, notice
from domain.generation import events as generation
from domain.kernel.catalog import Catalog
from domain.video import video

EVENTS: Final[Catalog] = Catalog().merged(
    account.CATALOG, notice.CATALOG, generation.CATALOG, video.CATALOG
)
