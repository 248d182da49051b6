"""A whole hub in a short folder: real keys, a signed pack and list, SQLite files; the time is the test's."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import app
from agent.app import Opened
from agent.config.file import load_config
from agent.domain.decision.values import Decision, Digests, Verdict
from agent.domain.findings.disposition import Because, Disposition, SetBy
from agent.domain.piece import PieceKey
from agent.sandbox.clock import START, ManualClock
from agent.sandbox.hub_folder import HubFolder
from agent.sandbox.site import Site

collect_ignore = ["evidence/power_cut_disk.py"]
"""It loads another SQLite library, which must not meet ours in one process."""


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> HubFolder:
    """An authority and a centre that the hubs of all tests share; no hub."""
    made = HubFolder(name="test", folder=tmp_path_factory.mktemp("trusted"), clock=ManualClock())
    made.make_authority()
    asyncio.run(made.make_centre())
    return made


@pytest.fixture(scope="session")
def centre_folder(trusted: HubFolder) -> Path:
    """A centre as its own command makes it: keys, card, empty database; a test that registers copies it."""
    return trusted.centre


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for the names of UNIX sockets (108 bytes in all)."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test moves."""
    return ManualClock()


@pytest.fixture
def site(short_folder: Path, trusted: HubFolder, clock: ManualClock) -> Site:
    """A hub that is enrolled and configured, with a fresh pack and a list of one firm; nothing is open."""
    made = Site(folder=short_folder, clock=clock)
    made.authority.symlink_to(trusted.authority)
    made.centre.symlink_to(trusted.centre)
    made.make_hub_keys()
    made.publish_policy()
    made.publish_list("Obsidian Meridian Procurement")
    made.configure()
    return made


@pytest.fixture
async def opened(site: Site) -> AsyncIterator[Opened]:
    """The site's hub, open."""
    async with site.open() as hub:
        yield hub


@pytest.fixture
def run_hub(site: Site) -> Callable[[], AbstractAsyncContextManager[str]]:
    """Runs the hub in this process by the program's own loop, until SIGTERM; gives its page's address."""

    @asynccontextmanager
    async def run() -> AsyncIterator[str]:
        ready: asyncio.Queue[str] = asyncio.Queue()
        running = asyncio.create_task(app.run(load_config(site.config_file), ready=ready.put_nowait))
        listening = asyncio.create_task(ready.get())
        await asyncio.wait([running, listening], timeout=15, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.exception()
        try:
            yield listening.result()
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)  # as an operator stops it
            async with asyncio.timeout(15):
                await running
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().remove_signal_handler(number)

    return run


@pytest.fixture
def make_decision() -> Callable[..., Decision]:
    """Makes the decision that piece number ``n`` is clear; keywords change its fields."""

    def make(number: int = 1, **changes: Any) -> Decision:
        clear = Verdict(disposition=Disposition.CLEAR, set_by=SetBy.HUB, open=(), sealed=(), risk=None)
        made = Decision(
            piece=PieceKey(kind="plain", value=f"PIECE{number:06}"),
            consignment=None,
            receptacle=None,
            station="lane-1",
            operator=None,
            verdict=clear,
            because=Because.SCAN,
            source="station",
            supersedes=None,
            evaluated_for=START,
            valid_until=START + timedelta(hours=72),
            weighed=None,
            digests=Digests(),
        )
        return replace(made, **changes)

    return make
