"""The measure of an import: what it was asked for, and ratios that follow from its own figures."""

from __future__ import annotations

import pytest

from agent.bench.importing import Imported, measure_import
from agent.runtime.clock import SystemClock


def test_an_import_into_a_filled_store_is_held_against_the_floor_of_the_same_rows() -> None:
    progress: list[str] = []
    what = Imported(rows=500, stored=300, scattered=False)
    figures = measure_import(SystemClock(), what, progress.append)
    assert (figures["rows"], figures["stored"], figures["scattered"]) == (500, 300, False)
    import_s = what.rows / figures["rows_per_s"]
    floor_s = what.rows / figures["floor_reading_per_s"] + what.rows / figures["floor_writing_per_s"]
    assert floor_s > 0
    assert figures["time_to_floor"] == pytest.approx(import_s / floor_s, rel=0.02, abs=0.01)
    assert figures["peak_mb"] > 0
    lane = figures["lane"]
    assert lane["scans"] > 0
    assert 0 < lane["p50_us"] <= lane["p99_us"]
    assert progress == [
        "writing manifests of 800 rows",
        "storing 300 rows",
        "importing 500 rows beside a lane",
        "the floor: the same rows, read and written without more",
    ]
