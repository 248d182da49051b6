"""Trains the weights that read chapters out of descriptions: the same bytes on every run.

A softmax over hashed words and n-grams, fitted to all phrases at once by Adam. Only the largest weights are
kept, and each as a step of one byte; what is left of a difference between machines goes with that.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.goods.grams import ROWS, grams, stem
from models.goods.scorer import DESCRIPTION, FORMAT, MOST_WEIGHTS, WEIGHTS
from models.risk.bundle import canonical
from models.training.figures import auc
from models.training.goods.lists import by_chapter
from models.training.vagueness.phrases import LANGUAGES, Portion, lists

NAME = "goods-chapters"
VERSION = "1"
SEED = 20_261_124
DRESSED = 2
"""Portion that are made of an entry besides itself, with words around it that say nothing of its chapter."""
ROUNDS = 24
RATE = 0.08
DECAY = 0.3
HELD_OUT_OF_TEN = 2

CHAPTERS = tuple(by_chapter("en"))

LIMITS = (
    "Every phrase it learnt from is composed from the lists in models/training/goods: what parcels carry, in "
    "English, Chinese and Spanish, by chapter. It knows no other chapter and no heading below it.",
    "It tells that a declared chapter is implausible for a text; it classifies nothing and knows no law.",
    "Where the material decides and the text does not name it, several chapters come out as likely.",
)

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Named:
    """One made description and the place of its chapter in ``CHAPTERS``."""

    text: str
    language: str
    chapter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWeights:
    """Weights as they are shipped: of row ``rows[i]`` for chapter ``of[i]``, ``steps[i]`` times ``unit``."""

    rows: Wholes
    of: Wholes
    steps: Wholes
    unit: float


def phrases(part: Portion, *, dressed: int = DRESSED) -> list[Named]:
    """Every entry of the part bare, and ``dressed`` times among words that any goods may have around them."""
    made: list[Named] = []
    for language in LANGUAGES:
        rng = random.Random(f"{SEED}/{language}/{part.value}")
        words = lists(language, Portion.ALL)
        around = [word for name in _AROUND for word in words[name]]
        blank = "" if language == "zh" else " "
        for place, chapter in enumerate(CHAPTERS):
            for entry in by_chapter(language)[chapter]:
                if not _belongs(entry, part):
                    continue
                made.append(Named(entry, language, place))
                for _ in range(dressed):
                    many = 1 + int(rng.random() * 4)
                    others = [around[int(rng.random() * len(around))] for _ in range(many)]
                    others.insert(int(rng.random() * (len(others) + 1)), entry)
                    made.append(Named(blank.join(others), language, place))
    return made


_AROUND = ("qualities", "realms", "audiences", "traits", "brands", "wearers", "uses", "codes")


def _belongs(entry: str, part: Portion) -> bool:
    named = " ".join(map(stem, entry.lower().split()))
    return part is Portion.ALL or (crc32(named.encode()) % 10 < HELD_OUT_OF_TEN) is (part is Portion.TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sparse:
    """Which row speaks in which phrase, and how loud: phrases [n], everything else one per n-gram."""

    phrase: Wholes
    row: Wholes
    value: Floats
    many: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Sparse:
        hashed = [sorted(grams(text)) for text in texts]
        counts = np.array([len(rows) for rows in hashed], dtype=np.int64)
        phrase = np.repeat(np.arange(len(texts), dtype=np.int64), counts)
        return cls(
            phrase=phrase,
            row=np.array([row for rows in hashed for row in rows], dtype=np.int64),
            value=(1.0 / np.sqrt(np.maximum(counts, 1).astype(np.float64)))[phrase],
            many=len(texts),
        )

    def sums(self, weights: Floats) -> Floats:
        """[chapters, n] from weights [chapters, rows]."""
        # `bincount` adds one after the other: no machine sums in an order of its own.
        spoken = [np.bincount(self.phrase, each[self.row] * self.value, self.many) for each in weights]
        return np.stack(spoken).astype(np.float64)

    def pulls(self, errors: Floats) -> Floats:
        """[chapters, rows] from errors [chapters, n]: the gradient of the weights."""
        pulled = [np.bincount(self.row, each[self.phrase] * self.value, ROWS) for each in errors]
        return np.stack(pulled).astype(np.float64)


def fit(made: Sequence[Named], *, rounds: int = ROUNDS) -> KeptWeights:
    """Weights that are positive where a row speaks for a chapter; the largest ``MOST_WEIGHTS`` of them."""
    data = _Sparse.of([phrase.text for phrase in made])
    places = np.array([phrase.chapter for phrase in made], dtype=np.int64)
    often = np.bincount(places, minlength=len(CHAPTERS)).astype(np.float64)
    # A chapter of few phrases counts for more than they, but not for as much as one of many.
    loud = np.sqrt(often.mean() / np.maximum(often, 1.0))[places]
    wanted = np.eye(len(CHAPTERS))[:, places]
    weights, mean, square = (np.zeros((len(CHAPTERS), ROWS)) for _ in range(3))
    keep_mean, keep_square = 1.0, 1.0
    for _ in range(rounds):
        pull = data.pulls((_shares(data.sums(weights)) - wanted) * loud) + DECAY * weights
        keep_mean, keep_square = keep_mean * 0.9, keep_square * 0.99
        mean *= 0.9
        mean += 0.1 * pull
        pull *= pull
        square *= 0.99
        square += 0.01 * pull
        step = np.sqrt(square / (1.0 - keep_square))
        step += 1e-6
        weights -= (RATE / (1.0 - keep_mean)) * (mean / step)
    return _largest(weights.T)


def _shares(sums: Floats) -> Floats:
    """[chapters, n]: each phrase's add up to 1."""
    odds = np.exp(sums - sums.max(axis=0))
    return np.asarray(odds / odds.sum(axis=0), dtype=np.float64)


