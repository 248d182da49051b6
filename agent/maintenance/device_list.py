"""What is plugged into this machine: lasting names, where it is configured, who holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.maintenance.device_target import is_port
from drivers.ports import hidraw, holders, listing


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedIn:
    """One port; ``name`` is the one that lasts longest."""

    name: str
    device: str
    by_id: str | None
    by_path: str | None
    maker: str | None
    model: str | None
    configured: tuple[str, ...]
    held_by: tuple[str, ...]


class UnfitPort(ValueError):
    """Not a port, or a name that another device may have tomorrow."""


def plugged_in(configured: Mapping[str, str]) -> Iterator[PluggedIn]:
    """Every serial port and scanner node.

    Args:
        configured: Port of each configured place.
    """
    for device, by_id, by_path, maker, model in _named():
        mine = {device, by_id, by_path}
        yield PluggedIn(
            name=by_id or by_path or device,
            device=device,
            by_id=by_id,
            by_path=by_path,
            maker=maker,
            model=model,
            configured=tuple(place for place, port in configured.items() if _leads_to(port, mine)),
            held_by=tuple(str(holder) for holder in holders.holders_of(device)),
        )


def _named() -> Iterator[tuple[str, str | None, str | None, str | None, str | None]]:
    for port in listing.list_ports():
        yield port.device, port.identity.by_id, port.identity.by_path, port.maker, port.model
    for node in hidraw.list_hid():
        yield node.device, *hidraw.lasting_names(node.device), None, node.name


def _leads_to(port: str, names: set[str | None]) -> bool:
    return port in names or (port.startswith("/") and str(Path(port).resolve()) in names)


def lasting_name(port: str) -> str:
    """The name under which the device at a port is found again.

    Raises:
        UnfitPort: The text is not a port, or one whose name changes with the order of plugging.
    """
    if not is_port(port):
        raise UnfitPort(f"{port!r} is not a port; see `preclear devices list`")
    if listing.is_counted(port):
        stable = listing.stable_name_of(port)
        instead = f"use {stable}" if stable else "plug it in, and use its name from `preclear devices list`"
        raise UnfitPort(f"{port} changes with the order of plugging; {instead}")
    if port.startswith(("/dev/serial/by-", "/dev/hidraw")) or "://" in port:
        return port
    return listing.identity_of(port).key
