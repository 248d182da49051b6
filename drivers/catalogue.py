"""The protocols we speak, by the name that a configuration uses."""

from __future__ import annotations

from types import MappingProxyType

from drivers.errors import UnknownProtocol
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales import (
    adam,
    and_standard,
    cardinal,
    cas_pd2,
    comma,
    dibal,
    hid,
    kern,
    kern_vibra,
    magellan,
    mt_sics,
    nci,
    ohaus,
    radwag,
    rice_lake,
    rinstrum,
    sbi,
    sma,
    toledo_8217,
    toledo_continuous,
    ups_string,
)
from drivers.scanners import datawedge, honeywell, keyboard, line, ssi

SCALES: tuple[DeviceProfile, ...] = (
    mt_sics.PROFILE,
    comma.PROFILE,
    and_standard.PROFILE,
    kern.PROFILE,
    kern_vibra.PROFILE,
    radwag.PROFILE,
    cardinal.SCOREBOARD_PROFILE,
    ohaus.PROFILE,
    *toledo_8217.PROFILES,
    nci.PROFILE,
    toledo_continuous.PROFILE,
    sma.PROFILE,
    hid.PROFILE,
    ups_string.PROFILE,
    magellan.PROFILE,
    adam.PROFILE,
    rinstrum.PROFILE,
    dibal.PROFILE,
    cardinal.PROFILE,
    sbi.PROFILE,
    rice_lake.PROFILE,
    cas_pd2.PROFILE,
)
"""In the order in which detection prefers them where a stream fits more than one grammar."""

SCANNERS: tuple[DeviceProfile, ...] = (
    *line.PROFILES,
    ssi.PROFILE,
    honeywell.PROFILE,
    keyboard.PROFILE,
    datawedge.PROFILE,
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
