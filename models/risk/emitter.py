"""Writes a tree ensemble as ONNX, byte by byte: the same ensemble always gives the same file.

The graph: ``features`` [N, F] → TreeEnsembleRegressor → ``paths`` [N, 1 + F] (margin, then what each feature
added on its way) → Gemm and Sigmoid (Platt scaling) → ``probability`` [N, 1].

Source: onnx/onnx.proto (field numbers), ai.onnx.ml version 3 TreeEnsembleRegressor, ai.onnx opset 18.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.risk.trees import Ensemble, Node, Split

IR_VERSION = 9
OPSET = 18
OPSET_ML = 3

_FLOAT = 1  # TensorProto.DataType
_ATTRIBUTE_INT, _ATTRIBUTE_STRING = 2, 3  # AttributeProto.AttributeType
_ATTRIBUTE_FLOATS, _ATTRIBUTE_INTS, _ATTRIBUTE_STRINGS = 6, 7, 8


@dataclass(frozen=True, slots=True)
class Platt:
    """probability = 1 / (1 + exp(-(slope · margin + shift)))."""

    slope: float
    shift: float


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _floats(values: Iterable[float]) -> bytes:
    return b"".join(struct.pack("<f", value) for value in values)


def _attribute_ints(name: str, values: Iterable[int]) -> bytes:
    packed = b"".join(map(_varint, values))
    return _bytes(1, name) + _bytes(8, packed) + _int(20, _ATTRIBUTE_INTS)


def _attribute_floats(name: str, values: Iterable[float]) -> bytes:
    return _bytes(1, name) + _bytes(7, _floats(values)) + _int(20, _ATTRIBUTE_FLOATS)


def _attribute_strings(name: str, values: Iterable[str]) -> bytes:
    return _bytes(1, name) + b"".join(_bytes(9, v) for v in values) + _int(20, _ATTRIBUTE_STRINGS)


def _attribute_int(name: str, value: int) -> bytes:
    return _bytes(1, name) + _int(3, value) + _int(20, _ATTRIBUTE_INT)


def _attribute_string(name: str, value: str) -> bytes:
    return _bytes(1, name) + _bytes(4, value) + _int(20, _ATTRIBUTE_STRING)


def _node(
    op: str, inputs: Sequence[str], output: str, attributes: Iterable[bytes] = (), domain: str = ""
) -> bytes:
    body = (
        b"".join(_bytes(1, name) for name in inputs) + _bytes(2, output) + _bytes(3, output) + _bytes(4, op)
    )
    return body + b"".join(_bytes(5, attribute) for attribute in attributes) + _bytes(7, domain)


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    dims = b"".join(_int(1, size) for size in shape)
    return dims + _int(2, _FLOAT) + _bytes(8, name) + _bytes(9, _floats(values))


def _value(name: str, columns: int) -> bytes:
    """A float tensor of any number of rows."""
    shape = _bytes(1, _bytes(2, "rows")) + _bytes(1, _int(1, columns))
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, _FLOAT) + _bytes(2, shape)))


@dataclass(slots=True)
class _Columns:
    """The parallel arrays in which ONNX keeps trees."""

    tree: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    mode: list[str] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    nan_left: list[int] = field(default_factory=list)
    target_tree: list[int] = field(default_factory=list)
    target_node: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)

    def add(self, tree: int, number: int, node: Node, added: dict[int, float]) -> int:
        """Append ``node`` and all below it, numbered from ``number``; return the next free number."""
        self.tree.append(tree)
        self.node.append(number)
        self.mode.append("BRANCH_LEQ" if isinstance(node, Split) else "LEAF")
        if not isinstance(node, Split):
            for column in (self.feature, self.left, self.right, self.nan_left):
                column.append(0)
            self.value.append(0.0)
            for target, weight in [(0, node.value), *sorted(added.items())]:
                self.target_tree.append(tree)
                self.target_node.append(number)
                self.target.append(target)
                self.weight.append(weight)
            return number + 1
        self.feature.append(node.feature)
        self.value.append(node.threshold)
        self.nan_left.append(int(node.nan_left))
        self.left.append(number + 1)
        place = len(self.right)
        self.right.append(0)  # known once the left side is numbered
        target = 1 + node.feature
        so_far = added.get(target, 0.0)
        with_left = added | {target: so_far + node.left.value - node.value}
        with_right = added | {target: so_far + node.right.value - node.value}
        self.right[place] = self.add(tree, number + 1, node.left, with_left)
        return self.add(tree, self.right[place], node.right, with_right)

    def attributes(self, targets: int) -> list[bytes]:
        return [
            _attribute_int("n_targets", targets),
            _attribute_string("aggregate_function", "SUM"),
            _attribute_string("post_transform", "NONE"),
            _attribute_ints("nodes_treeids", self.tree),
            _attribute_ints("nodes_nodeids", self.node),
            _attribute_ints("nodes_featureids", self.feature),
            _attribute_strings("nodes_modes", self.mode),
            _attribute_floats("nodes_values", self.value),
            _attribute_ints("nodes_truenodeids", self.left),
            _attribute_ints("nodes_falsenodeids", self.right),
            _attribute_ints("nodes_missing_value_tracks_true", self.nan_left),
            _attribute_ints("target_treeids", self.target_tree),
            _attribute_ints("target_nodeids", self.target_node),
            _attribute_ints("target_ids", self.target),
            _attribute_floats("target_weights", self.weight),
        ]


def emit(ensemble: Ensemble, platt: Platt) -> bytes:
    """The ONNX file of ``ensemble`` with its calibration."""
    targets = 1 + ensemble.features
    columns = _Columns()
    for tree, root in enumerate(ensemble.trees):
        columns.add(tree, 0, root, {})
    nodes = (
        _node(
            "TreeEnsembleRegressor", ["features"], "paths", columns.attributes(targets), domain="ai.onnx.ml"
        ),
        _node("Gemm", ["paths", "slope", "shift"], "log_odds"),
        _node("Sigmoid", ["log_odds"], "probability"),
    )
    graph = (
        b"".join(_bytes(1, node) for node in nodes)
        + _bytes(2, "risk")
        + _bytes(5, _tensor("slope", (targets, 1), [platt.slope, *[0.0] * ensemble.features]))
        + _bytes(5, _tensor("shift", (1,), [platt.shift]))
        + _bytes(11, _value("features", ensemble.features))
        + _bytes(12, _value("probability", 1))
        + _bytes(12, _value("paths", targets))
    )
    opsets = (("", OPSET), ("ai.onnx.ml", OPSET_ML))
    return (
        _int(1, IR_VERSION)
        + _bytes(2, "preclear")
        + _bytes(7, graph)
        + b"".join(_bytes(8, _bytes(1, domain) + _int(2, version)) for domain, version in opsets)
    )
