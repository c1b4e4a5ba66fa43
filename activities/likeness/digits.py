"""Digits: which number of a known length was said, by a recogniser that knows ten words.

The recogniser assumes a throat of usual length; it listens again as to a longer and a shorter one,
then to the recording played more slowly, as whoever speaks high or fast has to be, and then to it
with its steady noise taken out, while nobody was understood. Nothing is forgiven: the number is
right or it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any, Final

import av
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
SLOWER: Final = 1.15
"""How much longer the recording lasts when it is played slowly: all its pitches fall with it."""
SLOW_THROATS: Final = (1.0, 1.22, 0.87)
CLEANED_THROATS: Final = (1.0, 1.1, 0.93)
"""The same for the recording without its noise, whose voices are left a little changed."""
_WINDOW: Final = 512
_QUIET: Final = 15
_GAIN_MIN: Final = 0.02
_LISTENING: Final = Lock()


def readings(sound: NDArray[np.float32], length: int) -> Iterator[str]:
    """What was understood, one reading per throat; "" where nothing was. Mono, 16 kHz."""
    for throat in THROATS:
        yield _understood(sound, length, throat)
    slow = slowly(sound)
    for throat in SLOW_THROATS:
        yield _understood(slow, length, throat)
    if len(sound) > _WINDOW:
        cleaned = without_noise(sound)
        for throat in CLEANED_THROATS:
            yield _understood(cleaned, length, throat)


def slowly(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound as it is when it is played ``SLOWER``: more samples, and every pitch lower."""
    frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    resampler = av.AudioResampler(format="flt", layout="mono", rate=round(SLOWER * SAMPLE_RATE))
    pieces = [
        each.to_ndarray()[0] for each in (*resampler.resample(frame), *resampler.resample(None))
    ]
    return np.asarray(np.concatenate(pieces), np.float32)


def without_noise(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound with its steady noise subtracted from the spectrum, as long as before.

    What the quieter moments hold at a frequency is its noise (Boll, Suppression of acoustic noise
    in speech using spectral subtraction, 1979).
    """
    hop, window = _WINDOW // 4, np.hanning(_WINDOW)
    padded = np.pad(sound, _WINDOW)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
    told = np.fft.rfft(pieces * window)
    power = np.abs(told) ** 2
    noise = 2 * np.percentile(power, _QUIET, axis=0)
    gain = np.sqrt(np.maximum(1 - noise / np.maximum(power, 1e-12), _GAIN_MIN))
    cleaned, weight = np.zeros(len(padded)), np.zeros(len(padded))
    for number, piece in enumerate(np.fft.irfft(told * gain) * window):
        where = slice(number * hop, number * hop + _WINDOW)
        cleaned[where] += piece
        weight[where] += window**2
    whole = cleaned / np.maximum(weight, 1e-3)
    return np.asarray(whole[_WINDOW : _WINDOW + len(sound)], np.float32)


def _understood(sound: NDArray[np.float32], length: int, throat: float) -> str:
    level = float(np.abs(sound).max()) if len(sound) else 0.0
    pcm = (sound * (0.7 / max(level, 1e-6)) * 32767).astype(np.int16).tobytes()
    with _LISTENING:  # a decoder listens to one voice at a time
        decoder = _decoder(length, throat)
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        heard = decoder.hyp()
    words = heard.hypstr.split() if heard is not None else []
    return "".join(WORDS.get(word, "") for word in words)


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
