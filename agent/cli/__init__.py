"""The command ``preclear``; each command's module is imported when it is called, so starting is quick."""

from __future__ import annotations

import importlib
from typing import Any

import click

from agent import __version__

COMMANDS = {
    "assess": "agent.cli.assess:assess",
    "bench": "agent.cli.bench:bench",
    "check": "agent.cli.check:check",
    "decide": "agent.cli.decide:decide",
    "decode": "agent.cli.decode.commands:decode",
    "demo": "agent.cli.demo:demo",
    "devices": "agent.cli.devices.commands:devices",
    "doctor": "agent.cli.doctor:doctor",
    "export": "agent.cli.export:export",
    "import": "agent.cli.import_:import_",
    "keys": "agent.cli.keys:keys",
    "policy": "agent.cli.policy.commands:policy",
    "run": "agent.cli.run:run",
    "schema": "agent.cli.schema:schema",
    "scorecard": "agent.cli.scorecard:scorecard",
    "sources": "agent.cli.sources:sources",
    "status": "agent.cli.status:status",
    "texts": "agent.cli.texts:texts",
    "verify": "agent.cli.verify:verify",
}
"""Where each command lies: its module is called as it is, a group may be a folder with ``commands`` in it."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        from agent.cli.options import report_errors  # noqa: PLC0415 - it loads the errors of all packages

        with report_errors():
            return super().invoke(ctx)


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="preclear")
def main() -> None:
    """Screen and preclear parcels at the hub of origin: offline, with signed decisions.

    Exit codes: 0 ok, 1 unexpected, 2 usage, 3 a finding (verification failed, rows refused), 4 not found,
    5 unreachable, 6 in use, 78 bad configuration.
    """
