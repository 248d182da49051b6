"""The measurements as a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from agent.cli.common import json_option, show
from agent.clock import SystemClock


@click.command()
@json_option
def bench(as_json: bool) -> None:
    """Measure this machine: the way of a scan beside its floor, assessments, start-up, memory."""
    from agent.measuring.measures import measure  # noqa: PLC0415 - it loads the model's runtime

    show(measure(SystemClock(), lambda text: click.echo(text, err=True)), as_json=as_json, lines=_lines)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    lane, floor = found["lane"], found["floor"]
    yield f"last byte to durable, one lane: p50 {lane['p50_us']} us, p99 {lane['p99_us']} us"
    yield f"floor (commit, sign, seal, score): p50 {floor['p50_us']} us, p99 {floor['p99_us']} us"
    yield f"ratio p50: {lane['p50_to_floor']} (goal 2.0)"
    yield f"document assessments: {found['assessments_per_s']} a second"
    yield f"bytes a decision on the wire: {found['bytes_per_decision']}"
    for name in ("at_rest", "at_rest_with_names"):
        rest = found[name]
        yield f"{name.replace('_', ' ')}: ready after {rest['ready_ms']} ms, {rest['rss_mb']} MB"
    scales = found["scales"]
    yield f"reading {scales['scales']} scales: {scales['cpu_percent']} % of a core (goal 5)"
    version = found["version_ms"]
    yield f"preclear --version: {version['p50']} ms (bare interpreter {version['bare_interpreter_p50']} ms)"
