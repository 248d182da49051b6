"""``preclear demo``: a day at a made-up hub."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import click

from agent.demo.report import Report
from agent.demo.shift import ShiftOrder, play
from agent.runtime.clock import SystemClock

PROGRESS_EVERY = 25


@click.command()
@click.option("--once", is_flag=True, help="End after the shift; exit 0 only if everything holds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option(
    "--pieces", default=300, show_default=True, type=click.IntRange(6, 2000), help="Parcels to play."
)
@click.option(
    "--speed",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.5, 50),
    help="How many times faster than real hands.",
)
@click.option(
    "--seed", default=7, show_default=True, type=click.IntRange(0), help="Another seed gives another day."
)
@click.option(
    "--port", default=8079, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
def demo(once: bool, as_json: bool, pieces: int, speed: float, seed: int, port: int) -> None:
    """Play a day at a hub with real programs; only parcels, devices and hands are simulated."""
    order = ShiftOrder(pieces=pieces, speed=speed, seed=seed, port=port, once=once)

    def say(text: str) -> None:
        click.echo(text, err=True)

    def progress(done: int, total: int, link: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done:4d} of {total} parcels  {link}   ", err=True, nl=done == total)
        elif done % PROGRESS_EVERY == 0 or done == total:
            say(f"{done} of {total} parcels, {link}")

    try:
        report = asyncio.run(play(order, SystemClock(), say, progress))
    except KeyboardInterrupt:
        say("\nstopped")
        return
    if report is None:
        return
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        _table(report)
    sys.exit(3 if report.faults else 0)


def _table(report: Report) -> None:
    from rich.console import Console  # noqa: PLC0415 - drawn only here
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    table = Table(title="The shift", show_header=False)
    rows: list[tuple[str, Any]] = [
        ("parcels scanned", report.scans),
        ("decisions in the log", report.entries),
        *((f"  {name}", count) for name, count in report.dispositions.items()),
        ("last byte to durable, p50 / p99", f"{report.p50_ms} / {report.p99_ms} ms"),
        ("first verdict after", f"{report.first_verdict_s} s"),
        ("entries signed / receipted", f"{report.signed} / {report.receipted}"),
        ("verified from public keys alone", "yes" if report.verified else "NO"),
        ("connections killed in an upload", report.link_killed),
    ]
    for name, value in rows:
        table.add_row(name, str(value))
    console.print(table)
    planted = Table(title="Planted and found", show_lines=False)
    for title in ("kind", "planted", "found", "missed"):
        planted.add_column(title, justify="left" if title == "kind" else "right")
    for kind in report.kinds:
        planted.add_row(kind.kind, str(kind.planted), str(kind.detected), str(kind.planted - kind.detected))
    console.print(planted)
    for fault in report.faults:
        console.print(f"FAULT: {fault}", style="bold", markup=False)
