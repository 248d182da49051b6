"""The protocols we speak, by the name that a configuration uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from drivers.errors import UnknownProtocol
from drivers.events import Parser
from drivers.port import LineSettings
from drivers.scales import mt_sics
from drivers.scanners.line import LineScanner


class DeviceKind(StrEnum):
    """What a device measures."""

    SCALE = "scale"
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProfile:
    """All that a supervised device needs to know of its protocol; ``dataclasses.replace`` adapts one to a
    site.

    ``start_command`` makes the device talk, ``poll_command`` asks once, for devices that refuse the first;
    both are empty for a device that talks by itself. ``silent_after_s`` is the age of the last byte at which
    a device with a start command is told to start again. ``cannot_tell`` lists what never comes out of this
    protocol.
    """

    name: str
    kind: DeviceKind
    new_parser: Callable[[], Parser]
    settings: LineSettings = field(default_factory=LineSettings)
    start_command: bytes = b""
    poll_command: bytes = b""
    poll_interval_s: float = 0.1
    silent_after_s: float = 1.0
    cannot_tell: tuple[str, ...] = ()


CATALOGUE = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            DeviceProfile(
                name="mt-sics",
                kind=DeviceKind.SCALE,
                new_parser=mt_sics.MtSics,
                start_command=mt_sics.START,
                poll_command=mt_sics.POLL,
                cannot_tell=(
                    "whether a value is gross or net",
                    "whether a tare is set, unless it is asked",
                    "a division wider than the last digit",
                    "the time of the weighing",
                ),
            ),
            DeviceProfile(
                name="line-scanner",
                kind=DeviceKind.SCANNER,
                new_parser=LineScanner,
                cannot_tell=(
                    "the symbology, unless AIM identifiers are switched on",
                    "a leading FNC1, unless AIM identifiers are switched on",
                    "whether it is there, until it scans",
                ),
            ),
            DeviceProfile(
                name="stx-etx-scanner",
                kind=DeviceKind.SCANNER,
                new_parser=lambda: LineScanner(stx_etx=True),
                cannot_tell=(
                    "the symbology, unless AIM identifiers are switched on",
                    "a leading FNC1, unless AIM identifiers are switched on",
                    "whether it is there, until it scans",
                ),
            ),
        )
    }
)


def profile_of(name: str) -> DeviceProfile:
    """The profile a configuration names.

    Raises:
        UnknownProtocol: The catalogue has no such name.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownProtocol(name, tuple(CATALOGUE)) from None
