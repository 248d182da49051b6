"""A hub at work behind the page's server, its two lanes fed by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from aiohttp import web
from playwright.async_api import ConsoleMessage, Page

from agent.domain.identifiers.s10 import s10_check_digit
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
from agent.sandbox.hub_folder import HubFolder
from agent.sandbox.site import GOOD, NO_AUDIT, write_manifest
from agent.status.states import policy_message
from agent.web.server import create_web, serve_web
from drivers.events import WeightReading
from sync import sqlite

DECLARED_G = int(GOOD["gross_weight_g"])
LANES = "".join(
    f'[[stations]]\nname = "lane-{n}"\n'
    f'scanner = {{ port = "/none/a{n}" }}\nscale = {{ port = "/none/b{n}" }}\n'
    for n in (1, 2)
)
"""Two lanes whose ports are never opened: the tests feed the stations themselves."""


def s10(serial: int) -> str:
    """A well-formed postal number."""
    digits = f"{serial:08}"
    return f"LX{digits}{s10_check_digit(digits)}CN"


@dataclass(kw_only=True)
class Hall:
    """A hub at work, two lanes, and the page's server, which can go away and come back."""

    site: HubFolder
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
        path = self.site.folder / f"manifest-{self.serials}.csv"
        write_manifest(path, *({"tracking_number": number, **changed} for number in numbers))
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
        with closing(sqlite.connect(self.site.data / EVIDENCE)) as conn:
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


@asynccontextmanager
async def work(folder: Path) -> AsyncIterator[Hall]:
    """A hub at work; its scanners and scales are fed by the test, its page is not served yet."""
    site = HubFolder(name="test", folder=folder, clock=SystemClock())
    folder.mkdir(exist_ok=True)
    site.make_authority()
    site.make_hub_keys()
    site.publish_policy(NO_AUDIT)
    config = site.configure(LANES, lists=())
    async with site.open(config) as opened:
        stations = {section.name: Station(section, opened.hub) for section in config.stations}
        running = Hall(site=site, hub=opened.hub, stations=stations)
        deciding = [asyncio.create_task(station.decide_scans()) for station in stations.values()]
        try:
            yield running
        finally:
            if running.runner is not None:
                await running.go_dark()
            for task in deciding:
                task.cancel()
            await asyncio.gather(*deciding, return_exceptions=True)


Parcel = Callable[[Hall], Awaitable[str]]
"""Brings a parcel of a kind to the first lane and returns its number: a method of ``Hall``."""


class OpenLane(Protocol):
    """Opens the page of a lane, and returns it once it is connected."""

    def __call__(self, path: str = "/lane/lane-1") -> Awaitable[Page]: ...


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
