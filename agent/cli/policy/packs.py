"""Options of the commands that read a policy pack or a time of the law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click


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


def instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A time with its offset: without one it could lie on either side of the second a rule begins."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a time; write it as 2025-08-29T00:01:00-04:00") from None
    if read.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no offset; write it as 2025-08-29T00:01:00-04:00 or with Z")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter(f"{value!r} lies beyond the years 1 to 9999 in UTC") from None
