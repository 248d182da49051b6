"""What may keep a hub from working, named before it does; nothing is changed, no port is opened."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.config.devices import DATAWEDGE, DeviceSection, ScaleSection
from agent.config.file import Config, load_config
from agent.control import client as control
from agent.errors import AgentError, ConfigInvalid
from agent.evidence.reader import FILE as EVIDENCE
from agent.maintenance.device_target import placed
from drivers.ports.competitors import look_for_thieves
from drivers.ports.holders import holders_of
from drivers.ports.listing import identity_of, list_ports

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The result of one check; ``remedy`` is empty where nothing is to be done."""

    level: Level
    code: str
    subject: str
    text: str
    remedy: str = ""


async def examine(config_path: Path) -> tuple[Diagnosis, ...]:
    """Everything that can be checked; only the configuration if it has errors."""
    try:
        config = load_config(config_path)
    except ConfigInvalid as error:
        return (
            Diagnosis(
                level="fail",
                code="config_invalid",
                subject=str(config_path),
                text=str(error),
                remedy="correct the file, then run `preclear doctor` again for the rest",
            ),
        )
    running = await hub_runs(config)
    # It asks the system for ports and for who holds them.
    devices = await asyncio.to_thread(
        lambda: (*check_devices(config, hub_runs=running), *check_competitors())
    )
    return (check_stations(config_path, config), check_data(config), _hub(config, running), *devices)


def check_stations(config_path: Path, config: Config) -> Diagnosis:
    """That the configuration is good, and how many stations it has."""
    count = len(config.stations)
    text = f"{count} station{'' if count == 1 else 's'}"
    return Diagnosis(level="ok", code="config", subject=str(config_path), text=text)


def check_data(config: Config) -> Diagnosis:
    """Whether this user can write to the data directory."""
    folder = config.hub.data
    if not folder.is_dir():
        return Diagnosis(
            level="fail",
            code="data_missing",
            subject=str(folder),
            text="the data directory does not exist",
            remedy="run: preclear keys make",
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


async def hub_runs(config: Config) -> bool:
    """Whether something answers on the hub's socket."""
    try:
        return await control.call(config.hub.data, "status") is not None
    except AgentError:
        return True  # it answered, if only with an error


def _hub(config: Config, running: bool) -> Diagnosis:
    text = "is running" if running else "is not running"
    return Diagnosis(level="ok", code="hub", subject=config.hub.name, text=text)


def check_devices(config: Config, *, hub_runs: bool) -> Iterator[Diagnosis]:
    """Of every configured device: is its port there, may this user open it, does another program hold it."""
    for place, section in placed(config):
        yield from _check_device(place, section, hub_runs=hub_runs)


def _check_device(place: str, section: DeviceSection, *, hub_runs: bool) -> Iterator[Diagnosis]:
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
            remedy="add the user to the port's group (`dialout` on Debian), and log in again",
        )
    else:
        yield from _check_port(place, port, hub_runs=hub_runs)
    if isinstance(section, ScaleSection) and not section.profile().verified:
        yield Diagnosis(
            level="warn",
            code="protocol_not_verified",
            subject=place,
            text=f"the protocol {section.protocol} has not been checked against frames of real devices",
            remedy=f"weigh a known mass with `preclear devices test {place}` before you rely on it",
        )


def _check_port(place: str, port: str, *, hub_runs: bool) -> Iterator[Diagnosis]:
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


def check_competitors() -> Iterator[Diagnosis]:
    """Programs of this machine that take ports by themselves."""
    for thief in look_for_thieves(list_ports()):
        yield Diagnosis(
            level="warn",
            code=thief.code,
            subject=thief.port or "ports",
            text=thief.text,
            remedy=thief.remedy,
        )
