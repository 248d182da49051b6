"""What commands share: the configuration option, plain errors, exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from agent.errors import AgentError
from drivers.errors import DeviceError
from models.errors import ModelError
from sync.errors import BadKeyFile, ForeignFile, SchemaTooNew, SyncError, UnknownKey

DEFAULT_CONFIG = Path("/etc/preclear/config.toml")


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--config FILE``, also from the environment."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        envvar="PRECLEAR_CONFIG",
        default=DEFAULT_CONFIG,
        show_default=True,
        help="The hub's configuration; also from PRECLEAR_CONFIG.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: one object on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(
        command
    )


@contextmanager
def told() -> Iterator[None]:
    """Turn an error that was foreseen into one message and its exit code."""
    try:
        yield
    except AgentError as error:
        _end(error, error.exit_code)
    except (BadKeyFile, ForeignFile, SchemaTooNew, UnknownKey) as error:
        _end(error, 78)
    except SyncError as error:
        _end(error, 3)
    except DeviceError as error:
        _end(error, 1)
    except ModelError as error:
        _end(error, 78)
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        _end(AgentError(f"{named}{error.strerror or error}"), 1)


def _end(error: Exception, code: int) -> None:
    click.echo(f"preclear: {error}", err=True)
    sys.exit(code)


def show(found: dict[str, Any], *, as_json: bool, lines: Callable[[dict[str, Any]], Iterator[str]]) -> None:
    """Print a result as one JSON object, or as lines for people."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in lines(found):
            click.echo(line)
