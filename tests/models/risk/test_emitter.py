"""Trees as values, and the ONNX file made of them."""

from __future__ import annotations

from math import inf, isnan, nan
from typing import Any

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import ModelNotEmittable
from models.risk.emitter import Platt, emit
from models.risk.trees import GRID, Ensemble, Leaf, Node, Split, floor32, from_lightgbm, on_grid

FEATURES = 3
PLATT = Platt(0.9, -0.25)

grid = st.integers(-(2**18), 2**18).map(lambda n: n * GRID)
numbers32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
leaves = st.builds(Leaf, grid, st.integers(1, 99))


def splits(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    features = st.integers(0, FEATURES - 1)
    thresholds = numbers32 | st.sampled_from([inf, -inf, 0.0])
    return st.builds(Split, features, thresholds, st.booleans(), below, below, grid, st.integers(2, 99))


ensembles = st.lists(st.recursive(leaves, splits, max_leaves=12), min_size=1, max_size=4).map(
    lambda trees: Ensemble(tuple(trees), FEATURES)
)


def run(ensemble: Ensemble, rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(emit(ensemble, PLATT), options, providers=["CPUExecutionProvider"])
    probability, paths = session.run(["probability", "paths"], {"features": rows})
    return probability, paths


def edges(ensemble: Ensemble) -> NDArray[np.float32]:
    """Rows on every threshold, one step beside it, and at the odd values."""
    values = {0.0, -0.0, nan, inf, -inf, 1.0}
    for _, threshold in ensemble.thresholds():
        exact = np.float32(threshold)
        values |= {
            float(exact),
            float(np.nextafter(exact, np.float32(inf))),
            float(np.nextafter(exact, np.float32(-inf))),
        }
    pool = np.array(sorted(values, key=repr), dtype=np.float32)
    picks = np.random.default_rng(7).integers(len(pool), size=(200, FEATURES))
    return pool[picks]


@given(ensemble=ensembles)
@settings(max_examples=60, deadline=None)
def test_the_runtime_gives_what_the_trees_say_to_the_last_bit(ensemble: Ensemble) -> None:
    with np.errstate(over="ignore", under="ignore"):
        rows = edges(ensemble)
    _, paths = run(ensemble, rows)
    assert paths.tolist() == [ensemble.paths(row) for row in rows.tolist()]


def test_the_probability_is_the_calibrated_margin() -> None:
    ensemble = Ensemble((Split(0, 0.5, False, Leaf(-2.0, 1), Leaf(1.5, 1), -0.25, 2),), FEATURES)
    probability, paths = run(ensemble, np.array([[0.0, 0, 0], [1.0, 0, 0]], dtype=np.float32))
    assert paths[:, 0].tolist() == [-2.0, 1.5]
    expected = 1 / (1 + np.exp(-(0.9 * np.array([-2.0, 1.5]) - 0.25)))
    np.testing.assert_allclose(probability[:, 0], expected, atol=1e-6)


def test_contributions_add_up_to_margin_less_base() -> None:
    inner = Split(1, 0.0, True, Leaf(1.0, 1), Leaf(3.0, 1), 2.0, 2)
    ensemble = Ensemble((Split(0, 0.5, False, Leaf(-2.0, 2), inner, 0.0, 4), Leaf(0.5, 4)), FEATURES)
    margin, *contributions = ensemble.paths([1.0, nan, 0.0])
    assert margin == 1.5
    assert contributions == [2.0, -1.0, 0.0]
    assert ensemble.base + sum(contributions) == margin


def test_the_same_ensemble_always_gives_the_same_bytes() -> None:
    ensemble = Ensemble((Leaf(0.5, 1),), FEATURES)
    assert emit(ensemble, PLATT) == emit(ensemble, PLATT)


@given(threshold=st.floats(min_value=-3e38, max_value=3e38), x=numbers32)
def test_a_floored_threshold_splits_float32_as_the_exact_one_does(threshold: float, x: float) -> None:
    floored = floor32(threshold)
    assert np.float32(floored) == floored
    assert (x <= floored) == (x <= threshold)


@given(threshold=st.floats(min_value=-3e38, max_value=3e38))
def test_the_next_float32_above_a_floored_threshold_is_above_the_exact_one(threshold: float) -> None:
    with np.errstate(under="ignore", over="ignore"):
        above = float(np.nextafter(np.float32(floor32(threshold)), np.float32(inf)))
    assert above > threshold


@pytest.mark.parametrize(
    ("threshold", "floored"),
    [(inf, inf), (1e300, float(np.finfo(np.float32).max)), (-1e300, -inf), (-inf, -inf)],
)
def test_a_threshold_beyond_float32_keeps_the_infinities_on_their_side(
    threshold: float, floored: float
) -> None:
    assert floor32(threshold) == floored
    assert all((x <= floored) == (x <= threshold) for x in (inf, -inf, 0.0))


def test_a_dumped_infinity_is_infinite_again() -> None:
    (root,) = from_lightgbm(dump(threshold=1e300)).trees
    assert isinstance(root, Split)
    assert root.threshold == inf


@pytest.mark.parametrize(
    ("threshold", "left"), [(1e-36, True), (0.0, True), (-1e-36, False), (-1e-35, False)]
)
@pytest.mark.parametrize("x", [1e-35, 1e-40, 0.0, -1e-40, -1e-35])
def test_all_that_lightgbm_reads_as_zero_goes_where_zero_goes(threshold: float, left: bool, x: float) -> None:
    paths = from_lightgbm(dump(threshold=threshold)).paths([float(np.float32(x)), nan, nan])
    assert paths[0] == (-1.0 if left else 1.0)


def test_values_are_rounded_to_the_grid() -> None:
    assert on_grid(0.3) == round(0.3 * 2**16) / 2**16


def dump(**change: object) -> dict[str, Any]:
    split: dict[str, Any] = {
        "split_feature": 0,
        "threshold": 0.1,
        "decision_type": "<=",
        "default_left": True,
        "missing_type": "NaN",
        "left_child": {"leaf_value": -1.0, "leaf_count": 3},
        "right_child": {"leaf_value": 1.0, "leaf_count": 1},
    }
    tree = {"tree_structure": split | change}
    return {"num_tree_per_iteration": 1, "max_feature_idx": 2, "tree_info": [tree]}


def test_a_dump_becomes_trees_with_means_of_their_leaves() -> None:
    (root,) = from_lightgbm(dump()).trees
    assert root == Split(0, floor32(0.1), True, Leaf(-1.0, 3), Leaf(1.0, 1), -0.5, 4)


@pytest.mark.parametrize(
    ("threshold", "left"), [(0.1, True), (0.0, True), (-0.1, False)], ids=["above", "at", "below"]
)
def test_nan_is_zero_where_training_saw_none(threshold: float, left: bool) -> None:
    (root,) = from_lightgbm(dump(missing_type="None", threshold=threshold, default_left=False)).trees
    assert isinstance(root, Split)
    assert root.nan_left is left
    assert not isnan(root.threshold)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"decision_type": "=="}, "split of type =="),
        ({"missing_type": "Zero"}, "missing type Zero"),
        ({"left_child": {"leaf_value": 1.0, "leaf_coeff": [0.5]}}, "linear leaf"),
    ],
)
def test_what_cannot_be_written_exactly_is_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(ModelNotEmittable, match=named):
        from_lightgbm(dump(**change))


def test_a_model_of_several_classes_is_refused() -> None:
    with pytest.raises(ModelNotEmittable, match="several classes"):
        from_lightgbm(dump() | {"num_tree_per_iteration": 3})
