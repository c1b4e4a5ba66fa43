"""Digits: which number of a known length was said, by a recogniser that knows ten words.

The recogniser assumes a throat of usual length; it listens again as to a longer and a shorter one
while nobody was understood. Nothing is forgiven: the number is right or it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from activities.likeness.evidence import SAMPLE_RATE

WORDS: Final = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
THROATS: Final = (1.0, 1.15, 0.87)
"""Factors by which the frequencies are bent, the usual throat first."""
_LISTENING: Final = Lock()


def readings(sound: NDArray[np.float32], length: int) -> Iterator[str]:
    """What was understood, one reading per throat; "" where nothing was. Mono, 16 kHz."""
    level = float(np.abs(sound).max()) if len(sound) else 0.0
    pcm = (sound * (0.7 / max(level, 1e-6)) * 32767).astype(np.int16).tobytes()
    for throat in THROATS:
        with _LISTENING:  # a decoder listens to one voice at a time
            decoder = _decoder(length, throat)
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            heard = decoder.hyp()
        words = heard.hypstr.split() if heard is not None else []
        yield "".join(WORDS.get(word, "") for word in words)


@cache
def _decoder(length: int, throat: float) -> Any:
    bent = {} if throat == 1.0 else {"warp_type": "inverse_linear", "warp_params": str(throat)}
    decoder = Decoder(samprate=SAMPLE_RATE, lm=None, loglevel="FATAL", cmn="batch", **bent)
    grammar = (
        f"#JSGF V1.0; grammar number; public <said> = {'<digit> ' * length};"
        f" <digit> = {' | '.join(WORDS)};"
    )
    decoder.add_jsgf_string("number", grammar)
    decoder.activate_search("number")
    return decoder
