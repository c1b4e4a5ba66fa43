"""What was taken down goes from where addresses lead, so that those given out before end with it.

An address can be used for some minutes without anybody being asked again. The bytes are kept all
the same, for whoever has to answer for them, in a room to which no route leads.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from activities.ledger import Ledger
from activities.provenance.ports import Register
from domain.kernel.ports import ObjectMissing, ObjectStore
from domain.video.export import EXPORT, Completed
from domain.video.media import Rendition

WITHHELD: Final = "withheld"


def withheld_key(key: str) -> str:
    """Where a served file lies once it is withheld."""
    return f"{WITHHELD}/{key}"


async def withhold_video(
    store: ObjectStore, ledger: Ledger, register: Register, video_id: str, rendition: Rendition
) -> None:
    """Withhold the files of a video that was taken down, and every copy of it that left.

    Safe to repeat; what is gone already is passed over. A copy that is not completed by now never
    will be, and nobody has an address of it. Raises StoreUnavailable.
    """
    keys = [rendition.film.key, rendition.poster.key, rendition.contact_sheet.key]
    for export_id in await register.copies(video_id):
        export = (await ledger.state(EXPORT, export_id)).state
        if isinstance(export, Completed):
            keys.append(export.film.key)
    for key in keys:
        with suppress(ObjectMissing):  # withheld before
            await store.copy(key, withheld_key(key))
            await store.delete(key)
