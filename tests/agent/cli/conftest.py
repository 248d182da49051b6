"""Simulated devices for the commands, and a configuration they are added to."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli import main
from agent.runtime.clock import SystemClock
from agent.sandbox.site import Site
from drivers.simulators.client import SimulatedDevice

Preclear = Callable[..., Awaitable[Result]]
OnSite = Callable[..., Result]

CONFIG = """\
# our hub
[hub]
name = "hub/test"
data = "data"

[trust]
cards = ["authority.card"]

[policy]
file = "policy.toml"

[[stations]]
name = "lane-1"

[stations.scanner]
port = "/dev/serial/by-id/scanner-1"  # the blue one

[[stations]]
name = "lane-2"

[stations.scanner]
port = "/dev/serial/by-id/scanner-2"

[web]
port = 8080
"""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated scales answer at once."""
    monkeypatch.setattr("drivers.detection.probing.LISTEN_S", 0.3)
    monkeypatch.setattr("drivers.detection.probing.ANSWER_S", 0.3)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path has some hundred bytes."""
    made = Path(tempfile.mkdtemp(prefix="pc"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def config(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
async def scale(folder: Path) -> AsyncIterator[SimulatedDevice]:
    """A scale that speaks MT-SICS, with 1234 g on it."""
    async with SimulatedDevice("scale", folder, speed=20, rate_hz=50) as device:
        await device.lay(1234)
        await asyncio.sleep(0.2)  # four seconds of the device's: its load has settled
        yield device


@pytest.fixture
def preclear() -> Preclear:
    """The command ``preclear devices``, beside the loop in which the simulator's pipes are served."""

    async def run(*arguments: str | Path, given: str | None = None) -> Result:
        words = ["devices", *map(str, arguments)]
        return await asyncio.to_thread(lambda: CliRunner().invoke(main, words, input=given))

    return run


@pytest.fixture
def on_site(site: Site) -> OnSite:
    """Runs a command on the site's configuration, in this process; policy and list were issued now."""
    issued = SystemClock().now()
    site.publish_policy(issued=issued)
    site.publish_list("Obsidian Meridian Procurement", issued=issued)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--config", str(site.config_file)])

    return run
