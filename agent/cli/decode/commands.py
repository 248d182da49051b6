"""``preclear decode``: bytes and labels decoded without a hub, for support, scripts, tests of parsers.

Each command is pure: standard input or a file goes in, JSON comes out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from agent import __version__
from agent.cli.options import show
from agent.cli.protocol_options import chosen_profile, scale_options
from agent.cli.stdin_lines import BadLine, each_line, quiet_pipe
from agent.maintenance.decoding import Undecodable, decode_frames, parse_hex, parse_label, summed_up
from drivers.catalogue import SCALES
from drivers.profile import DeviceProfile


@click.group()
def decode() -> None:
    """Decode bytes of a scale, a recording, or the text of a label; no hub and no device is needed."""


@contextmanager
def _bad_line() -> Iterator[None]:
    """Answer a line that cannot be decoded as a bad one."""
    try:
        yield
    except Undecodable as error:
        raise BadLine(str(error)) from error


# -- one frame per line --------------------------------------------------------------------------------------


@decode.command("scale")
@scale_options
def scale(protocol: str, unit: str | None, switches: dict[str, str]) -> None:
    """Decode frames given as hex, one device answer per line, from standard input.

    Blanks, commas and 0x are allowed; what follows # is a comment. Each line that holds bytes gives one JSON
    object, about the last whole frame on it. A line that is not hex gives {"error": ...}, and the command
    ends with 3.
    """
    profile = chosen_profile(protocol, switches)

    def decoded(line: bytes) -> dict[str, Any] | None:
        with _bad_line():
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
        summary = summed_up(sys.stdin.buffer, "standard input", profile, unit, say=_say)
    else:
        with file.open("rb") as opened:
            summary = summed_up(opened, str(file), profile, unit, say=_say)
    with quiet_pipe():
        click.echo(json.dumps(summary))


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
        with _bad_line():
            payload, aim = parse_label(line)
        return {
            "candidates": [
                {
                    "kind": candidate.kind,
                    "value": candidate.value,
                    "valid": candidate.valid,
                    "parts": dict(candidate.parts),
                    "reason": candidate.reason,
                }
                for candidate in identify(payload, aim)
            ]
        }

    each_line(read)


# -- the catalogue -------------------------------------------------------------------------------------------


@decode.command("protocols")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--markdown", is_flag=True, help="A table for a page.")
def protocols(as_json: bool, markdown: bool) -> None:
    """List the scale protocols: line settings from the factory, switches, what they cannot tell."""
    listing = {
        "schema": "preclear.protocols",
        "version": __version__,
        "protocols": [_described(profile) for profile in SCALES],
    }
    show(listing, as_json=as_json, lines=_markdown_lines if markdown else _protocol_lines)


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


def _protocol_lines(listing: dict[str, Any]) -> Iterator[str]:
    for protocol in listing["protocols"]:
        unit = "" if protocol["names_unit"] else ", names no unit"
        yield f"{protocol['name']}  {protocol['settings']}{unit}"
        yield f"  {protocol['title']}"
        for switch in protocol["switches"]:
            yield f"  --switch {switch['name']}={'|'.join(switch['values'])}  {switch['meaning']}"


def _markdown_lines(listing: dict[str, Any]) -> Iterator[str]:
    yield "| protocol | speaks it | line | switches, the usual position first | source |"
    yield "| --- | --- | --- | --- | --- |"
    for protocol in listing["protocols"]:
        switches = ", ".join(f"`{s['name']}` = {' / '.join(s['values'])}" for s in protocol["switches"])
        notes = [
            "" if protocol["names_unit"] else "names no unit",
            "" if protocol["verified"] else "no frame of a real device was seen",
        ]
        remarks = "; ".join(filter(None, (switches, *notes)))
        yield (
            f"| `{protocol['name']}` | {protocol['title']} | {protocol['settings']} | {remarks} | "
            f"{protocol['source']} |"
        )
