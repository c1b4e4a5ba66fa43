"""Letters of other scripts, and digits, that are drawn like Latin letters.

Chosen by eye for what appears in ordinary fonts; Unicode's whole table of confusables would also
turn ordinary Russian or Greek into nonsense.
"""

from __future__ import annotations

from typing import Final

LOOKS_LATIN: Final = {
    **dict(zip("авеіјкмнорсѕтухһԁԛԝзьёєї", "abeijkmhopcstyxhdqw3beei", strict=True)),
    **dict(zip("αβεηικνορτυχγωζκϲ", "abenikvoptuxywzkc", strict=True)),
    **dict(zip("օսոհցզ", "ounhgq", strict=True)),
    **dict(zip("ɑɡıʟʀɴᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ", "agilrnacdejkmoptuvwz", strict=True)),
    **dict(zip("ʙɢʜɪʏꜰꜱꞯ", "bghiyfsq", strict=True)),
    **dict(zip("łøđħŧæœ", "lodhtao", strict=True)),
}
"""Small letters; æ and œ lose their second half."""

SMALL_CAPITALS: Final = frozenset("ʙɢʜɪʟɴʀʏᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜰꜱꞯ")
"""No language writes a word with these alone."""

IN_SIGNS: Final = {
    first + place: chr(ord("a") + place) for first in (0x1F150, 0x1F170) for place in range(26)
}
"""Letters in black circles and squares, which Unicode's simplest form leaves as they are."""

UNSEEN: Final = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f")
"""Fillers and choosers of shapes: letters or marks by their kind, and seen by nobody."""

LEET: Final = str.maketrans("01345789@$!|+€£", "oieastbgasiltel")
"""What digits and signs stand for when they replace letters within a word."""
LEET_SIGNS: Final = frozenset("01345789@$!|+€£")
