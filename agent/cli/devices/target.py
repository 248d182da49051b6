"""Which device a command means: one of the configuration by its place, or a port named on the spot.

Nothing else is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import click

from agent.cli.decode.commands import AUTO, chosen_profile, protocol_options
from agent.config.devices import DeviceSection, ScannerSection
from agent.config.file import Config, load_config
from agent.errors import NotFound
from drivers.line_settings import LineSettings
from drivers.profile import DeviceProfile

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
        found = _LINE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f'{value!r} are no line settings; write them as "9600 8N1"', param, ctx)
        speed, bits, parity, stop_bits = found.groups()
        return LineSettings(
            baudrate=int(speed),
            byte_size=cast(Literal[7, 8], int(bits)),
            parity=cast(Literal["N", "E", "O"], parity.upper()),
            stop_bits=cast(Literal[1, 2], int(stop_bits)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device that may be opened. Without a ``profile`` its bytes are shown as they are."""

    name: str
    port: str
    settings: LineSettings
    profile: DeviceProfile | None
    unit: str | None = None


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``DEVICE`` and how it speaks, for one that is not configured."""
    command = click.option(
        "--line",
        type=LineType(),
        metavar="LINE",
        help='Speed and shape of the line, as in "9600 8N1"; those of the protocol without it.',
    )(command)
    return click.argument("device")(protocol_options(command))


def is_port(device: str) -> bool:
    """Whether a command's argument names a port rather than a place of the configuration.

    >>> is_port("/dev/serial/by-id/usb-x"), is_port("socket://scale:4001"), is_port("lane-1/scale")
    (True, True, False)
    """
    return device.startswith("/") or "://" in device


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
        NotFound: The configuration has no such station, or the station no such device.
        ConfigInvalid: The configuration is needed and cannot be read.
        click.UsageError: The protocol has no such switch.
    """
    if is_port(device):
        profile = chosen_profile(protocol, switches)
        usual = profile.settings if profile is not None else LineSettings()
        return Target(name=device, port=device, settings=line or usual, profile=profile)
    found = dict(placed(load_config(config_path)))
    if device not in found:
        raise NotFound(
            f"no device is at {device!r}; name a port, or one of the configuration's: {', '.join(found)}"
        )
    section = found[device]
    profile = section.profile()
    if protocol != AUTO:
        profile = chosen_profile(protocol, switches) or profile
    elif switches:
        profile = profile.adapted(switches)
    return Target(
        name=device,
        port=section.port,
        settings=line or section.settings(),
        profile=_with_no_reads(profile, section),
        unit=getattr(section, "unit", None),
    )


def placed(config: Config) -> Iterator[tuple[str, DeviceSection]]:
    """Every configured device, by its place: ``lane-1/scale``."""
    for station in config.stations:
        yield f"{station.name}/scanner", station.scanner
        if station.scale is not None:
            yield f"{station.name}/scale", station.scale


def _with_no_reads(profile: DeviceProfile, section: DeviceSection) -> DeviceProfile:
    if not isinstance(section, ScannerSection) or profile.name != section.protocol:
        return profile
    no_read = tuple(text.encode() for text in section.no_read)
    return replace(profile, new_parser=partial(profile.new_parser, no_read=no_read))
