"""A real hub with two lanes behind the real server, and one Chromium for all tests of the page."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from agent.app import open_hub
from agent.config.file import Config
from agent.domain.identifiers.s10 import s10_check_digit
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill
from agent.evidence.reader import FILE as EVIDENCE
from agent.feed.messages import (
    RescanMessage,
    StoppedMessage,
    SyncMessage,
    VerdictMessage,
    device_message,
)
from agent.hub import Hub
from agent.intake.importer import import_manifest
from agent.lane.station import Station
from agent.runtime.clock import SystemClock
from agent.status.states import policy_message
from agent.trust.hub_keys import make_keys
from agent.web.server import create_web, serve_web
from drivers.events import WeightReading
from sync import sqlite
from sync.central.identity import init_authority, load_authority_key
from sync.keys import Role
from sync.reference.documents import POLICY_TYPE, publish

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
DECLARED_G = 812
ROW = {
    "transport": "express",
    "receptacle": "BAG-7",
    "consignor_name": "Anji Knitting Co Ltd",
    "consignor_street": "18 Changhong East Street",
    "consignor_country": "CN",
    "consignee_name": "Mary Robinson",
    "consignee_email": "mary@robinson-family.org",
    "consignee_phone": "+1 503 223 8761",
    "pickup_place": "Shenzhen",
    "known_consignor": "yes",
    "consignee_street": "1200 Elm Street",
    "consignee_city": "Dayton",
    "consignee_state": "OH",
    "consignee_postcode": "45402",
    "consignee_country": "US",
    "description": "knitted cotton sweater",
    "hs_code": "611020",
    "quantity": "1",
    "gross_weight_g": str(DECLARED_G),
    "value": "24.90",
    "currency": "USD",
    "origin_country": "CN",
}


def s10(serial: int) -> str:
    """A well-formed postal number."""
    digits = f"{serial:08}"
    return f"LX{digits}{s10_check_digit(digits)}CN"


@dataclass(kw_only=True)
class Hall:
    """A hub at work, two lanes, and the page's server, which can go away and come back."""

    folder: Path
    hub: Hub
    stations: dict[str, Station]
    port: int = 0
    runner: web.AppRunner | None = None
    serials: int = 0

    def url(self, path: str = "/") -> str:
        return f"http://localhost:{self.port}{path}"

    async def serve(self) -> None:
        """Start the page's server; on the same port as before, if it was up before."""

        async def keyed(name: str, text: str) -> None:
            self.stations[name].keyed(text)

        app = create_web(self.hub, self.stations, keyed, frozenset({"localhost"}))
        self.runner, self.port = await serve_web(app, "127.0.0.1", self.port)

    async def go_dark(self) -> None:
        """Stop the page's server; the lanes go on."""
        assert self.runner is not None
        await self.runner.cleanup()
        self.runner = None

    async def declare(self, count: int = 1, **changed: str) -> list[str]:
        """Take in a manifest of ``count`` parcels; returns their numbers."""
        numbers = [s10(self.serials + i) for i in range(count)]
        self.serials += count
        await self._import(numbers, changed)
        return numbers

    async def declare_number(self, number: str) -> None:
        """Take in a manifest that declares a number that was scanned before."""
        self.serials += 1
        await self._import([number], {})

    async def _import(self, numbers: list[str], changed: dict[str, str]) -> None:
        path = self.folder / f"manifest-{self.serials}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["tracking_number", *ROW])
            writer.writeheader()
            writer.writerows({"tracking_number": number, **ROW, **changed} for number in numbers)
        report = await import_manifest(path, self.hub)
        assert report.accepted == len(numbers), report

    async def scan(self, number: str, *, grams: int | None = None, lane: str = "lane-1") -> None:
        """Put a parcel of ``grams`` on the scale, if any, scan it, and wait for what becomes of it."""
        station = self.stations[lane]
        if grams is not None:
            now = self.hub.clock.monotonic_ns()
            # Taken off, put on, settled: five readings, 20 ms apart, the last one a moment ago.
            for i, value in enumerate((0, 0, grams, grams, grams)):
                station.on_scale(reading(value), now - (5 - i) * 20_000_000)
        outcomes = (VerdictMessage, RescanMessage, StoppedMessage)
        with self.hub.feed.subscribe() as screen:
            station.keyed(number)
            async with asyncio.timeout(10):
                while (outgoing := await screen.next()) and not isinstance(outgoing.message, outcomes):
                    pass
            assert outgoing is not None

    async def hold(self, number: str) -> None:
        """What a directive of the authority leaves behind on a piece that was decided before."""
        with closing(sqlite.connect(self.folder / "data" / EVIDENCE)) as conn:
            changed = conn.execute("UPDATE current SET hold = 'DNL' WHERE piece = ?", (f"s10:{number}",))
            assert changed.rowcount == 1

    async def clear(self) -> str:
        """A parcel about which everything is right."""
        (number,) = await self.declare()
        await self.scan(number, grams=DECLARED_G)
        return number

    async def information_needed(self) -> str:
        """A parcel of which the sender declared too little."""
        (number,) = await self.declare(description="gift")
        await self.scan(number, grams=DECLARED_G)
        return number

    async def screen(self) -> str:
        """A parcel that is heavier than it should be."""
        (number,) = await self.declare()
        await self.scan(number, grams=2310)
        return number

    async def set_aside(self) -> str:
        """A parcel on no manifest."""
        self.serials += 1
        number = s10(50_000_000 + self.serials)
        await self.scan(number)
        return number

    async def stopped_by_the_authority(self) -> str:
        """A parcel that the authority has stopped since it was decided at the other lane."""
        (number,) = await self.declare()
        await self.scan(number, grams=DECLARED_G, lane="lane-2")
        await self.hold(number)
        await self.scan(number, grams=DECLARED_G)
        return number

    async def devices_up(self) -> None:
        """Show devices, link and rules as a running hub does."""
        for lane in self.stations:
            for role in ("scanner", "scale"):
                report = {"station": lane, "role": role, "state": "up", "error": None, "advice": None}
                self.hub.feed.publish_state(device_message(report))
        self.show_sync(online=False, unsent=1240)
        self.hub.feed.publish_state(policy_message(self.hub))

    def show_sync(self, *, online: bool, unsent: int) -> None:
        """Show how the link is, and what waits for it."""
        state = SyncMessage(online=online, unsent=unsent, receipted=0, error=None)
        self.hub.feed.publish_state(state)


