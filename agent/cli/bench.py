"""``preclear bench``: the figures of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from agent.cli.options import json_option, show
from agent.runtime.clock import SystemClock


@click.command()
@click.option("--import", "rows", type=click.IntRange(1), help="Measure only an import of that many rows.")
@click.option("--stored", type=click.IntRange(0), default=0, help="Rows in the store before that import.")
@click.option("--in-order", is_flag=True, help="Import consecutive numbers, not scattered ones.")
@json_option
def bench(rows: int | None, stored: int, in_order: bool, as_json: bool) -> None:
    """Measure this machine: the way of a scan beside its floor, assessments, imports, start-up, memory."""
    # These load the model's runtime.
    from agent.bench.importing import Imported, measure_import  # noqa: PLC0415
    from agent.bench.measures import measure  # noqa: PLC0415

    def say(text: str) -> None:
        click.echo(text, err=True)

    if rows is None:
        show(measure(SystemClock(), say), as_json=as_json, lines=_lines)
    else:
        what = Imported(rows=rows, stored=stored, scattered=not in_order)
        show(measure_import(SystemClock(), what, say), as_json=as_json, lines=_lines_of_import)


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    lane, floor = figures["lane"], figures["floor"]
    yield f"last byte to durable, one lane: p50 {lane['p50_us']} us, p99 {lane['p99_us']} us"
    yield f"floor (commit, sign, seal, score): p50 {floor['p50_us']} us, p99 {floor['p99_us']} us"
    yield f"ratio p50: {lane['p50_to_floor']} (goal 2.0)"
    assessed = figures["assessments_per_s"]
    yield (
        f"document assessments: {assessed['parties_known']} a second with parties known, "
        f"{assessed['new_consignee_each']} with a new consignee each"
    )
    yield f"bytes a decision on the wire: {figures['bytes_per_decision']}"
    for name in ("at_rest", "at_rest_with_names"):
        rest = figures[name]
        yield f"{name.replace('_', ' ')}: ready after {rest['ready_ms']} ms, {rest['rss_mb']} MB"
    scales = figures["scales"]
    yield f"reading {scales['scales']} scales: {scales['cpu_percent']} % of a core (goal 5)"
    yield from _lines_of_import(figures["import"])
    version = figures["version_ms"]
    yield f"preclear --version: {version['p50']} ms (bare interpreter {version['bare_interpreter_p50']} ms)"


def _lines_of_import(figures: dict[str, Any]) -> Iterator[str]:
    order = "scattered" if figures["scattered"] else "in order"
    goal = 20_000 if figures["stored"] else 45_000
    yield (
        f"import of {figures['rows']:,} rows, {order}, into a store of {figures['stored']:,}:"
        f" {figures['rows_per_s']:,} a second (goal {goal:,}), {figures['peak_mb']} MB (goal 150)"
    )
    yield (
        f"  the floor reads {figures['floor_reading_per_s']:,} and writes {figures['floor_writing_per_s']:,}"
        f" a second; the import takes {figures['time_to_floor']} times both"
    )
    lane = figures["lane"]
    yield f"  a lane meanwhile, {lane['scans']} scans: p50 {lane['p50_us']} us, p99 {lane['p99_us']} us"
