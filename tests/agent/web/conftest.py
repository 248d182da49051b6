"""A real hub with two lanes behind the real server, and one Chromium for all tests of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.agent.web.hall import Hall, OpenLane, Watched, work

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture
def another_hall() -> Callable[[Path], AbstractAsyncContextManager[Hall]]:
    """Sets up a further hub."""
    return work


@pytest_asyncio.fixture(loop_scope="session")
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """A hub at work, its page served on a loopback port."""
    async with work(tmp_path) as running:
        await running.serve()
        yield running


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        await chromium.close()


@pytest.fixture
def watched() -> Watched:
    """Errors, warnings and violations of the security policy, of every page of this test."""
    return Watched()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, hall: Hall, watched: Watched) -> AsyncIterator[BrowserContext]:
    """A fresh profile at 1920 × 1080 that keeps still; nothing it is served may break its security policy."""
    fresh = await browser.new_context(
        viewport={"width": 1920, "height": 1080}, reduced_motion="reduce", locale="en-US"
    )
    fresh.set_default_timeout(20_000)
    await fresh.add_init_script(
        "document.addEventListener('securitypolicyviolation', (v) =>"
        " console.error('violation of ' + v.violatedDirective + ' by ' + v.blockedURI))"
    )
    fresh.on("page", watched.listen_to)
    yield fresh
    await fresh.close()


@pytest.fixture
def open_lane(context: BrowserContext, hall: Hall) -> OpenLane:
    """Opens the page of a lane, and returns it once it is connected."""

    async def opened(path: str = "/lane/lane-1") -> Page:
        page = await context.new_page()
        await page.goto(hall.url(path))
        await page.locator("#link[data-up=true]").wait_for()
        return page

    return opened