def reading(grams: int) -> WeightReading:
    """A stable reading of a scale that shows whole grams."""
    return WeightReading(value=Decimal(grams), unit="g", stable=True, status=frozenset(), raw=b"")


def configure(folder: Path) -> Config:
    """Keys, an authority and its signed rules, without a model and without chance; two lanes."""
    init_authority(folder / "authority", "authority/cbp")
    make_keys(folder / "data", "hub/szx-1")
    template = shipped_pack()
    pack = fill(template, model_digest="ab" * 32, issued=datetime.now(UTC))
    before, _, rest = pack.partition(b"[model]")
    pack = before.replace(b"audit_permille = 10", b"audit_permille = 0") + rest[rest.index(b"# Name here") :]
    signed = publish(pack, POLICY_TYPE, load_authority_key(folder / "authority", Role.PUBLISHING))
    (folder / "policy.json").write_bytes(signed)
    return Config.model_validate(
        {
            "hub": {"name": "hub/szx-1", "data": folder / "data"},
            "trust": {"cards": [folder / "authority" / "authority.pub"]},
            "policy": {"file": folder / "policy.json"},
            # The ports are never opened: the tests feed the stations themselves.
            "stations": [
                {"name": f"lane-{n}", "scanner": {"port": f"/none/a{n}"}, "scale": {"port": f"/none/b{n}"}}
                for n in (1, 2)
            ],
        }
    )


@asynccontextmanager
async def work(folder: Path) -> AsyncIterator[Hall]:
    """A hub at work; its scanners and scales are fed by the test, its page is not served yet."""
    config = configure(folder)
    async with open_hub(config, SystemClock()) as opened:
        stations = {section.name: Station(section, opened.hub) for section in config.stations}
        running = Hall(folder=folder, hub=opened.hub, stations=stations)
        deciding = [asyncio.create_task(station.decide_scans()) for station in stations.values()]
        try:
            yield running
        finally:
            if running.runner is not None:
                await running.go_dark()
            for task in deciding:
                task.cancel()
            await asyncio.gather(*deciding, return_exceptions=True)


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


@dataclass
class Watched:
    """The errors and warnings of a page."""

    faults: list[str] = field(default_factory=list)

    def listen_to(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")


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
def open_lane(context: BrowserContext, hall: Hall) -> Callable[..., Any]:
    """Opens the page of a lane, and returns it once it is connected."""

    async def opened(path: str = "/lane/lane-1") -> Page:
        page = await context.new_page()
        await page.goto(hall.url(path))
        await page.locator("#link[data-up=true]").wait_for()
        return page

    return opened
