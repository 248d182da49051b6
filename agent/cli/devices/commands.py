"""Devices from the command line: what is plugged in, its protocol, whether it works.

Only a port that the configuration names, or that is given on the command line, is ever opened.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent import __version__
from agent.cli.devices.hearing import check, listen, recent, record, replay
from agent.cli.devices.stopping import stop_on_signals
from agent.cli.devices.target import LineType
from agent.cli.options import DEFAULT_CONFIG, config_option, json_option, show
from agent.cli.protocol_options import AUTO, chosen_profile, protocol_options, unit_option
from agent.errors import UnknownName
from agent.maintenance.device_target import is_port, placed
from drivers.catalogue import scale_names, scanner_names
from drivers.line_settings import LineSettings
from drivers.simulators.speech import SPEECHES

if TYPE_CHECKING:
    from agent.maintenance.device_entry import Role
    from drivers.detection.probing import Detection

lines_option = click.option(
    "--line",
    "lines",
    type=LineType(),
    multiple=True,
    metavar="LINE",
    help='Speed and shape of the line, as in "9600 8N1"; may be given several times, tried in this order.',
)


@click.group()
def devices() -> None:
    """List, find out, add, test and record the devices of this hub.

    A DEVICE is a port (/dev/serial/by-id/..., socket://host:port) or a place of the configuration
    (lane-1/scale).
    """


for _command in (check, listen, recent, record, replay):
    devices.add_command(_command)


# -- what is there -------------------------------------------------------------------------------------------


@devices.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """List the ports that are plugged in, with their lasting names, and who uses them."""
    show(_listed(_configured(config_path)), as_json=as_json, lines=_list_lines)


def _configured(config_path: Path) -> dict[str, str]:
    """Every configured device's place and port; none on a machine that is not set up yet."""
    from agent.config.file import load_config  # noqa: PLC0415 - it loads the checks of the configuration

    if config_path == DEFAULT_CONFIG and not config_path.exists():
        return {}
    return {place: section.port for place, section in placed(load_config(config_path))}


def _listed(configured: Mapping[str, str]) -> dict[str, Any]:
    from agent.maintenance.device_list import plugged_in  # noqa: PLC0415 - it loads the serial library

    ports = [asdict(port) for port in plugged_in(configured)]
    there = {place for port in ports for place in port["configured"]}
    return {
        "schema": "preclear.devices",
        "version": __version__,
        "ports": ports,
        "elsewhere": [
            {"place": place, "port": port, "there": "://" not in port and Path(port).exists()}
            for place, port in configured.items()
            if place not in there
        ],
    }


def _list_lines(listed: dict[str, Any]) -> Iterator[str]:
    for port in listed["ports"]:
        made = " ".join(filter(None, (port["maker"], port["model"])))
        yield f"{port['name']}" + (f"  {made}" if made else "")
        if port["name"] != port["device"]:
            yield f"  now {port['device']}"
        if port["by_path"] and port["by_path"] != port["name"]:
            yield f"  plugged in at {port['by_path']}"
        yield f"  configured as {', '.join(port['configured'])}" if port["configured"] else "  not configured"
        if port["held_by"]:
            yield f"  held by {', '.join(port['held_by'])}"
    for device in listed["elsewhere"]:
        state = "" if device["there"] or "://" in device["port"] else ", which is not plugged in"
        yield f"{device['place']} is configured on {device['port']}{state}"
    if not listed["ports"] and not listed["elsewhere"]:
        yield "no port is plugged in"


# -- its protocol ------------------------------------------------------------------------------------------


@devices.command("detect")
@click.argument("port")
@lines_option
@json_option
def detect_(port: str, lines: tuple[LineSettings, ...], as_json: bool) -> None:
    """Detect the scale protocol on PORT: listens, then sends only commands that change nothing.

    Only the given line settings are tried (9600 8N1 without any), and nothing is configured. Ends with 3
    where no protocol is certain.
    """
    detection = _detected(port, lines)
    show(_detection_as_json(port, detection), as_json=as_json, lines=lambda _: _detection_lines(detection))
    sys.exit(0 if detection.outcome.value == "confident" else 3)


def _detected(port: str, lines: tuple[LineSettings, ...]) -> Detection:
    from agent.maintenance.device_live import detect  # noqa: PLC0415 - it loads the serial library

    if not is_port(port):
        raise click.UsageError(f"{port!r} is not a port; detection opens only the port that you name")
    return asyncio.run(detect(port, lines))


def _detection_as_json(port: str, detection: Detection) -> dict[str, Any]:
    guess = detection.guess
    return {
        "schema": "preclear.detection",
        "version": __version__,
        "port": port,
        "outcome": detection.outcome.value,
        "protocol": guess.protocol if guess is not None else None,
        "switches": dict(guess.switches) if guess is not None else {},
        "also_fits": list(guess.also_fits) if guess is not None else [],
        "line": str(detection.settings),
        "frames": guess.frames if guess is not None else 0,
        "violations": guess.violations if guess is not None else 0,
        "evidence": list(guess.evidence) if guess is not None else [],
        "heard": detection.received,
        "sample": detection.sample,
        "sent": [command.hex() for command in detection.sent],
        "why": detection.why,
    }


def _detection_lines(detection: Detection) -> Iterator[str]:
    guess = detection.guess
    if guess is None:
        yield f"{detection.outcome.value}: {detection.why}"
        if detection.sample:
            yield f"  received {detection.sample}"
    else:
        switches = "".join(f" {name}={value}" for name, value in guess.switches.items())
        yield f"{guess.protocol}{switches} ({detection.outcome.value}) at {detection.settings}"
        yield from (f"  {frame}" for frame in guess.evidence)
        if guess.also_fits:
            yield f"  also fits {', '.join(guess.also_fits)}: compare with the device's plate or menu"
        if detection.why:
            yield f"  {detection.why}"
    asked = ", ".join(repr(command)[1:] for command in dict.fromkeys(detection.sent)) or "nothing"
    yield f"  sent: {asked}"


# -- into the configuration ----------------------------------------------------------------------------------


@devices.command("add")
@click.argument("port")
@click.option("--station", required=True, help="The lane it belongs to.")
@click.option("--role", type=click.Choice(["scale", "scanner"]), default="scale", show_default=True)
@protocol_options
@unit_option
@lines_option
@click.option("--print", "only_print", is_flag=True, help="Show the entry, and leave the file as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def add(
    *,
    port: str,
    station: str,
    role: Role,
    protocol: str,
    switches: dict[str, str],
    unit: str | None,
    lines: tuple[LineSettings, ...],
    only_print: bool,
    yes: bool,
    config_path: Path,
) -> None:
    """Configure the device on PORT, under its lasting name, once you have confirmed what it is.

    A scale without --protocol is detected first; only a certain protocol is taken. The previous file
    is kept as FILE.bak.
    """
    from agent.maintenance.device_entry import DeviceEntry, write_config  # noqa: PLC0415

    lasting = _lasting_name(port)
    settings = lines[0] if lines else None
    if protocol == AUTO and role == "scale":
        detection = _detected(lasting, lines)
        for line in _detection_lines(detection):
            click.echo(line, err=True)
        if detection.guess is None or detection.outcome.value != "confident":
            raise UnknownName(f"no protocol of {port} is certain; name it with --protocol if you know it")
        protocol, settings = detection.guess.protocol, detection.settings
        switches = dict(detection.guess.switches) | switches
    else:
        protocol = "line-scanner" if protocol == AUTO else protocol
    _check_role(protocol, role)
    profile = chosen_profile(protocol, switches)
    assert profile is not None
    if role == "scale" and not profile.names_unit and unit is None:
        raise click.UsageError(f"{protocol} frames name no unit; give what the scale shows with --unit")
    entry = DeviceEntry(
        station=station,
        role=role,
        port=lasting,
        profile=profile,
        settings=settings or profile.settings,
        switches=switches,
        unit=unit,
    )
    for line in entry.lines():
        click.echo(line)
    if only_print:
        return
    changed = entry.added_to(config_path.read_text(encoding="utf-8"))
    if not yes and not click.confirm(f"Add this to {config_path}, as {station}/{role}?", err=True):
        click.echo("nothing was changed", err=True)
        sys.exit(3)
    backup = write_config(config_path, changed)
    click.echo(
        f"{config_path} was changed, {backup} is the previous file; restart the hub to use it", err=True
    )


def _lasting_name(port: str) -> str:
    from agent.maintenance.device_list import UnfitPort, lasting_name  # noqa: PLC0415

    try:
        return lasting_name(port)
    except UnfitPort as error:
        raise click.UsageError(str(error)) from error


def _check_role(protocol: str, role: str) -> None:
    known = scale_names() if role == "scale" else scanner_names()
    if protocol not in known:
        raise click.UsageError(f"{protocol} is not a {role} protocol; use one of {', '.join(known)}")


# -- without hardware ----------------------------------------------------------------------------------------


@devices.command("simulate")
@click.argument("kind", type=click.Choice(["scale", "scanner"]))
@click.option("--protocol", help="Protocol; by default mt-sics for a scale, and lines for a scanner.")
@click.option("--tcp", metavar="HOST:PORT", help="Serve TCP instead of a pseudo-terminal; port 0 is any.")
@click.option("--lay", type=click.FloatRange(0, min_open=True), metavar="GRAMS", help="A load for the scale.")
@click.option("--unit", help="What the scale shows.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Makes a run repeatable.")
@click.option("--rate-hz", default=10.0, show_default=True, type=click.FloatRange(0.1, 1000))
@click.option("--parity", type=click.Choice(["even", "odd"]), help="Send as a line of seven bits.")
def simulate(
    *,
    kind: str,
    protocol: str | None,
    tcp: str | None,
    lay: float | None,
    unit: str | None,
    seed: int,
    rate_hz: float,
    parity: str | None,
) -> None:
    """Run a simulated device until Ctrl-C; its port is printed once it is there."""
    if kind == "scale" and protocol is not None and protocol not in SPEECHES:
        raise click.UsageError(f"no simulated scale speaks {protocol!r}; use one of {', '.join(SPEECHES)}")
    if kind != "scale" and lay is not None:
        raise click.UsageError("only a scale takes a load")
    asyncio.run(
        _simulate(kind, lay, protocol=protocol, tcp=tcp, unit=unit, seed=seed, rate_hz=rate_hz, parity=parity)
    )


async def _simulate(kind: Any, lay: float | None, **options: Any) -> None:
    from agent.maintenance.device_live import run_until  # noqa: PLC0415
    from drivers.simulators.client import SimulatedDevice  # noqa: PLC0415

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="preclear-") as folder:
            async with SimulatedDevice(kind, Path(folder), **options) as device:
                if lay is not None:
                    await device.lay(lay)
                click.echo(device.url)
                click.echo(f"orders, one JSON object a line: {folder}/{kind}.ctl", err=True)
                await asyncio.Event().wait()

    await run_until(run(), stop=stop_on_signals())
