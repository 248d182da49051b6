"""The demonstration as people run it: the command, and the page in a real browser."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.sandbox.day import DayParcel, Planted, make_day

PRECLEAR = (sys.executable, "-c", "from agent.cli import main; main()")
CHROMIUM = Path("/usr/bin/chromium")
SEED = 7


async def test_a_shift_keeps_every_promise() -> None:
    process = await asyncio.create_subprocess_exec(
        *PRECLEAR,
        *("demo", "--once", "--json", "--pieces", "40", "--speed", "30", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    report = json.loads(out)
    assert report["ok"] is True
    assert report["entries"] == report["scans"] - report["repeats"]
    assert report["receipted"] == report["signed"] == report["entries"] + 1  # the entry that opens the log
    assert report["verified"] is True
    assert report["link_killed"] == 1
    for kind in report["kinds"]:
        assert kind["found"] == kind["planted"] > 0, kind


async def test_a_taken_port_is_reported_in_one_line_before_anything_starts() -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(*PRECLEAR, "demo", "--once", "--port", str(port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    server.close()
    assert process.returncode == 6
    assert err.decode().strip().splitlines() == [
        f"preclear: port {port} on 127.0.0.1 is taken; choose another with --port or [web] port"
    ]


@asynccontextmanager
async def demo(*arguments: str) -> AsyncIterator[str]:
    """A demonstration that serves its page; yields the page's address once the shift is over."""
    process = await asyncio.create_subprocess_exec(
        *(*PRECLEAR, "demo", "--port", "0", "--seed", str(SEED), *arguments),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        url = ""
        async with asyncio.timeout(90):
            while line := (await process.stderr.readline()).decode():
                if match := re.search(r"The lane page is at (\S+)", line):
                    url = match[1]
                if line.startswith("The shift is over"):
                    break
        assert url, "the demonstration ended before its shift was over"
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        await process.stderr.read()
        assert await process.wait() == 0


def a_quiet_parcel(folder: Path, pieces: int) -> DayParcel:
    """A declared parcel that the shift does not play."""
    day = make_day(folder, pieces=pieces, lanes=2, seed=SEED)
    played = {parcel.number for lane in day.lanes for parcel in lane}
    return next(p for p in day.declared.values() if p.planted is Planted.NOTHING and p.number not in played)


@pytest.mark.browser
async def test_a_number_typed_on_the_page_travels_through_the_devices_and_its_verdict_is_seen(
    tmp_path: Path,
) -> None:
    from playwright.async_api import async_playwright, expect  # noqa: PLC0415 - deselected without a browser

    parcel = a_quiet_parcel(tmp_path, 24)
    async with demo("--pieces", "24", "--speed", "30") as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.goto(f"{url}lane/lane-1")
        number = page.get_by_role("textbox")
        await number.fill(parcel.number)
        await number.press("Enter")
        verdict = page.get_by_role("status").first
        await expect(page.locator("body")).to_contain_text(parcel.number, timeout=20_000)
        await expect(page.locator("body")).to_contain_text("CLEAR", timeout=20_000)
        assert await verdict.is_visible()
        target = os.environ.get("PRECLEAR_SCREENSHOT", str(tmp_path / "lane.png"))
        await page.screenshot(path=target)
        await browser.close()
    assert Path(target).stat().st_size > 10_000