def _largest(weights: Floats) -> KeptWeights:
    unit = round(float(np.abs(weights).max()) / 127.0, 6)
    steps = np.clip(np.rint(weights / unit), -127, 127).astype(np.int64)
    # By step, then by place: of equal ones the first are kept, on every machine.
    order = np.argsort(-np.abs(steps).ravel(), kind="stable")[:MOST_WEIGHTS]
    kept = np.sort(order[np.abs(steps).ravel()[order] > 0])
    rows, of = np.divmod(kept, weights.shape[1])
    return KeptWeights(rows=rows, of=of, steps=steps.ravel()[kept], unit=unit)


def _dense(kept: KeptWeights) -> Floats:
    weights = np.zeros((len(CHAPTERS), ROWS))
    weights[kept.of, kept.rows] = kept.steps * kept.unit
    return weights


def measured(kept: KeptWeights, test: Sequence[Named]) -> dict[str, Any]:
    """How often the chapter comes first, and how well true ones are told from the others, by language."""
    shares = _shares(_Sparse.of([phrase.text for phrase in test]).sums(_dense(kept))).T
    places = np.array([phrase.chapter for phrase in test], dtype=np.int64)
    languages = np.array([phrase.language for phrase in test])
    true = np.eye(len(CHAPTERS), dtype=np.bool_)[places]
    figures: dict[str, Any] = {"phrases": len(test)}
    for language in LANGUAGES:
        chosen = languages == language
        first = shares[chosen].argmax(axis=1) == places[chosen]
        figures[language] = {
            "auc": round(auc(shares[chosen].ravel(), true[chosen].ravel()), 3),
            "first": round(float(first.mean()), 3),
        }
    return figures


def build(folder: Path) -> str:
    """Measure on entries that were held out, train on all, write the model and return its digest."""
    files = files_of(fit(phrases(Portion.ALL)), measured(fit(phrases(Portion.TRAIN)), phrases(Portion.TEST)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return hashlib.sha256(files[DESCRIPTION]).hexdigest()


def files_of(kept: KeptWeights, figures: dict[str, Any]) -> dict[str, bytes]:
    """The two files of the model."""
    counts = np.bincount(kept.rows, minlength=ROWS).astype(np.uint8).tobytes()
    packed = counts + kept.of.astype(np.uint8).tobytes() + kept.steps.astype(np.int8).tobytes()
    described = {
        "format": FORMAT,
        "name": NAME,
        "version": VERSION,
        "weights_sha256": hashlib.sha256(packed).hexdigest(),
        "chapters": list(CHAPTERS),
        "unit": kept.unit,
        "figures": figures,
        "limits": list(LIMITS),
    }
    return {WEIGHTS: packed, DESCRIPTION: canonical(described)}
