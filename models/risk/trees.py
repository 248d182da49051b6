"""A boosted tree ensemble as plain values, and what each feature adds along a row's path.

Pure. Every number lies on a grid of 2^-16, so that sums below 128 are exact in float32 in any order: the
margin, its contributions and their total agree to the last bit on every machine.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf, isnan, nextafter
from typing import Any

from models.errors import ModelNotEmittable

GRID = 2.0**-16
"""Spacing of leaf and node values, in log-odds."""

_FLOAT32_MAX = 3.4028234663852886e38

_DUMPED_INFINITY = 1e300
_ZERO = 1.0000000180025095e-35  # LightGBM's kZeroThreshold, a float32


def on_grid(value: float) -> float:
    """The nearest multiple of ``GRID``; ties to even."""
    return round(value / GRID) * GRID


def floor32(value: float) -> float:
    """The largest float32 that is not above ``value``.

    For a float32 x, ``x <= value`` holds exactly when ``x <= floor32(value)``; rounding to nearest instead
    sends rows on the threshold to the other branch.

    >>> floor32(0.1) < 0.1 and floor32(0.5) == 0.5
    True
    """
    if isinf(value) or value < -_FLOAT32_MAX:
        return inf if value > 0.0 else -inf
    if value >= _FLOAT32_MAX:
        return _FLOAT32_MAX
    nearest = float(struct.unpack("<f", struct.pack("<f", value))[0])
    if nearest <= value:
        return nearest
    bits = struct.unpack("<I", struct.pack("<f", nearest))[0]
    if nearest > 0.0:
        bits -= 1
    else:
        bits = 0x80000001 if nearest == 0.0 else bits + 1
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a path; ``value`` in log-odds."""

    value: float
    cover: int


@dataclass(frozen=True, slots=True)
class Split:
    """Goes left when ``row[feature] <= threshold``, or on NaN when ``nan_left``.

    ``value`` is the mean of the leaves below, weighted by the training rows that reached them.
    """

    feature: int
    threshold: float
    nan_left: bool
    left: Node
    right: Node
    value: float
    cover: int


Node = Leaf | Split


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Trees whose outputs are added."""

    trees: tuple[Node, ...]
    features: int

    @property
    def base(self) -> float:
        """The margin before any feature is looked at: the sum of the roots' values."""
        return sum(tree.value for tree in self.trees)

    def thresholds(self) -> Iterator[tuple[int, float]]:
        """Every (feature, threshold) of the ensemble."""
        open_nodes = list(self.trees)
        while open_nodes:
            node = open_nodes.pop()
            if isinstance(node, Split):
                yield node.feature, node.threshold
                open_nodes += (node.left, node.right)

    def paths(self, row: Sequence[float]) -> list[float]:
        """Margin, then the contribution of each feature (Saabas): margin = base + their sum."""
        sums = [0.0] * (1 + self.features)
        for tree in self.trees:
            node = tree
            while isinstance(node, Split):
                x = row[node.feature]
                below = node.left if (node.nan_left if isnan(x) else x <= node.threshold) else node.right
                sums[1 + node.feature] += below.value - node.value
                node = below
            sums[0] += node.value
        return sums


def from_lightgbm(dump: Mapping[str, Any]) -> Ensemble:
    """Read ``Booster.dump_model()``.

    Raises:
        ModelNotEmittable: Categorical splits, ``zero_as_missing``, linear leaves, several classes.
    """
    if dump["num_tree_per_iteration"] != 1:
        raise ModelNotEmittable("a model of several classes")
    trees = tuple(_node(tree["tree_structure"]) for tree in dump["tree_info"])
    return Ensemble(trees, int(dump["max_feature_idx"]) + 1)


def _node(raw: Mapping[str, Any]) -> Node:
    if "leaf_value" in raw:
        if raw.get("leaf_coeff"):
            raise ModelNotEmittable("a linear leaf")
        return Leaf(on_grid(raw["leaf_value"]), int(raw.get("leaf_count", 1)))
    if raw["decision_type"] != "<=":
        raise ModelNotEmittable(f"a split of type {raw['decision_type']}")
    if raw["missing_type"] not in {"NaN", "None"}:
        raise ModelNotEmittable(f"missing type {raw['missing_type']}")
    left, right = _node(raw["left_child"]), _node(raw["right_child"])
    threshold = _threshold(float(raw["threshold"]))
    # Without NaN in training, LightGBM reads a later NaN as zero.
    nan_left = bool(raw["default_left"]) if raw["missing_type"] == "NaN" else threshold >= 0.0
    cover = left.cover + right.cover
    mean = on_grid((left.value * left.cover + right.value * right.cover) / cover)
    return Split(int(raw["split_feature"]), threshold, nan_left, left, right, mean, cover)


def _threshold(dumped: float) -> float:
    """The float32 that splits as LightGBM does when it predicts, rather than as its dump reads."""
    if abs(dumped) >= _DUMPED_INFINITY:
        # A split of NaN from all else has an infinite threshold, which a dump writes as 1e300.
        return inf if dumped > 0.0 else -inf
    if abs(dumped) <= _ZERO:
        # Values this near to zero are read as zero: all of them go where zero goes.
        return _ZERO if dumped >= 0.0 else floor32(nextafter(-_ZERO, -inf))
    return floor32(dumped)
