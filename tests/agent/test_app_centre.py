"""The whole hub with a real centre on a loopback port: receipts, and a log that was restored from a copy."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from agent.control.client import call
from agent.evidence.reader import StoredLog
from agent.runtime.clock import SystemClock
from agent.sandbox.site import Site
from sync import sqlite
from sync.central.cli import main as central
from sync.central.http import Settings, create_app
from sync.log.statement import LogOpened, parse


@pytest.fixture
async def linked(site: Site, centre_folder: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """A centre that knows the site's hub, and the hub configured to send to it; the centre's folder."""
    folder = Path(shutil.copytree(centre_folder, tmp_path / "centre"))
    clock = SystemClock()
    site.publish_policy(issued=clock.now())
    site.publish_list(issued=clock.now())
    server = TestServer(create_app(Settings(data=folder, now=lambda: int(clock.now().timestamp()))))
    await server.start_server()
    registered = CliRunner().invoke(
        central, ["register-hub", str(site.data / "hub.pub"), "--data", str(folder)]
    )
    assert registered.exit_code == 0, registered.output
    site.configure(extra=f'[centre]\nurl = "http://127.0.0.1:{server.port}"\nname = "centre/test"')
    yield folder
    await server.close()


async def decide(site: Site, count: int) -> None:
    for number in range(count):
        await call(site.data, "decide", {"barcode": f"BOX-{number:06}", "grams": None, "record": True})


async def receipted(site: Site, other_than: str | None = None) -> str:
    """Wait until a receipt covers the log (of another id than that); its id."""
    async with asyncio.timeout(15):
        while True:
            status = await call(site.data, "status")
            if status is not None and status["unsent"] == 0 and status["log_id"] != other_than:
                return str(status["log_id"])
            await asyncio.sleep(0.1)


def checked_in(path: Path) -> bytes:
    """The bytes of a closed log, its WAL moved in."""
    conn = sqlite.connect(path)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    conn.close()
    return path.read_bytes()


async def test_what_a_hub_decides_is_receipted_by_its_centre(
    site: Site, linked: Path, run_hub: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    async with run_hub():
        await decide(site, 3)
        log_id = await receipted(site)
    report = site.verify()
    assert (report.log_id, report.entries, report.receipted) == (log_id, 4, 4)
    result = CliRunner().invoke(central, ["verify", "--data", str(linked)])
    assert result.exit_code == 0
    assert f"log {log_id} of hub/test verifies: 4 entries, 3 decisions" in result.output


async def test_a_hub_that_was_restored_from_an_old_copy_closes_that_log_and_goes_on_in_a_new_one(
    site: Site, linked: Path, run_hub: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    path = site.data / "evidence.db"
    async with run_hub():
        await decide(site, 3)
        old_id = await receipted(site)
    copy = checked_in(path)
    async with run_hub():
        await decide(site, 2)
        await receipted(site)
    checked_in(path)
    path.write_bytes(copy)

    async with run_hub():
        new_id = await receipted(site, other_than=old_id)
        await decide(site, 1)
        await receipted(site, other_than=old_id)
    assert site.verify().entries == 2
    with StoredLog(path) as stored:
        opening = parse("opened", next(iter(stored.entries())).payload)
    assert isinstance(opening, LogOpened)
    assert opening.continues is not None
    assert (opening.log_id, opening.continues.log_id, opening.continues.size) == (new_id, old_id, 4)
    assert site.verify(site.data / f"evidence-{old_id}.db").entries == 4
    result = CliRunner().invoke(central, ["verify", "--data", str(linked)])
    assert result.exit_code == 0, result.output
    assert f"log {old_id} of hub/test verifies: 6 entries" in result.output
    assert f"log {new_id} of hub/test verifies: 2 entries" in result.output
