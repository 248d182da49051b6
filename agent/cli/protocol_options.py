"""Options of the commands that read a device's bytes: its protocol, switches, unit.

Apart from ``options``, which every command imports: the catalogue of protocols takes a while to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from drivers.catalogue import CATALOGUE, profile_of, scale_names
from drivers.errors import BadSwitch
from drivers.profile import DeviceProfile
from drivers.weighing.units import GRAMS_PER, unit_name

AUTO = "auto"


def _one_of(names: tuple[str, ...], kind: str) -> Callable[[click.Context, click.Parameter, str], str]:
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
        callback=_one_of(names, kind),
        help="A name of `preclear decode protocols`, or auto.",
    )
    return switch, protocol


def unit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--unit``, for a scale whose frames name none."""
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
