"""Trains the shipped model and puts its bundle together: the same bytes on every run.

The only module that imports LightGBM, and only inside ``train``: without the OpenMP runtime its import fails,
and everything else here must still be readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isnan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.risk import bundle
from models.risk.emitter import Platt, emit
from models.risk.features import FEATURES, Tables, document_features, vector
from models.risk.trees import Ensemble, from_lightgbm, on_grid
from models.training.figures import (
    Labels,
    Margins,
    auc,
    average_precision,
    calibration_error,
    fit_platt,
    precision_at,
    sigmoid,
)
from models.training.risk import card, tables
from models.training.risk.data import FAULTS, SEED, Kind, parcels

if TYPE_CHECKING:
    import lightgbm

NAME = "parcel-risk"
VERSION = "1"
PER_MONTH = 6000
TRAIN, CALIBRATE, TEST = range(8), range(8, 10), range(10, 12)
GOLDEN_ROWS = 64
TREES = 80

# More weight than was declared is never a reason to trust a parcel more, so the model may not learn that.
_MONOTONE = {"surplus": 1, "gross_to_declared": 1}

PARAMETERS: dict[str, object] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "monotone_constraints": [_MONOTONE.get(spec.name, 0) for spec in FEATURES],
    "zero_as_missing": False,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "seed": SEED,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Parcels of some months: features, findings, and what the parcels truly were."""

    rows: NDArray[np.float32]
    positive: Labels
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The booster, its leaves rounded to the grid, and the same trees as plain values."""

    booster: lightgbm.Booster
    ensemble: Ensemble
    platt: Platt
    figures: dict[str, object]
    test: Part


def part(months: Sequence[int], side: Tables, *, per_month: int = PER_MONTH) -> Part:
    """Features of the made parcels of ``months``, by the code that runs at the hub."""
    made = [parcel for month in months for parcel in parcels(month, per_month)]
    rows = [vector(document_features(p.document, side), p.physical, p.document.declared_g) for p in made]
    return Part(
        rows=np.concatenate(rows),
        positive=np.array([p.positive for p in made]),
        kinds=tuple(p.kind for p in made),
    )


def train(side: Tables) -> Trained:
    """Fit on the first months, calibrate on the next, measure on the last."""
    import lightgbm  # noqa: PLC0415  see above

    learn, calibrate, test = (part(months, side) for months in (TRAIN, CALIBRATE, TEST))
    data = lightgbm.Dataset(learn.rows, label=learn.positive, feature_name=[spec.name for spec in FEATURES])
    booster = lightgbm.train(dict(PARAMETERS), data, num_boost_round=TREES)
    for tree in booster.dump_model()["tree_info"]:
        for leaf in range(tree["num_leaves"]):
            value = booster.get_leaf_output(tree["tree_index"], leaf)
            booster.set_leaf_output(tree["tree_index"], leaf, on_grid(value))
    ensemble = from_lightgbm(booster.dump_model())
    platt = fit_platt(margins_of(booster, calibrate.rows), calibrate.positive)
    figures = _figures(margins_of(booster, test.rows), test, platt)
    figures["rows"] = {
        "train": len(learn.positive),
        "calibrate": len(calibrate.positive),
        "test": len(test.positive),
    }
    return Trained(booster=booster, ensemble=ensemble, platt=platt, figures=figures, test=test)


def margins_of(booster: lightgbm.Booster, rows: NDArray[np.float32]) -> Margins:
    """Raw scores (log-odds), by LightGBM itself."""
    return np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)


def _figures(margins: Margins, test: Part, platt: Platt) -> dict[str, object]:
    positive = test.positive
    kinds = np.array(test.kinds)
    top = np.zeros(len(positive), dtype=np.bool_)
    top[np.argsort(-margins, kind="stable")[: len(positive) // 20]] = True
    by_kind: dict[str, dict[str, float]] = {}
    for kind in Kind:
        of_kind = kinds == kind
        row = {"rows": int(of_kind.sum()), "in_top_5_percent": _short(float(top[of_kind].mean()))}
        if kind in FAULTS:
            compared = of_kind | ~np.isin(kinds, FAULTS)
            row["auc"] = _short(auc(margins[compared], of_kind[compared]))
        by_kind[kind.value] = row
    return {
        "auc": _short(auc(margins, positive)),
        "average_precision": _short(average_precision(margins, positive)),
        "base_rate": _short(float(positive.mean())),
        "precision_at_1_percent": _short(precision_at(margins, positive, 0.01)),
        "precision_at_5_percent": _short(precision_at(margins, positive, 0.05)),
        "recall_at_5_percent": _short(float(positive[top].sum() / positive.sum())),
        "calibration_error": _short(
            calibration_error(sigmoid(platt.slope * margins + platt.shift), positive)
        ),
        "by_kind": by_kind,
    }


def _short(value: float) -> float:
    return round(value, 3)


def golden_of(trained: Trained) -> dict[str, object]:
    """Rows of the test months, every kind of them, and the answers computed without onnxruntime."""
    order = np.argsort(-margins_of(trained.booster, trained.test.rows), kind="stable")
    picked = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS).astype(np.int64)]
    rows = [row.tolist() for row in trained.test.rows[picked]]
    rows.append([float("nan")] * len(FEATURES))
    return {"base": trained.ensemble.base, "rows": [_golden_row(trained, row) for row in rows]}


def _golden_row(trained: Trained, row: Sequence[float]) -> dict[str, object]:
    paths = trained.ensemble.paths(row)
    log_odds = trained.platt.slope * paths[0] + trained.platt.shift
    return {
        "x": [None if isnan(value) else value for value in row],
        "paths": paths,
        "probability": round(1.0 / (1.0 + exp(-log_odds)), 7),
    }


def files_of(trained: Trained) -> dict[str, bytes]:
    """Every file of the bundle, the manifest included."""
    described = card.document(
        name=NAME,
        version=VERSION,
        parameters=PARAMETERS,
        trees=TREES,
        platt=trained.platt,
        figures=trained.figures,
    )
    files = {
        "CARD.md": card.markdown(described),
        "card.json": bundle.canonical(described),
        "golden.json": bundle.canonical(golden_of(trained)),
        "model.onnx": emit(trained.ensemble, trained.platt),
        "schema.json": bundle.canonical(bundle.schema_document()),
        "tables.json": bundle.canonical(tables.document()),
    }
    return files | {bundle.MANIFEST: bundle.manifest_of(files, name=NAME, version=VERSION)}


def build() -> dict[str, bytes]:
    """Train and return the bundle's files."""
    return files_of(train(bundle.tables_of(bundle.canonical(tables.document()))))


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of a bundle, the manifest last, so that a torn write is refused when it is read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in sorted(files.items(), key=lambda item: item[0] == bundle.MANIFEST):
        (folder / name).write_bytes(raw)
