"""Which device is meant: one of the configuration by its place, or a port named on the spot.

Nothing else is ever opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from agent.config.devices import DeviceSection, ScannerSection
from agent.config.file import Config
from agent.errors import UnknownName
from drivers.line_settings import LineSettings
from drivers.profile import DeviceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device that may be opened. Without a ``profile`` its bytes are shown as they are."""

    name: str
    port: str
    settings: LineSettings
    profile: DeviceProfile | None
    unit: str | None = None


def is_port(device: str) -> bool:
    """Whether a text names a port rather than a place of the configuration.

    >>> is_port("/dev/serial/by-id/usb-x"), is_port("socket://scale:4001"), is_port("lane-1/scale")
    (True, True, False)
    """
    return device.startswith("/") or "://" in device


def port_target(port: str, profile: DeviceProfile | None, line: LineSettings | None = None) -> Target:
    """A device that is not configured; the line settings of its protocol without others."""
    usual = profile.settings if profile is not None else LineSettings()
    return Target(name=port, port=port, settings=line or usual, profile=profile)


def placed_target(
    config: Config,
    place: str,
    *,
    profile: DeviceProfile | None = None,
    switches: Mapping[str, str] | None = None,
    line: LineSettings | None = None,
) -> Target:
    """The device at a place of the configuration.

    Args:
        profile: A protocol in place of the configured one.
        switches: Of the configured protocol; ignored with ``profile``, which comes with its own.

    Raises:
        UnknownName: The configuration has no such station, or the station no such device.
        BadSwitch: The configured protocol has no such switch.
    """
    sections = dict(placed(config))
    if place not in sections:
        places = ", ".join(sections)
        raise UnknownName(f"there is no device at {place!r}; name a port, or a configured place: {places}")
    section = sections[place]
    profile = profile or section.profile().adapted(switches or {})
    return Target(
        name=place,
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
