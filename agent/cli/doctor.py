"""What may keep a hub from working, said before it does; nothing is changed, no port is opened."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import click

from agent import __version__
from agent.cli.devices.target import placed
from agent.cli.options import config_option, json_option, show
from agent.config.devices import DeviceSection, ScaleSection
from agent.config.file import Config, load_config
from agent.control import server as control
from agent.errors import AgentError, ConfigInvalid
from agent.evidence.opening import FILE as EVIDENCE
from agent.lane.ports import DATAWEDGE
from drivers.ports.competitors import look_for_thieves
from drivers.ports.holders import holders_of
from drivers.ports.listing import identity_of, list_ports

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at; ``remedy`` is empty where nothing is to be done."""

    level: Level
    code: str
    subject: str
    text: str
    remedy: str = ""


@click.command()
@config_option
@json_option
def doctor(config_path: Path, as_json: bool) -> None:
    """Look at configuration, data directory, ports and what else takes ports; says what to do.

    Ends with 3 if something keeps the hub from working.
    """
    found = list(_examine(config_path))
    report = {
        "schema": "preclear.doctor",
        "version": __version__,
        "ok": all(one.level != "fail" for one in found),
        "findings": [asdict(one) for one in found],
    }
    show(report, as_json=as_json, lines=_lines)
    if not report["ok"]:
        sys.exit(3)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    marks = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}
    for one in report["findings"]:
        yield f"{marks[one['level']]}  {one['subject']}: {one['text']}"
        if one["remedy"]:
            yield f"      {one['remedy']}"


def _examine(config_path: Path) -> Iterator[Diagnosis]:
    try:
        config = load_config(config_path)
    except ConfigInvalid as error:
        yield Diagnosis(
            level="fail",
            code="config_invalid",
            subject=str(config_path),
            text=str(error),
            remedy="correct the file; `preclear doctor` looks at the rest then",
        )
        return
    yield Diagnosis(
        level="ok", code="config", subject=str(config_path), text=f"{len(config.stations)} stations"
    )
    yield _data(config)
    running = asyncio.run(_running(config))
    yield Diagnosis(
        level="ok",
        code="hub",
        subject=config.hub.name,
        text="is running" if running else "is not running",
    )
    for place, section in placed(config):
        yield from _device(place, section, hub_runs=running)
    for thief in look_for_thieves(list_ports()):
        yield Diagnosis(
            level="warn",
            code=thief.code,
            subject=thief.port or "ports",
            text=thief.text,
            remedy=thief.remedy,
        )


def _data(config: Config) -> Diagnosis:
    folder = config.hub.data
    if not folder.is_dir():
        return Diagnosis(
            level="fail",
            code="data_missing",
            subject=str(folder),
            text="the data directory does not exist",
            remedy="`preclear keys init` makes it",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return Diagnosis(
            level="fail",
            code="data_not_writable",
            subject=str(folder),
            text="this user may not write to the data directory",
            remedy="run as the hub's own user, or give it the directory",
        )
    state = "has a log" if (folder / EVIDENCE).exists() else "has no log yet"
    return Diagnosis(level="ok", code="data", subject=str(folder), text=f"is writable and {state}")


async def _running(config: Config) -> bool:
    try:
        return await control.call(config.hub.data, "status") is not None
    except AgentError:
        return True  # it answered, if only with an error


def _device(place: str, section: DeviceSection, *, hub_runs: bool) -> Iterator[Diagnosis]:
    port = section.port
    if "://" in port:
        kind = "listens for handhelds" if section.protocol == DATAWEDGE else "is reached over the network"
        yield Diagnosis(level="ok", code="device", subject=place, text=f"{port} {kind}")
    elif not Path(port).exists():
        yield Diagnosis(
            level="warn",
            code="port_missing",
            subject=place,
            text=f"{port} is not there",
            remedy="plug the device in, or see `preclear devices list` for what is plugged in",
        )
    elif not os.access(port, os.R_OK | os.W_OK):
        yield Diagnosis(
            level="fail",
            code="port_forbidden",
            subject=place,
            text=f"this user may not open {port}",
            remedy="add the user to the port's group (`dialout` on Debian), and log in anew",
        )
    else:
        identity = identity_of(port)
        lasting = identity.by_id or identity.by_path
        named = f", lasting name {lasting}" if lasting and lasting != port else ""
        yield Diagnosis(level="ok", code="device", subject=place, text=f"{port} is there{named}")
        holders = [holder for holder in holders_of(port) if holder.pid != os.getpid()]
        if holders and not hub_runs:
            yield Diagnosis(
                level="fail",
                code="port_held",
                subject=place,
                text=f"{port} is held by {', '.join(map(str, holders))}",
                remedy="stop that program: two readers of one port get half of each frame",
            )
    if isinstance(section, ScaleSection) and not section.profile().verified:
        yield Diagnosis(
            level="warn",
            code="protocol_not_verified",
            subject=place,
            text=f"no frames of real devices were held against the protocol {section.protocol}",
            remedy=f"weigh a known mass with `preclear devices test {place}` before you rely on it",
        )
