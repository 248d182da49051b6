"""Bytes and labels decoded without a hub: for support, for scripts, for whoever checks a parser of ours.

Each command is pure: what stands on standard input or in a file goes in, JSON comes out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from agent import __version__
from agent.cli.decode.decoding import decode_frames, parse_hex, parse_label, summed_up
from agent.cli.options import show
from agent.cli.stdin_lines import each_line, quiet_pipe
from drivers.catalogue import CATALOGUE, SCALES, profile_of, scale_names
from drivers.errors import BadSwitch
from drivers.profile import DeviceProfile
from drivers.weighing.units import GRAMS_PER, unit_name

AUTO = "auto"


def _spoken(names: tuple[str, ...], kind: str) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        if value != AUTO and value not in names:
            raise click.BadParameter(
                f"no {kind}protocol is called {value!r}; use auto or one of {', '.join(names)}"
            )
        return value

    return check


def _unit(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    name = unit_name(value) if value is not None else None
    if value is not None and name not in GRAMS_PER:
        raise click.BadParameter(f"no unit of weight is called {value!r}; use one of {', '.join(GRAMS_PER)}")
    return name


def _switches(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.BadParameter(f"{wrong[0]!r} names no position; write name=value")
    return {name.strip(): position.strip() for name, _, position in pairs}


def _options(names: tuple[str, ...], kind: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    switch = click.option(
        "--switch",
        "switches",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_switches,
        help="Set a switch of the protocol; see `preclear decode protocols`.",
    )
    protocol = click.option(
        "--protocol",
        default=AUTO,
        show_default=True,
        callback=_spoken(names, kind),
        help="A name of `preclear decode protocols`, or auto.",
    )
    return switch, protocol


def unit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--unit`` of a scale whose frames name none."""
    return click.option("--unit", callback=_unit, help="The unit of a scale that names none.")(command)


def scale_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--protocol``, ``--unit`` and ``--switch`` of a command that reads a scale's bytes."""
    switch, protocol = _options(scale_names(), "scale ")
    decorated: Callable[..., Any] = protocol(unit_option(switch(command)))
    return decorated


def protocol_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--protocol`` and ``--switch`` of a command that takes scanners as well."""
    switch, protocol = _options(tuple(CATALOGUE), "")
    decorated: Callable[..., Any] = protocol(switch(command))
    return decorated


def chosen_profile(protocol: str, switches: Mapping[str, str]) -> DeviceProfile | None:
    """The protocol that was asked for, as its switches are set; None for ``auto``."""
    if protocol == AUTO:
        if switches:
            raise click.UsageError("a switch belongs to a protocol: name it with --protocol")
        return None
    try:
        return profile_of(protocol).adapted(switches)
    except BadSwitch as error:
        raise click.BadParameter(str(error), param_hint="--switch") from error


@click.group()
def decode() -> None:
    """Decode bytes of a scale, a recording, or the text of a label; no hub and no device is needed."""


# -- one frame a line ----------------------------------------------------------------------------------------


@decode.command("scale")
@scale_options
def scale(protocol: str, unit: str | None, switches: dict[str, str]) -> None:
    """Decode frames given as hex, one device answer a line, from standard input.

    Blanks, commas and 0x are allowed; what follows # is a comment. Each line that holds bytes gives one JSON
    object, about the last whole frame on it. A line that is not hex gives {"error": ...}, and the command
    ends with 3.
    """
    profile = chosen_profile(protocol, switches)

    def decoded(line: bytes) -> dict[str, Any] | None:
        data = parse_hex(line)
        return decode_frames(data, profile, unit) if data else None

    each_line(decoded)


# -- a recording ---------------------------------------------------------------------------------------------


@decode.command("stream")
@scale_options
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def stream(protocol: str, unit: str | None, switches: dict[str, str], file: Path) -> None:
    """Sum up a recording: raw bytes of a device, or a transcript; - is standard input."""
    profile = chosen_profile(protocol, switches)
    if str(file) == "-":
        found = summed_up(sys.stdin.buffer, "standard input", profile, unit, say=_say)
    else:
        with file.open("rb") as opened:
            found = summed_up(opened, str(file), profile, unit, say=_say)
    with quiet_pipe():
        click.echo(json.dumps(found))


def _say(text: str) -> None:
    click.echo(f"preclear: {text}", err=True)


# -- labels --------------------------------------------------------------------------------------------------


@decode.command("barcode")
def barcode() -> None:
    """Read labels: lines of {"payload": TEXT, "aim": "]C1" or null} on standard input.

    Each line gives {"candidates": [...]}, the best reading first. A line that cannot be read gives
    {"error": ...}, and the command ends with 3.
    """
    from agent.domain.identifiers import identify  # noqa: PLC0415 - it loads the GS1 tables

    def read(line: bytes) -> dict[str, Any] | None:
        if not line.strip():
            return None
        payload, aim = parse_label(line)
        return {
            "candidates": [
                {
                    "kind": found.kind,
                    "value": found.value,
                    "valid": found.valid,
                    "parts": dict(found.parts),
                    "reason": found.reason,
                }
                for found in identify(payload, aim)
            ]
        }

    each_line(read)


# -- the catalogue -------------------------------------------------------------------------------------------


@decode.command("protocols")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--markdown", is_flag=True, help="A table for a page.")
def protocols(as_json: bool, markdown: bool) -> None:
    """List the scale protocols: line settings from the factory, switches, what they cannot tell."""
    found = {
        "schema": "preclear.protocols",
        "version": __version__,
        "protocols": [_described(profile) for profile in SCALES],
    }
    show(found, as_json=as_json, lines=_markdown_lines if markdown else _protocol_lines)


def _described(profile: DeviceProfile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "title": profile.title,
        "settings": str(profile.settings),
        "names_unit": profile.names_unit,
        "verified": profile.verified,
        "switches": [
            {"name": switch.name, "values": list(switch.values), "meaning": switch.meaning}
            for switch in profile.switches
        ],
        "cannot_tell": list(profile.cannot_tell),
        "source": profile.source,
    }


def _protocol_lines(found: dict[str, Any]) -> Iterator[str]:
    for protocol in found["protocols"]:
        unit = "" if protocol["names_unit"] else ", names no unit"
        yield f"{protocol['name']}  {protocol['settings']}{unit}"
        yield f"  {protocol['title']}"
        for switch in protocol["switches"]:
            yield f"  --switch {switch['name']}={'|'.join(switch['values'])}  {switch['meaning']}"


def _markdown_lines(found: dict[str, Any]) -> Iterator[str]:
    yield "| protocol | speaks it | line | switches, the usual position first | source |"
    yield "| --- | --- | --- | --- | --- |"
    for protocol in found["protocols"]:
        switches = ", ".join(f"`{s['name']}` = {' / '.join(s['values'])}" for s in protocol["switches"])
        notes = [
            "" if protocol["names_unit"] else "names no unit",
            "" if protocol["verified"] else "no frame of a real device was seen",
        ]
        said = "; ".join(filter(None, (switches, *notes)))
        yield (
            f"| `{protocol['name']}` | {protocol['title']} | {protocol['settings']} | {said} | "
            f"{protocol['source']} |"
        )
