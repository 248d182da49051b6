"""``preclear keys``: the hub's own keys."""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli.options import config_option
from agent.config.file import load_config
from agent.trust.hub_keys import make_keys


@click.group()
def keys() -> None:
    """The hub's own keys."""


@keys.command()
@config_option
def make(config_path: Path) -> None:
    """Make the hub's keys; they never leave this machine. Register the card at the centre."""
    config = load_config(config_path)
    card = make_keys(config.hub.data, config.hub.name)
    click.echo(f"register at the centre: preclear-central register-hub {card}")
