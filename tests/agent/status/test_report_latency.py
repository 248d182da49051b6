"""Last device byte to durable entry, as the status shows it: it begins with the device that spoke last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from agent.feed.messages import decision_view
from agent.lane.station import Station
from agent.sandbox.clock import ManualClock
from agent.sandbox.site import GOOD, Site
from agent.status.report import status_of
from drivers.events import ScanRead, WeightReading

LANE = """
[[stations]]
name = "lane-1"
scanner = { port = "no-scanner" }
scale = { port = "no-scale", protocol = "mt-sics" }
"""
GRAMS = int(GOOD["gross_weight_g"])
TICK_S = 0.02
BETWEEN_S = 0.5
"""From the last byte of the one device to the last byte of the other."""


class Devices:
    """A scanner and a scale that send when the test says so, at the time of the test's clock."""

    def __init__(self, station: Station, clock: ManualClock) -> None:
        self._station = station
        self._clock = clock

    def weigh(self, *grams: int, stable: bool) -> None:
        """Send one reading each, a tick apart."""
        for each in grams:
            self._clock.advance(TICK_S)
            event = WeightReading(value=Decimal(each), unit="g", stable=stable, status=frozenset(), raw=b"")
            self._station.on_scale(event, self._clock.ns)

    def scan(self, *, after_s: float = 0) -> None:
        """Send the label, after a while."""
        self._clock.advance(after_s)
        text = GOOD["tracking_number"]
        event = ScanRead(aim="]C0", payload=text.encode(), text=text, encoding="utf-8", raw=text.encode())
        self._station.on_scanner(event, self._clock.ns)


def weight_settles_after_the_scan(devices: Devices) -> None:
    devices.weigh(0, 0, stable=True)
    devices.weigh(120, 250, stable=False)
    devices.scan()
    devices.weigh(*[270] * round(BETWEEN_S / TICK_S), stable=False)
    devices.weigh(*[GRAMS] * 4, stable=True)


def scan_follows_its_weight(devices: Devices) -> None:
    devices.weigh(0, 0, stable=True)
    devices.weigh(*[GRAMS] * 4, stable=True)
    devices.scan(after_s=BETWEEN_S)


@pytest.mark.parametrize("play", [weight_settles_after_the_scan, scan_follows_its_weight])
async def test_latency_begins_at_the_last_byte_of_whichever_device_spoke_last(
    site: Site, play: Callable[[Devices], None]
) -> None:
    config = site.configure(LANE)
    async with site.open(config) as opened:
        hub = opened.hub
        await site.declare(opened, {})
        station = Station(config.stations[0], hub)
        deciding = asyncio.create_task(station.decide_scans())
        play(Devices(station, site.clock))
        async with asyncio.timeout(15):
            while not (entries := await hub.log.recent(1)):  # noqa: ASYNC110 - the log gives no signal
                await asyncio.sleep(0.01)
        deciding.cancel()
        await asyncio.wait({deciding})
        latency = (await status_of(hub))["latency_ms"]
    weight = decision_view(entries[0])["weight"]
    assert (weight["grams"], weight["stable"]) == (GRAMS, True)
    assert latency["count"] == 1
    # The clock stands from the last byte sent: at most the readings that made the weight certain come later.
    assert 0 <= latency["p50"] <= 4 * TICK_S * 1e3 < BETWEEN_S * 1e3
