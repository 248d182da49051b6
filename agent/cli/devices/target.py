"""``DEVICE`` on a command line, and line settings as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import click

from agent.cli.protocol_options import AUTO, chosen_profile, protocol_options
from agent.config.file import load_config
from agent.maintenance.device_target import Target, is_port, placed_target, port_target
from drivers.line_settings import LineSettings

_LINE = re.compile(r"(\d{3,7})[ ,:-]?([78])[ ,:-]?([NEO])[ ,:-]?([12])", re.ASCII | re.IGNORECASE)


class LineType(click.ParamType[LineSettings]):
    """Line settings as people write them: ``9600 8N1``, ``2400,7,E,1``."""

    name = "line"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> LineSettings:
        """The settings, or a usage error that shows how they are written."""
        if isinstance(value, LineSettings):
            return value
        match = _LINE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f'{value!r} is not a line setting; write it as "9600 8N1"', param, ctx)
        speed, bits, parity, stop_bits = match.groups()
        return LineSettings(
            baudrate=int(speed),
            byte_size=cast(Literal[7, 8], int(bits)),
            parity=cast(Literal["N", "E", "O"], parity.upper()),
            stop_bits=cast(Literal[1, 2], int(stop_bits)),
        )


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``DEVICE``, and its protocol and line if it is not configured."""
    command = click.option(
        "--line",
        type=LineType(),
        metavar="LINE",
        help='Speed and shape of the line, as in "9600 8N1"; those of the protocol without it.',
    )(command)
    return click.argument("device")(protocol_options(command))


def target_of(
    device: str,
    config_path: Path,
    *,
    protocol: str,
    switches: Mapping[str, str],
    line: LineSettings | None,
) -> Target:
    """The device that is meant.

    Raises:
        UnknownName: The configuration has no such station, or the station no such device.
        ConfigInvalid: The configuration is needed and cannot be read.
        click.UsageError: The protocol has no such switch, or a switch of a port has no protocol.
    """
    if is_port(device):
        return port_target(device, chosen_profile(protocol, switches), line)
    config = load_config(config_path)
    if protocol == AUTO:
        return placed_target(config, device, switches=switches, line=line)
    return placed_target(config, device, profile=chosen_profile(protocol, switches), line=line)
