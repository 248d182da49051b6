"""Policy packs as the commands read them: a folder, a file, or the one that comes with the program.

Unsigned: these commands check and explain. A hub takes nothing but what the authority has signed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from agent.domain.errors import PolicyInvalid
from agent.domain.packs.shipped import DEFAULT, shipped_pack
from agent.domain.packs.source import join
from agent.domain.policy.pack import Policy, is_template, parse_policy
from agent.errors import AgentError

_DIGEST = (b"@MODEL_DIGEST@", b"0" * 64)
_ISSUED = (b"@ISSUED@", b"2000-01-01T00:00:00Z")


class PackRefused(AgentError):
    """A policy pack has faults; all of them are named with file, line and column."""


def pack_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """``PACK``: a folder or a file."""
    return click.argument("pack", type=click.Path(path_type=Path, exists=True))(command)


def pack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--policy FILE|FOLDER``; the shipped pack without it."""
    return click.option(
        "--policy",
        "pack",
        type=click.Path(path_type=Path, exists=True),
        help="A pack as a folder of TOML or as one file; the shipped pack without it.",
    )(command)


def read_source(pack: Path | None) -> tuple[bytes, str]:
    """One document of a pack, and what to call it.

    Raises:
        PolicyInvalid: the folder's files do not make one document.
    """
    if pack is None:
        return shipped_pack(), f"the shipped pack {DEFAULT}"
    if pack.is_dir():
        return join(
            {file.name: file.read_bytes() for file in sorted(pack.glob("*.toml"))}, source=str(pack)
        ), str(pack)
    return pack.read_bytes(), str(pack)


def parsed(pack: Path | None) -> Policy:
    """A pack, complete and compiled; the marks of a template are filled with a digest that fits no model.

    Raises:
        PolicyInvalid: with every fault of the pack.
    """
    data, name = read_source(pack)
    if is_template(data):
        data = data.replace(*_DIGEST).replace(*_ISSUED)
    return parse_policy(data, source=name)


def read_pack(pack: Path | None) -> Policy:
    """As ``parsed``.

    Raises:
        PackRefused: every fault of the pack.
    """
    try:
        return parsed(pack)
    except PolicyInvalid as error:
        raise PackRefused(str(error)) from error


def instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A time with its offset: without one it could lie on either side of the second a rule begins."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time; write it as 2025-08-29T00:01:00-04:00") from None
    if read.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no offset; write it as 2025-08-29T00:01:00-04:00 or with Z")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter(f"{value!r} lies beyond the years 1 to 9999 in UTC") from None
