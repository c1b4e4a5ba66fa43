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
    **dict(zip("łøđħŧæœ", "lodhtao", strict=True)),
}
"""Small letters; æ and œ lose their second half."""

LEET: Final = str.maketrans("01345789@$!|+€£", "oieastbgasiltel")
"""What digits and signs stand for when they replace letters within a word."""
LEET_SIGNS: Final = frozenset("01345789@$!|+€£")
