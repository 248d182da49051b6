"""Ports of arrival of the United States and the day that it is there. The pack is ``packs/us-ports.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo


def zone_of(port: str | None) -> ZoneInfo | None:
    """The time zone of a port: IATA code, UN/LOCODE or code of Schedule D; None where it is not known.

    >>> [str(zone_of(port)) for port in ("LAX", "USSDF", "3302", "3304", "LHR")]
    ['America/Los_Angeles', 'America/Kentucky/Louisville', 'America/Los_Angeles', 'America/Denver', 'None']
    """
    if port is None:
        return None
    zones = _zones()
    code = port.strip().upper()
    if len(code) == 5 and code[:2] in _COUNTRIES:
        code = code[2:]
    elif code.isdecimal() and len(code) == 4 and code not in zones:
        code = code[:2]
    name = zones.get(code)
    return None if name is None else ZoneInfo(name)


_COUNTRIES = frozenset({"US", "PR", "VI", "GU", "MP", "AS"})


@functools.cache
def _zones() -> Mapping[str, str]:
    """Zone by code: three letters, four digits, or the two of a district."""
    pack = tomllib.loads(files("agent.domain.packs").joinpath("us-ports.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            code: zone
            for part in ("places", "districts", "schedule_d")
            for zone, codes in pack[part].items()
            for code in codes.split()
        }
    )
