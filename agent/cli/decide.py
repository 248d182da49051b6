"""``preclear decide``: one piece, decided by its number."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from agent.app import open_hub
from agent.cli.options import config_option, json_option, show
from agent.config.file import Config, load_config
from agent.control.client import call
from agent.control.verbs import decide_barcode
from agent.runtime.clock import SystemClock


@click.command()
@click.argument("barcode")
@click.option("--grams", type=click.IntRange(1, 100_000_000), help="The weight, if it was weighed elsewhere.")
@click.option("--explain", is_flag=True, help="Every open finding with its parameters.")
@click.option("--dry-run", is_flag=True, help="Record nothing.")
@config_option
@json_option
def decide(
    barcode: str, grams: int | None, explain: bool, dry_run: bool, config_path: Path, as_json: bool
) -> None:
    """Decide on one piece by its number, and record the decision."""
    config = load_config(config_path)
    view = asyncio.run(_decide(config, barcode, grams, record=not dry_run))
    show(view, as_json=as_json, lines=lambda view: _lines(view, explain))


async def _decide(config: Config, barcode: str, grams: int | None, *, record: bool) -> dict[str, Any]:
    """Have the running hub decide, or decide here."""
    body = {"barcode": barcode, "grams": grams, "record": record}
    view = await call(config.hub.data, "decide", body)
    if view is not None:
        return view
    async with open_hub(config, SystemClock()) as opened:
        return await decide_barcode(opened.hub, barcode, grams=grams, record=record)


def _lines(view: dict[str, Any], explain: bool) -> Iterator[str]:
    piece = view["piece"]
    where = f"entry {view['seq']}" if view["recorded"] else "not recorded"
    yield f"{view['disposition']}  {piece['value']} ({piece['kind']})  set by {view['set_by']}, {where}"
    for finding in view["findings"]:
        params = "  ".join(f"{k}={v}" for k, v in finding["params"].items())
        yield f"  {finding['code']}" + (f"  {params}" if explain and params else "")
