"""A vector that tells voices apart: a small recurrent network, in numpy.

Architecture and weights are those of Resemblyzer's encoder (weights/README.md); after Wan et al.,
Generalized End-to-End Loss for Speaker Verification, 2018.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.evidence import SAMPLE_RATE
from activities.likeness.listening import speaking

Floats = NDArray[np.float32]

VOICE_SIZE: Final = 256
_MELS, _WINDOW, _HOP = 40, 400, 160
_PART: Final = 160
_PART_STEP: Final = 77
"""In hops of 10 ms: parts of 1.6 s that overlap by half."""
_LOUDNESS: Final = 10 ** (-30 / 20)
_LAYERS: Final = 3
_SPEECH_MIN, _QUIET_MIN = 150, 30
"""In hops: less speech gives no voice, less quiet no noise."""
_KEPT: Final = 0.02


def voice_in(sound: Floats) -> Floats | None:
    """[256], of unit length, of whoever speaks in a recording; None where hardly anybody does.

    Mono, 16 kHz. What is heard in the pauses is taken off what is heard with the voice, for the
    encoder was trained on quiet recordings and takes a room's noise for a part of the voice.
    """
    spectra = mel_spectra(_loud_enough(sound))
    speaks = speaking(sound)
    length = min(len(spectra), len(speaks))
    spectra, speaks = spectra[:length], speaks[:length]
    if speaks.sum() < _SPEECH_MIN:
        return None
    voiced = spectra[speaks]
    if length - speaks.sum() >= _QUIET_MIN:
        noise = spectra[~speaks].mean(0)
        voiced = np.maximum(voiced - noise, _KEPT * voiced)
    return _encoded(np.asarray(voiced, np.float32))


def _encoded(spectra: Floats) -> Floats:
    """[256], of unit length: the mean over parts of [hops, 40]."""
    missing = _PART - len(spectra)
    if missing > 0:
        spectra = np.pad(spectra, ((0, missing), (0, 0)))
    starts = range(0, len(spectra) - _PART + 1, _PART_STEP)
    parts = np.stack([spectra[start : start + _PART] for start in starts])
    weights = _weights()
    state = parts.astype(np.float32)
    for layer in range(_LAYERS):
        state = _recur(state, weights, layer)
    vectors = np.maximum(state[:, -1] @ weights["linear_weight"].T + weights["linear_bias"], 0)
    vectors = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    mean = vectors.mean(0)
    return np.asarray(mean / (np.linalg.norm(mean) + 1e-9), np.float32)


def mel_spectra(sound: Floats) -> Floats:
    """[hops, 40]: power in mel bands (Slaney's scale), every 10 ms over 25 ms."""
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW + 1)[:-1], axis=1)) ** 2
    return np.asarray(power @ _bands().T, np.float32)


def _recur(inputs: Floats, weights: dict[str, Floats], layer: int) -> Floats:
    """One LSTM layer over [batch, steps, size]; gates in the order in, forget, cell, out."""
    into, again = weights[f"lstm_weight_ih_l{layer}"], weights[f"lstm_weight_hh_l{layer}"]
    bias = weights[f"lstm_bias_ih_l{layer}"] + weights[f"lstm_bias_hh_l{layer}"]
    driven = inputs @ into.T + bias
    batch, steps, size = len(inputs), inputs.shape[1], again.shape[1]
    hidden, cell = np.zeros((batch, size), np.float32), np.zeros((batch, size), np.float32)
    outputs = np.empty((batch, steps, size), np.float32)
    for step in range(steps):
        gates = driven[:, step] + hidden @ again.T
        enter, forget, new, leave = np.split(gates, 4, axis=1)
        cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
        hidden = _sigmoid(leave) * np.tanh(cell)
        outputs[:, step] = hidden
    return outputs


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float32)


def _loud_enough(sound: Floats) -> Floats:
    loud = float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0
    return sound if loud >= _LOUDNESS or loud == 0 else sound * np.float32(_LOUDNESS / loud)


@cache
def _weights() -> dict[str, Floats]:
    with np.load(models.speaker_path(), allow_pickle=False) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


@cache
def _bands() -> Floats:
    """[40, 201]: triangles of equal area on Slaney's mel scale, from 0 to 8 kHz."""
    edges = _hertz(np.linspace(_mel(0.0), _mel(SAMPLE_RATE / 2), _MELS + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return np.asarray(triangles, np.float32)


_LINEAR: Final = 200 / 3
_BEND_HERTZ, _BEND_MEL = 1000.0, 15.0
_LOG_STEP: Final = float(np.log(6.4) / 27)


def _mel(hertz: float) -> float:
    if hertz < _BEND_HERTZ:
        return hertz / _LINEAR
    return _BEND_MEL + float(np.log(hertz / _BEND_HERTZ)) / _LOG_STEP


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    bent = _BEND_HERTZ * np.exp((mel - _BEND_MEL) * _LOG_STEP)
    return np.asarray(np.where(mel < _BEND_MEL, mel * _LINEAR, bent))
