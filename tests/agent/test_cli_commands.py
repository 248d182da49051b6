"""Where each command lies: its module is called as the command is."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import agent.cli
from agent.cli import COMMANDS, main

ROOM = Path(agent.cli.__file__).parent
SHARED = {"exit_codes", "options", "progress", "protocol_options", "stdin_lines"}
"""Modules of the room that several commands use."""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_lies_in_the_module_of_its_name(name: str) -> None:
    called = "import_" if name == "import" else name
    places = {f"agent.cli.{called}:{called}", f"agent.cli.{called}.commands:{called}"}
    assert COMMANDS[name] in places
    context = click.Context(main)
    assert isinstance(main, click.Group)
    command = main.get_command(context, name)
    assert command is not None
    assert command.name == name


def test_every_module_of_the_room_is_a_command_or_shared_by_commands() -> None:
    modules = {path.stem for path in ROOM.glob("*.py")} | {path.parent.name for path in ROOM.glob("*/*.py")}
    commands = {place.removeprefix("agent.cli.").split(".")[0].split(":")[0] for place in COMMANDS.values()}
    assert modules == commands | SHARED | {"__init__"}
