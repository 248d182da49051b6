"""One row in, a risk with reasons out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BundleRefused, RowRefused
from models.risk.emitter import Platt, emit
from models.risk.features import FEATURES, DocumentFacts, PhysicalFacts, Tables, document_features, vector
from models.risk.scorer import Reason, Risk, Scorer
from models.risk.trees import Ensemble, Leaf

SHIRT = DocumentFacts(
    declared_g=250,
    value_minor=1500,
    currency="USD",
    quantity=1,
    hs="6109100040",
    description="cotton tshirt",
    pieces=1,
)

odd = st.floats(width=32) | st.sampled_from([nan, inf, -inf, 0.0, -0.0])


def risk_of(scorer: Scorer, tables: Tables, facts: DocumentFacts, measured_g: int | None) -> Risk:
    physical = PhysicalFacts(measured_g=measured_g, u_grams=5)
    return scorer.score(vector(document_features(facts, tables), physical, facts.declared_g))


def test_an_ordinary_parcel_has_a_low_risk(scorer: Scorer, tables: Tables) -> None:
    assert risk_of(scorer, tables, SHIRT, 255).permille < 30


def test_a_surplus_of_one_and_a_half_kilograms_scores_higher_and_says_weight(
    scorer: Scorer, tables: Tables
) -> None:
    surplus = risk_of(scorer, tables, SHIRT, 1750)
    assert surplus.permille > risk_of(scorer, tables, SHIRT, 250).permille + 100
    assert surplus.reasons[0].group == "weight"


@given(grams=st.lists(st.integers(1, 40_000), min_size=2, max_size=8))
@settings(deadline=None)
def test_more_weight_than_declared_never_lowers_the_risk(
    scorer: Scorer, tables: Tables, grams: list[int]
) -> None:
    risks = [risk_of(scorer, tables, SHIRT, measured).permille for measured in sorted(grams)]
    assert risks == sorted(risks)


def test_a_value_far_below_the_chapter_scores_higher_and_says_value(scorer: Scorer, tables: Tables) -> None:
    cheap = DocumentFacts(
        declared_g=900,
        value_minor=200,
        currency="USD",
        quantity=1,
        hs="640419",
        description="running sneakers",
        pieces=1,
    )
    risk = risk_of(scorer, tables, cheap, 905)
    assert risk.permille > 100
    assert risk.reasons[0].group == "value"


@given(row=st.lists(odd, min_size=len(FEATURES), max_size=len(FEATURES)))
@settings(deadline=None)
def test_any_row_gives_a_permille_and_reasons_that_add_up_to_the_margin(
    scorer: Scorer, row: Sequence[float]
) -> None:
    x = np.array([row], dtype=np.float32)
    risk = scorer.score(x)
    assert 0 <= risk.permille <= 1000
    assert [reason.milli for reason in risk.reasons] == sorted((r.milli for r in risk.reasons), reverse=True)
    assert {reason.group for reason in risk.reasons} == {spec.group for spec in FEATURES}
    probability, paths = scorer.paths(x)
    margin, *contributions = paths[0].tolist()
    assert scorer.base + sum(contributions) == margin
    # Each of the four groups is rounded once.
    assert abs(1000 * (margin - scorer.base) - sum(reason.milli for reason in risk.reasons)) <= 2
    assert risk.permille == round(1000 * float(probability[0, 0]))


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((1, 11), dtype=np.float32),
        np.zeros((2, 12), dtype=np.float32),
        np.zeros(12, dtype=np.float32),
        np.zeros((1, 12), dtype=np.float64),
    ],
    ids=["eleven columns", "two rows", "no rows axis", "float64"],
)
def test_a_row_of_another_shape_or_type_is_refused(scorer: Scorer, x: np.ndarray) -> None:
    with pytest.raises(RowRefused, match=r"models\.risk\.features\.vector"):
        scorer.score(x)


@pytest.mark.parametrize("rows", [np.zeros(12, dtype=np.float32), np.zeros((3, 12))])
def test_rows_of_another_shape_or_type_are_refused(scorer: Scorer, rows: np.ndarray) -> None:
    with pytest.raises(RowRefused, match="12"):
        scorer.paths(rows)


@pytest.mark.parametrize("permille", [-1, 1001])
def test_a_risk_lies_between_none_and_a_thousand(permille: int) -> None:
    with pytest.raises(ValueError, match="permille"):
        Risk(permille, (Reason("weight", 1),))


def test_a_model_with_other_inputs_is_refused(copied: Path, reseal: object) -> None:
    assert callable(reseal)
    reseal("model.onnx", emit(Ensemble((Leaf(0.0, 1),), 3), Platt(1.0, 0.0)))
    with pytest.raises(BundleRefused, match="inputs and outputs"):
        Scorer.load(copied)


_PROBE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import models
imported = sorted({"numpy", "onnxruntime"} & set(sys.modules))
import numpy as np
from models.risk.scorer import Scorer
scorer = Scorer.load()
for _ in range(50):
    scorer.score(np.zeros((1, 12), dtype=np.float32))
print(json.dumps({"threads": len(os.listdir("/proc/self/task")), "imported": imported}))
"""


def test_the_runtime_leaves_no_file_no_thread_and_no_word_behind(tmp_path: Path) -> None:
    import models  # noqa: PLC0415

    home = tmp_path / "home"
    home.mkdir()
    # The runtime hides its telemetry from continuous integration; a hub has no such variable. What the
    # environment says of it must not matter either. One BLAS thread, since numpy would start its own.
    hidden = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment |= {"HOME": str(home), "ORT_DISABLE_TELEMETRY": "0", "OPENBLAS_NUM_THREADS": "1"}
    root = str(Path(models.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", _PROBE, root],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == {"threads": 1, "imported": []}
    assert done.stderr == ""
    assert list(home.rglob("*")) == []
