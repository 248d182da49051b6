"""The protocols we speak, by the name that a configuration uses."""

from __future__ import annotations

from types import MappingProxyType

from drivers.errors import UnknownProtocol
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales import (
    mt_sics,
)
from drivers.scanners import line

SCALES: tuple[DeviceProfile, ...] = (mt_sics.PROFILE,)
"""In the order in which detection prefers them where a stream fits more than one grammar."""

SCANNERS: tuple[DeviceProfile, ...] = (
    line.PROFILE,
    line.STX_ETX_PROFILE,
)

CATALOGUE = MappingProxyType({profile.name: profile for profile in (*SCALES, *SCANNERS)})


def profile_of(name: str) -> DeviceProfile:
    """The profile a configuration names.

    Raises:
        UnknownProtocol: The catalogue has no such name.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownProtocol(name, tuple(CATALOGUE)) from None


def scale_names() -> tuple[str, ...]:
    """Every scale protocol, by name."""
    return tuple(name for name, profile in CATALOGUE.items() if profile.kind is DeviceKind.SCALE)


def scanner_names() -> tuple[str, ...]:
    """Every protocol that gives scans, by name; a scale's too, where a scanner shares its cable."""
    return tuple(
        name for name, profile in CATALOGUE.items() if profile.kind is DeviceKind.SCANNER or profile.scans_too
    )
