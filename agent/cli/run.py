"""Commands of the daily work: run, decide, status."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import click

from agent import __version__
from agent.app import open_hub
from agent.app import run as run_hub
from agent.cli.options import config_option, json_option, show
from agent.config.file import Config, load_config
from agent.control import server as control
from agent.evidence.reader import FILE as EVIDENCE
from agent.evidence.reader import StoredLog
from agent.hub import Hub
from agent.runtime import logs
from agent.runtime.clock import SystemClock


@click.command()
@config_option
def run(config_path: Path) -> None:
    """Run the hub: read the devices, decide, serve the page, sync with the centre."""
    config = load_config(config_path)
    logs.to_stderr()
    asyncio.run(run_hub(config, ready=lambda url: click.echo(f"ready {url}")))


async def _with_hub(
    config: Config, verb: str, body: dict[str, Any], here: Callable[[Hub], Awaitable[Any]]
) -> Any:
    """Hand the work to the running hub, or do the same work here."""
    found = await control.call(config.hub.data, verb, body)
    if found is not None:
        return found
    async with open_hub(config, SystemClock()) as opened:
        return await here(opened.hub)


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
    found = asyncio.run(
        _with_hub(
            config,
            "decide",
            {"barcode": barcode, "grams": grams, "record": not dry_run},
            lambda hub: control.decide_barcode(hub, barcode, grams=grams, record=not dry_run),
        )
    )
    show(found, as_json=as_json, lines=lambda view: _decision_lines(view, explain))


def _decision_lines(view: dict[str, Any], explain: bool) -> Iterator[str]:
    piece = view["piece"]
    where = f"entry {view['seq']}" if view["recorded"] else "not recorded"
    yield f"{view['disposition']}  {piece['value']} ({piece['kind']})  set by {view['set_by']}, {where}"
    for finding in view["findings"]:
        params = "  ".join(f"{k}={v}" for k, v in finding["params"].items())
        yield f"  {finding['code']}" + (f"  {params}" if explain and params else "")


@click.command()
@config_option
@json_option
def status(config_path: Path, as_json: bool) -> None:
    """What the hub holds, what is unsent, how its devices are."""
    config = load_config(config_path)
    found = asyncio.run(_status(config))
    show(found, as_json=as_json, lines=_status_lines)


async def _status(config: Config) -> dict[str, Any]:
    found = await control.call(config.hub.data, "status")
    if found is not None:
        return found
    with StoredLog(config.hub.data / EVIDENCE) as stored:
        size, receipted = stored.size(), stored.receipted()
        return {
            "schema": "preclear.status",
            "version": __version__,
            "hub": config.hub.name,
            "running": False,
            "log_id": stored.log_id,
            "entries": size,
            "receipted": receipted,
            "unsent": size - receipted,
        }


def _device_lines(device: dict[str, Any]) -> Iterator[str]:
    heard = device["last_byte_s"]
    ago = "never heard" if heard is None else f"heard {heard:g} s ago"
    yield (
        f"{device['station']} {device['role']}: {device['state']} for {device['state_s']:g} s, {ago}, "
        f"{device['frames']} frames, {device['noise_bytes']} bytes thrown away, "
        f"{device['reconnects']} times back  ({device['protocol']} on {device['port']})"
    )
    for trouble in (device["error"] if device["state"] == "lost" else None, device["advice"]):
        if trouble:
            yield f"  {trouble}"
    if not device["verified_protocol"]:
        yield "  its protocol is a template that was not verified with the device"
    for concern in device.get("concerns", ()):
        yield f"  {concern.replace('_', ' ')}; an empty pan shows {device['zero_g']} g"
    if card := device.get("card"):
        left, due = card["due_in_days"], card["due_on"]
        when = f"due in {left} days" if left >= 0 else f"OVERDUE by {-left} days"
        yield f"  {card['maker']} {card['model']} no. {card['serial']}: verification {when} ({due})"


def _status_lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['hub']}: {'running' if found['running'] else 'not running'}"
    yield (
        f"log {found['log_id']}: {found['entries']} entries, "
        f"{found['receipted']} receipted, {found['unsent']} unsent"
    )
    if "declarations" in found:
        yield f"declarations: {found['declarations']} from {found['sources']} sources"
    if found.get("log_failed"):
        yield f"THE LOG CANNOT BE WRITTEN: {found['log_failed']}"
    if "model" in found and found["model"] is None:
        yield "model: absent; see the log of the hub for why"
    for state in found.get("states", []):
        if state["type"] == "sync":
            trouble = f"  {state['error']}" if state["error"] else ""
            yield f"centre: {'online' if state['online'] else 'offline'}{trouble}"
        elif state["type"] == "policy":
            yield f"policy: {state['id']} no. {state['sequence']}{', past its age' if state['stale'] else ''}"
    for device in found.get("devices", []):
        yield from _device_lines(device)
    if "latency_ms" in found:
        late = found["latency_ms"]
        yield f"last byte to durable: p50 {late['p50']} ms, p99 {late['p99']} ms over {late['count']} scans"
