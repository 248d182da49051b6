"""Trains the weights of the vagueness score: the same bytes on every run.

A linear model under squared hinge loss, fitted to all phrases at once by Adam. Only ``+ - * /``, roots and
sums in a fixed order are used, which every machine rounds alike; what is left of a difference goes when the
weights become float16.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.risk.bundle import canonical
from models.risk.emitter import Platt
from models.training.figures import auc, calibration_error, fit_platt, sigmoid
from models.training.vagueness.phrases import LANGUAGES, Phrase, Portion, phrases
from models.vagueness.grams import BUCKETS, grams
from models.vagueness.scorer import DESCRIPTION, FORMAT, WEIGHTS

NAME = "description-vagueness"
VERSION = "2"
ROUNDS = 80
RATE = 0.05
DECAY = 3.0
RECALL = 0.80

LIMITS = (
    "Every phrase it learnt from is composed from the lists in models/training/vagueness and goods. A word "
    "that they do not hold is judged by its likeness to those they hold.",
    "English, Chinese and Spanish; a text in another language comes out near the middle.",
    "It reads words, not goods: a precise description of other goods than those in the parcel is precise.",
    "A score asks for a better description; it refuses nothing, clears nothing and says nothing of a person.",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Weights [2^15] as they are shipped, their calibration, and what they do on words they never saw."""

    weights: NDArray[np.float16]
    platt: Platt
    figures: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sparse:
    rows: NDArray[np.int64]
    buckets: NDArray[np.int64]
    values: Floats
    vague: NDArray[np.bool_]

    @classmethod
    def of(cls, made: Sequence[Phrase]) -> _Sparse:
        hashed = [sorted(grams(phrase.text)) for phrase in made]
        counts = np.array([len(buckets) for buckets in hashed], dtype=np.int64)
        rows = np.repeat(np.arange(len(made), dtype=np.int64), counts)
        return cls(
            rows=rows,
            buckets=np.array([bucket for buckets in hashed for bucket in buckets], dtype=np.int64),
            values=(1.0 / np.sqrt(counts.astype(np.float64)))[rows],
            vague=np.array([phrase.vague for phrase in made], dtype=np.bool_),
        )

    def margins(self, weights: Floats) -> Floats:
        # `bincount` adds one after the other: no machine sums in an order of its own.
        spoken = weights[self.buckets] * self.values
        return np.bincount(self.rows, spoken, len(self.vague)).astype(np.float64)


def fit(made: Sequence[Phrase], *, rounds: int = ROUNDS) -> NDArray[np.float16]:
    """Weights that are positive where n-grams speak for a vague description."""
    data = _Sparse.of(made)
    wanted = np.where(data.vague, 1.0, -1.0)
    weights, mean, square = np.zeros(BUCKETS), np.zeros(BUCKETS), np.zeros(BUCKETS)
    keep_mean, keep_square = 1.0, 1.0
    for _ in range(rounds):
        slack = np.maximum(0.0, 1.0 - wanted * data.margins(weights))
        pull = (-2.0 * wanted * slack)[data.rows] * data.values
        gradient = np.bincount(data.buckets, pull, BUCKETS) + DECAY * weights
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * (gradient * gradient)
        keep_mean, keep_square = keep_mean * 0.9, keep_square * 0.99
        step = (mean / (1.0 - keep_mean)) / (np.sqrt(square / (1.0 - keep_square)) + 1e-6)
        weights = weights - RATE * step
    return weights.astype(np.float16)


def learn() -> Learnt:
    """Fit on four fifths of every list and measure on the rest; then fit on all for what is shipped."""
    test = phrases(Portion.TEST, draws=3_000)
    data = _Sparse.of(test)
    margins = data.margins(fit(phrases(Portion.TRAIN)).astype(np.float64))
    platt = fit_platt(margins, data.vague)
    languages = np.array([phrase.language for phrase in test])
    lengths = np.array([-float(len(phrase.text)) for phrase in test])
    everything = phrases(Portion.ALL)
    figures: dict[str, object] = {
        "phrases": {"shipped": len(everything), "test": len(test)},
        "auc": _short(auc(margins, data.vague)),
        "auc_by_language": {
            language: _short(auc(margins[languages == language], data.vague[languages == language]))
            for language in LANGUAGES
        },
        "auc_of_length_alone": _short(auc(lengths, data.vague)),
        "precision_at_recall_80": _short(precision_at_recall(margins, data.vague, RECALL)),
        "calibration_error": _short(
            calibration_error(sigmoid(platt.slope * margins + platt.shift), data.vague)
        ),
    }
    return Learnt(weights=fit(everything), platt=platt, figures=figures)


def precision_at_recall(margins: Floats, vague: NDArray[np.bool_], recall: float) -> float:
    """Portion of vague ones among all that score as high as the ``recall``-th of the vague ones."""
    ranked = np.sort(margins[vague])[::-1]
    threshold = ranked[max(int(np.ceil(recall * len(ranked))) - 1, 0)]
    return float(vague[margins >= threshold].mean())


def files_of(learnt: Learnt) -> dict[str, bytes]:
    """The two files of the model."""
    packed = learnt.weights.astype("<f2").tobytes()
    described = {
        "format": FORMAT,
        "name": NAME,
        "version": VERSION,
        "weights_sha256": hashlib.sha256(packed).hexdigest(),
        "slope": learnt.platt.slope,
        "shift": learnt.platt.shift,
        "figures": learnt.figures,
        "limits": list(LIMITS),
    }
    return {WEIGHTS: packed, DESCRIPTION: canonical(described)}


def build(folder: Path) -> str:
    """Train, write the model into ``folder``, and return its digest."""
    files = files_of(learn())
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return hashlib.sha256(files[DESCRIPTION]).hexdigest()


def _short(value: float) -> float:
    return round(value, 3)
