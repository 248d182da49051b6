"""``preclear status``: what the hub reports on itself, or what its files tell while it does not run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.options import config_option, json_option, show
from agent.config.file import Config, load_config
from agent.control.client import call
from agent.status.stored import stored_status


@click.command()
@config_option
@json_option
def status(config_path: Path, as_json: bool) -> None:
    """What the hub holds, what is unsent, how its devices are."""
    show(asyncio.run(_status(load_config(config_path))), as_json=as_json, lines=_lines)


async def _status(config: Config) -> dict[str, Any]:
    """The running hub's status, or the stored log's."""
    report = await call(config.hub.data, "status")
    if report is not None:
        return report
    return stored_status(config.hub.data, config.hub.name)


def _device_lines(device: dict[str, Any]) -> Iterator[str]:
    silent_s = device["last_byte_s"]
    ago = "never heard" if silent_s is None else f"heard {silent_s:g} s ago"
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


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{report['hub']}: {'running' if report['running'] else 'not running'}"
    yield (
        f"log {report['log_id']}: {report['entries']} entries, "
        f"{report['receipted']} receipted, {report['unsent']} unsent"
    )
    if "declarations" in report:
        yield f"declarations: {report['declarations']} from {report['sources']} sources"
    if report.get("log_failed"):
        yield f"THE LOG CANNOT BE WRITTEN: {report['log_failed']}"
    if "model" in report and report["model"] is None:
        yield "model: absent; see the log of the hub for why"
    for state in report.get("states", []):
        if state["type"] == "sync":
            trouble = f"  {state['error']}" if state["error"] else ""
            yield f"centre: {'online' if state['online'] else 'offline'}{trouble}"
        elif state["type"] == "policy":
            yield f"policy: {state['id']} no. {state['sequence']}{', past its age' if state['stale'] else ''}"
    for device in report.get("devices", []):
        yield from _device_lines(device)
    if "latency_ms" in report:
        late = report["latency_ms"]
        yield f"last byte to durable: p50 {late['p50']} ms, p99 {late['p99']} ms over {late['count']} scans"
