"""The made parcels, and the model that is rebuilt from them bit by bit."""

from __future__ import annotations

import hashlib
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from models.risk import bundle
from models.risk.features import FEATURES, Tables
from models.risk.scorer import Scorer
from models.training.figures import auc, calibration_error, fit_platt, precision_at, sigmoid
from models.training.risk import tables as side_tables
from models.training.risk.data import FAULTS, Kind, parcels
from models.training.risk.train import TEST, TRAIN, Trained, margins_of, part, train


@pytest.fixture(scope="module")
def side() -> Tables:
    return bundle.tables_of(bundle.canonical(side_tables.document()))


def test_the_shipped_tables_are_those_of_the_source() -> None:
    assert (bundle.SHIPPED / "tables.json").read_bytes() == bundle.canonical(side_tables.document())


def test_a_month_is_the_same_whenever_it_is_made_and_unlike_the_next() -> None:
    month = list(parcels(3, 50))
    assert list(parcels(3, 50)) == month
    assert list(parcels(4, 50)) != month


def test_faults_are_rare_and_every_kind_of_parcel_occurs() -> None:
    kinds = [parcel.kind for parcel in parcels(0, 4000)]
    assert set(kinds) == set(Kind)
    assert 0.015 < sum(kind in FAULTS for kind in kinds) / len(kinds) < 0.06


def test_no_single_feature_gives_the_findings_away(side: Tables) -> None:
    made = part(range(2), side, per_month=3000)
    for at, spec in enumerate(FEATURES):
        known = ~np.isnan(made.rows[:, at])
        area = auc(made.rows[known, at].astype(np.float64), made.positive[known])
        assert 0.25 < area < 0.75, spec.name


def test_rows_of_the_test_months_are_not_those_of_training(side: Tables) -> None:
    learnt = {row.tobytes() for row in part(TRAIN, side, per_month=1000).rows}
    test = part(TEST, side, per_month=1000).rows
    assert sum(row.tobytes() in learnt for row in test) < 0.01 * len(test)


def test_a_ranking_by_the_answer_is_perfect_and_one_without_it_is_chance() -> None:
    labels = np.arange(1000) % 10 == 0
    assert auc(labels.astype(np.float64), labels) == 1.0
    assert auc(np.zeros(1000), labels) == 0.5
    assert precision_at(labels.astype(np.float64), labels, 0.05) == 1.0


def test_calibration_mends_margins_that_say_too_much() -> None:
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-1.0, 1.5, 20_000)
    labels = rng.random(20_000) < sigmoid(log_odds)
    platt = fit_platt(3.0 * log_odds + 1.0, labels)
    assert platt.slope == pytest.approx(1 / 3, abs=0.02)
    mended = sigmoid(platt.slope * (3.0 * log_odds + 1.0) + platt.shift)
    assert calibration_error(mended, labels) < 0.02 < calibration_error(sigmoid(3.0 * log_odds + 1.0), labels)


@pytest.fixture(scope="module")
def trained(side: Tables) -> Trained:
    return train(side)


@pytest.mark.training
def test_a_rebuild_gives_the_committed_bundle_byte_by_byte(tmp_path: Path) -> None:
    from models.training.__main__ import main  # noqa: PLC0415

    done = CliRunner().invoke(main, ["--out", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    digests = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (tmp_path / "new", bundle.SHIPPED)
    ]
    assert digests[0] == digests[1]
    assert Scorer.load(tmp_path / "new").digest in done.output


def fuzzed(trained: Trained, count: int) -> NDArray[np.float32]:
    """Test rows whose columns are replaced by thresholds, their neighbours and odd values."""
    rng = np.random.default_rng(11)
    rows = trained.test.rows[rng.integers(len(trained.test.rows), size=count)].copy()
    for feature in range(len(FEATURES)):
        cuts = np.array(
            sorted({t for f, t in trained.ensemble.thresholds() if f == feature}), dtype=np.float32
        )
        odd = np.array([nan, inf, -inf, 0.0, -0.0, 1e-38, -1e-38], dtype=np.float32)
        up, down = np.float32(inf), np.float32(-inf)
        with np.errstate(over="ignore", under="ignore"):  # a step may leave the normal numbers
            pool = np.concatenate([cuts, np.nextafter(cuts, up), np.nextafter(cuts, down), odd])
        chosen = rng.random(count) < 0.6
        rows[chosen, feature] = pool[rng.integers(len(pool), size=int(chosen.sum()))]
    return rows


@pytest.mark.training
def test_the_shipped_model_scores_as_lightgbm_does(trained: Trained, scorer: Scorer, side: Tables) -> None:
    learnt = part(TRAIN, side).rows
    for rows in (learnt, trained.test.rows, fuzzed(trained, 30_000)):
        probability, paths = scorer.paths(rows)
        margins = margins_of(trained.booster, rows)
        assert np.abs(paths[:, 0] - margins).max() <= 1e-5
        log_odds = trained.platt.slope * margins + trained.platt.shift
        assert np.abs(probability[:, 0] - sigmoid(log_odds)).max() <= 1e-5
        assert np.array_equal(scorer.base + paths[:, 1:].sum(axis=1, dtype=np.float64), paths[:, 0])


@pytest.mark.training
def test_the_trees_as_values_score_as_lightgbm_does(trained: Trained) -> None:
    rows = fuzzed(trained, 500)
    expected = margins_of(trained.booster, rows)
    got = [trained.ensemble.paths(row)[0] for row in rows.tolist()]
    assert np.abs(np.array(got) - expected).max() <= 1e-9


@pytest.mark.training
def test_the_model_ranks_well_above_chance_and_is_calibrated(trained: Trained) -> None:
    figures = trained.figures
    assert float(str(figures["auc"])) > 0.72
    assert float(str(figures["precision_at_5_percent"])) > 5 * float(str(figures["base_rate"]))
    assert float(str(figures["calibration_error"])) < 0.015
