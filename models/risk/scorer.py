"""One row in, a calibrated risk with reasons out: about 20 µs, so it is called in the event loop.

The only module that imports onnxruntime. One thread, no pool, CPU only; the package's ``__init__`` has
switched the runtime's telemetry off before this import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors  # type: ignore[import-untyped]

from models.errors import BundleRefused, RowRefused
from models.risk import bundle
from models.risk.features import FEATURES, Tables

TOLERANCE = 1e-5
"""How far a golden row may be off, in probability and in log-odds."""

_SHAPE = (1, len(FEATURES))
_FLOAT32 = np.dtype(np.float32)
_GROUPS = tuple(dict.fromkeys(spec.group for spec in FEATURES))
# Group → its columns of `paths`, whose first column is the margin.
_COLUMNS = tuple(
    (group, tuple(1 + at for at, spec in enumerate(FEATURES) if spec.group == group)) for group in _GROUPS
)
_MILLI = attrgetter("milli")
_OUTPUTS = ["probability", "paths"]
_ERRORS_ONLY = 3

# The binding's exceptions share no base but Exception.
_SESSION_ERRORS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """What one group of features added to the margin, in thousandths of log-odds; negative lowers it."""

    group: str
    milli: int


@dataclass(frozen=True, slots=True)
class Risk:
    """Calibrated probability of a finding, in thousandths, and its reasons, the largest first."""

    permille: int
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.permille <= 1000:
            raise ValueError(f"a risk of {self.permille} permille")


class Scorer:
    """A verified bundle with its session; make it with ``Scorer.load``."""

    def __init__(self, read: bundle.Bundle, session: Any) -> None:
        self._read = read
        self._run = session.run

    @classmethod
    def load(cls, folder: Path | None = None, *, expect: str | None = None) -> Scorer:
        """Take the bundle in ``folder``, or the shipped one, into use: about 20 ms.

        Args:
            folder: Where the bundle lies.
            expect: The digest it must have, lower-case hex.

        Raises:
            BundleRefused: A file is missing or altered, its version or schema is another one's, the model
                does not load, or its golden rows do not reproduce.
        """
        read = bundle.read(folder, expect=expect)
        scorer = cls(read, _session(read.model))
        scorer._check_golden()
        return scorer

    @property
    def digest(self) -> str:
        """SHA-256 of the bundle's manifest, lower-case hex."""
        return self._read.digest

    @property
    def version(self) -> str:
        """Name and version of the model: ``parcel-risk 1``."""
        return f"{self._read.name} {self._read.version}"

    @property
    def tables(self) -> Tables:
        """The side tables ``document_features`` needs with this model."""
        return self._read.tables

    @property
    def base(self) -> float:
        """The margin in log-odds before any feature is looked at."""
        return self._read.base

    def score(self, x: NDArray[np.float32]) -> Risk:
        """Score one row as made by ``models.risk.features.vector``.

        Raises:
            RowRefused: Another shape or type.
        """
        if x.shape != _SHAPE or x.dtype != _FLOAT32:
            raise RowRefused(f"{x.dtype}{list(x.shape)}", f"float32{list(_SHAPE)}")
        probability, paths = self._run(_OUTPUTS, {"features": x})
        margin = paths[0].tolist()
        reasons = [
            Reason(group, round(1000.0 * sum([margin[column] for column in columns])))
            for group, columns in _COLUMNS
        ]
        reasons.sort(key=_MILLI, reverse=True)
        return Risk(round(1000.0 * probability.item()), tuple(reasons))

    def paths(self, rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probability [N, 1] and, in log-odds, margin and contribution of each feature [N, 1 + F]."""
        if rows.ndim != 2 or rows.shape[1] != len(FEATURES) or rows.dtype != _FLOAT32:
            raise RowRefused(f"{rows.dtype}{list(rows.shape)}", f"float32[n, {len(FEATURES)}]")
        probability, paths = self._run(_OUTPUTS, {"features": rows})
        return probability, paths

    def _check_golden(self) -> None:
        golden = self._read.golden
        try:
            with np.errstate(all="ignore"):  # absurd rows are refused below, without a warning
                rows = np.array([row.x for row in golden], dtype=np.float32)
                probability, paths = self.paths(rows)
                off = max(
                    np.abs(probability[:, 0] - [row.probability for row in golden]).max(),
                    np.abs(paths - [row.paths for row in golden]).max(),
                    np.abs(paths[:, 0] - paths[:, 1:].sum(axis=1) - self.base).max(),
                    key=_nan_is_largest,
                )
        except _SESSION_ERRORS as exc:
            raise BundleRefused("model.onnx", f"does not run: {exc}") from exc
        if not off <= TOLERANCE:
            raise BundleRefused("golden.json", f"golden rows do not reproduce: off by {off:.2g}")


def _nan_is_largest(value: np.floating[Any]) -> float:
    return inf if np.isnan(value) else float(value)


def _session(model: bytes) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _ERRORS_ONLY
    try:
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        shapes: Mapping[str, object] = {
            **{tensor.name: tensor.shape[1:] for tensor in session.get_inputs()},
            **{tensor.name: tensor.shape[1:] for tensor in session.get_outputs()},
        }
    except _SESSION_ERRORS as exc:
        raise BundleRefused("model.onnx", f"does not load: {exc}") from exc
    wanted = {"features": [len(FEATURES)], "probability": [1], "paths": [1 + len(FEATURES)]}
    if shapes != wanted:
        raise BundleRefused("model.onnx", f"inputs and outputs are {shapes}, not {wanted}")
    return session
