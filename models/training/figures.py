"""Figures of a ranking, and the calibration fitted to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.risk.emitter import Platt

Margins = NDArray[np.float64]
Labels = NDArray[np.bool_]


def auc(margins: Margins, labels: Labels) -> float:
    """Chance that a random positive ranks above a random negative; ties count half.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    _, place, counts = np.unique(margins, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2.0
    positives = int(labels.sum())
    negatives = len(labels) - positives
    above = float(mean_rank[place][labels].sum()) - positives * (positives + 1) / 2.0
    return above / (positives * negatives)


def average_precision(margins: Margins, labels: Labels) -> float:
    """Mean precision at each positive, the riskiest first.

    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])) == (1 + 2 / 3) / 2
    True
    """
    ranked = labels[np.argsort(-margins, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def precision_at(margins: Margins, labels: Labels, share: float) -> float:
    """Share of positives among the riskiest ``share`` of rows."""
    top = np.argsort(-margins, kind="stable")[: max(int(len(margins) * share), 1)]
    return float(labels[top].mean())


def calibration_error(probabilities: Margins, labels: Labels, bins: int = 15) -> float:
    """Expected calibration error over bins of equal size."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, bins)
    gaps = [abs(float(probabilities[p].mean()) - float(labels[p].mean())) * len(p) for p in parts]
    return sum(gaps) / len(labels)


def fit_platt(margins: Margins, labels: Labels) -> Platt:
    """Slope and shift by Newton's method, with Platt's smoothed targets; four decimals.

    Source: Platt 1999; Lin, Lin and Weng 2007. Rounded, since the last bits of `exp` differ between machines.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    target = np.where(labels, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    columns = np.stack([margins, np.ones_like(margins)])
    # From no slope at all Newton's steps stay short; from a slope that is too steep they overshoot.
    weights = np.array([0.0, np.log((positives + 1.0) / (negatives + 1.0))])
    for _ in range(50):
        p = sigmoid(weights @ columns)
        gradient = columns @ (p - target)
        hessian = (columns * (p * (1.0 - p))) @ columns.T
        weights = weights - np.linalg.solve(hessian, gradient)
    return Platt(round(float(weights[0]), 4), round(float(weights[1]), 4))


def sigmoid(log_odds: Margins) -> Margins:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-log_odds))
