"""Every measure on a tiny size: its figures are finite, positive and consistent with each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from agent.bench.measures import Size, measure
from agent.runtime.clock import SystemClock
from sync import sqlite

TINY = Size(
    scans=6,
    warm_up=2,
    listed=20,
    assessed=15,
    start_ups=1,
    rest_s=0.1,
    scales=2,
    scales_s=1.0,
    imported=600,
)


@pytest.fixture(scope="module")
def progress() -> list[str]:
    """What the bench reported while it measured."""
    return []


@pytest.fixture(scope="module")
def figures(progress: list[str]) -> dict[str, Any]:
    """One run of everything."""
    return measure(SystemClock(), progress.append, TINY)


def numbers(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number in nested figures, under its path."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from numbers(below, f"{name}.{key}".lstrip("."))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def test_every_figure_is_finite_and_none_but_the_empty_store_is_zero(figures: dict[str, Any]) -> None:
    values = dict(numbers(figures))
    assert values.pop("import.stored") == 0
    assert all(math.isfinite(value) and value > 0 for value in values.values()), values


def test_the_figures_name_their_schema_and_the_sqlite_they_were_taken_with(figures: dict[str, Any]) -> None:
    assert (figures["schema"], figures["version"]) == ("preclear.bench", 1)
    assert figures["sqlite"] == ".".join(map(str, sqlite.VERSION))


def test_the_lane_counts_the_scans_after_the_warm_up_and_is_held_against_its_floor(
    figures: dict[str, Any],
) -> None:
    lane, floor = figures["lane"], figures["floor"]
    assert lane["scans"] == TINY.scans
    assert lane["p50_us"] <= lane["p99_us"]
    assert floor["p50_us"] <= floor["p99_us"]
    assert lane["p50_to_floor"] == pytest.approx(lane["p50_us"] / floor["p50_us"], rel=0.01, abs=0.01)


def test_a_decision_on_the_wire_holds_at_least_its_signature_and_at_most_a_few_kilobytes(
    figures: dict[str, Any],
) -> None:
    assert 64 < figures["bytes_per_decision"] < 8192


def test_a_hub_at_rest_is_measured_with_and_without_names(figures: dict[str, Any]) -> None:
    for name in ("at_rest", "at_rest_with_names"):
        assert figures[name].keys() == {"ready_ms", "rss_mb"}
        assert figures[name]["rss_mb"] > 20, "an interpreter with our libraries holds more"


def test_scales_are_read_as_often_as_they_send(figures: dict[str, Any]) -> None:
    scales = figures["scales"]
    assert scales["scales"] == TINY.scales
    # Ten readings a second each; a loaded machine may lose some, and adds none.
    assert 0 < scales["readings"] <= TINY.scales * 10 * (TINY.scales_s + 1)


def test_the_command_takes_longer_to_start_than_an_interpreter_that_does_nothing(
    figures: dict[str, Any],
) -> None:
    version = figures["version_ms"]
    assert version["p50"] > version["bare_interpreter_p50"]


def test_the_bench_reports_what_it_measures_in_the_size_it_was_given(
    figures: dict[str, Any], progress: list[str]
) -> None:
    assert figures["import"]["rows"] == TINY.imported
    assert "the hub at rest, with 20 names" in progress
    assert "reading 2 scales" in progress
