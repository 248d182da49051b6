"""``preclear run``: the hub itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from agent.app import run as run_hub
from agent.cli.options import config_option
from agent.config.file import load_config
from agent.runtime import logs


@click.command()
@config_option
def run(config_path: Path) -> None:
    """Run the hub: read the devices, decide, serve the page, sync with the centre."""
    config = load_config(config_path)
    logs.to_stderr()
    asyncio.run(run_hub(config, ready=lambda url: click.echo(f"ready {url}")))
