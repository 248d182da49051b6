"""A station on real pseudo-terminals: its scans, its weights, and what happens when a device fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.app import Opened, open_hub
from agent.clock import SystemClock
from agent.config import Config
from agent.notices import Subscriber
from agent.scan import Scan
from agent.station import WAITING_SCANS, Station, run_station
from drivers.device import DeviceState, HealthMeter
from drivers.events import NoRead, ScanRead
from drivers.simulators.client import SimulatedDevice
from sync import sqlite

S10 = "RR473124829GB"
DECLARED = ("BOX-000001", "BOX-000002", "BOX-000003", "BOX-000004", S10)


class Lane:
    """A running station with its two simulated devices, and the screen beside it."""

    def __init__(
        self, station: Station, hub: Any, scanner: SimulatedDevice, scale: SimulatedDevice, screen: Subscriber
    ) -> None:
        self.station = station
        self.hub = hub
        self.scanner = scanner
        self.scale = scale
        self._screen = screen

    async def lay(self, grams: int) -> None:
        """Lay a parcel down, and wait until the scale has told of it."""
        await self.scale.lay(grams)
        await self.heard()

    async def heard(self) -> None:
        """Wait for two more readings: the first may have been on its way before."""
        seen = self.station.meters["scale"].frames
        async with asyncio.timeout(15):
            while self.station.meters["scale"].frames < seen + 2:  # noqa: ASYNC110 - a count, without a signal
                await asyncio.sleep(0.01)

    async def shown(self, *kinds: str) -> dict[str, Any]:
        """The next message of one of those kinds."""
        async with asyncio.timeout(15):
            while True:
                message = await self._screen.queue.get()
                assert message is not None
                if message["type"] in kinds:
                    return message

    async def until(self, role: str, state: DeviceState) -> None:
        """Wait for a device to be in a state."""
        while True:
            if any(
                s["type"] == "device" and s["role"] == role and s["state"] == state.value
                for s in self.hub.notices.states()
            ):
                return
            await self.shown("device")


@pytest.fixture
def lane_config(site: Any) -> Config:
    """A configuration of one lane whose devices are the simulators'."""
    found: Config = site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{site.folder}/scanner" }}\n'
        f'scale = {{ port = "{site.folder}/scale", protocol = "mt-sics" }}\n'
    )
    return found


@pytest.fixture
async def lane(site: Any, lane_config: Config) -> AsyncIterator[Lane]:
    """A lane at work, on the machine's own clock; its devices are quick."""
    clock = SystemClock()
    for publish in (site.publish_policy, lambda issued: site.publish_list(issued=issued)):
        publish(issued=clock.now())
    async with (
        SimulatedDevice("scanner", site.folder, speed=20) as scanner,
        SimulatedDevice("scale", site.folder, speed=2) as scale,
        open_hub(lane_config, clock) as opened,
    ):
        await site.declare(opened, *({"tracking_number": number} for number in DECLARED))
        with opened.hub.notices.subscribe() as screen:
            station = Station(lane_config.stations[0], opened.hub)
            running = Lane(station, opened.hub, scanner, scale, screen)
            task = asyncio.create_task(run_station(station, opened.hub))
            await running.until("scanner", DeviceState.UP)
            await running.until("scale", DeviceState.UP)
            await running.heard()  # of an empty scale
            yield running
            assert not task.done()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_parcel_is_weighed_and_decided_and_its_next_scan_repeats_the_verdict(lane: Lane) -> None:
    await lane.lay(290)
    await lane.scanner.scan(S10, aim="]C0")
    decided = await lane.shown("decision", "rescan")
    assert (decided["disposition"], decided["source"]) == ("CLEAR", "station")
    assert abs(decided["weight"]["grams"] - 290) <= 2
    size = lane.hub.log.size()
    await asyncio.sleep(0.85)  # past the window in which reads are one scan
    await lane.scanner.scan(S10, aim="]C0")
    repeated = await lane.shown("repeat", "decision", "rescan")
    assert {**repeated, "type": "decision"} == decided
    assert repeated["type"] == "repeat"
    assert lane.hub.log.size() == size
    assert len(lane.hub.latencies_ns) == 1


async def test_a_verdict_is_not_repeated_once_another_decision_stands(lane: Lane, site: Any) -> None:
    await lane.lay(290)
    await lane.scanner.scan("BOX-999999")
    assert (await lane.shown("decision"))["disposition"] == "DNL"
    opened = Opened(hub=lane.hub, trust=site.trust())
    await site.declare(opened, {"tracking_number": "BOX-999999"}, name="later.csv")
    assert (await lane.shown("decision"))["because"] == "manifest"
    await asyncio.sleep(0.85)
    await lane.scanner.scan("BOX-999999")
    again = await lane.shown("decision", "repeat")
    assert (again["type"], again["because"]) == ("decision", "scan")
    assert "UNMANIFESTED" not in [f["code"] for f in again["findings"]]


async def test_an_endless_barcode_asks_for_a_rescan_and_decides_nothing(lane: Lane) -> None:
    size = lane.hub.log.size()
    await lane.scanner.scan("9" * 10_000)
    told = await lane.shown("rescan", "decision")
    assert (told["type"], told["station"]) == ("rescan", "lane-1")
    assert lane.hub.log.size() == size
    await lane.lay(290)
    await lane.scanner.scan("BOX-000001")
    assert (await lane.shown("decision"))["piece"]["value"] == "BOX-000001"


async def test_garbage_on_both_ports_decides_nothing_and_the_next_parcel_is_decided(lane: Lane) -> None:
    size = lane.hub.log.size()
    await lane.scanner.send(raw_hex=bytes(range(256)).hex() * 20)
    for _ in range(5):
        await lane.scale.fault("noise")
        await lane.scale.fault("cut_frame")
    await lane.shown("rescan")
    await lane.scanner.send(raw_hex=b"\r\n".hex())  # whatever the scanner had begun ends here
    assert lane.hub.log.size() == size
    await lane.lay(290)
    await lane.scanner.scan("BOX-000002")
    while (decided := await lane.shown("decision"))["piece"]["value"] != "BOX-000002":
        pass
    assert decided["weight"] is not None


async def test_a_scale_that_is_unplugged_while_it_weighs_gives_no_weight_and_says_why(lane: Lane) -> None:
    await lane.lay(290)
    await lane.scanner.scan("BOX-000003")
    await lane.scale.fault("unplug")
    decided = await lane.shown("decision")
    assert (decided["disposition"], decided["weight"]) == ("RFS", None)
    (finding,) = [f for f in decided["findings"] if f["code"] == "NO_WEIGHT"]
    assert finding["params"] == {"reason": "device_lost"}
    await lane.until("scale", DeviceState.LOST)
    await lane.scale.fault("plug")
    await lane.until("scale", DeviceState.UP)


async def test_a_scan_without_a_parcel_on_the_scale_is_referred(lane: Lane) -> None:
    await lane.scanner.scan("BOX-000004")
    decided = await lane.shown("decision")
    assert decided["disposition"] == "RFS"
    assert decided["findings"][0] == {"code": "NO_WEIGHT", "params": {"reason": "empty_scale"}}


async def test_a_log_that_cannot_be_written_stops_the_station_and_it_says_so(lane: Lane) -> None:
    def full(conn: sqlite.Connection) -> None:
        conn.execute(f"PRAGMA max_page_count={conn.execute('PRAGMA page_count').fetchone()[0]}")

    lane.hub.log._writer.submit(full).result(10)
    shown: list[str] = []
    for number in range(40):
        await lane.scanner.scan(f"UNKNOWN-{number:03}")
        message = await lane.shown("decision", "stopped")
        shown.append(message["type"])
        if message["type"] == "stopped":
            break
    assert shown[-1] == "stopped"
    assert "Check the disk" in message["reason"]
    size = lane.hub.log.size()
    await lane.scanner.scan("BOX-000001")
    assert (await lane.shown("decision", "stopped"))["type"] == "stopped"
    assert lane.hub.log.size() == size
    assert any(state["type"] == "stopped" for state in lane.hub.notices.states())


# -- without devices -----------------------------------------------------------------------------------------


@pytest.fixture
async def alone(site: Any, opened: Opened) -> Station:
    """A station whose devices are not running, on the clock of the test."""
    return Station(site.configure().stations[0], opened.hub)


async def test_a_verdict_is_repeated_within_the_window_only(
    alone: Station, opened: Opened, site: Any
) -> None:
    deciding = asyncio.create_task(alone.decide_scans())
    kinds = []
    with opened.hub.notices.subscribe() as screen:
        for wait_s in (0, 9.9, 0.2):
            site.clock.advance(wait_s)
            alone.keyed(S10)
            async with asyncio.timeout(10):
                message = await screen.queue.get()
            assert message is not None
            kinds.append(message["type"])
    assert kinds == ["decision", "repeat", "decision"]
    deciding.cancel()


async def test_reads_of_a_label_that_is_held_in_view_are_one_scan(alone: Station, opened: Opened) -> None:
    read = ScanRead(aim=None, payload=S10.encode(), text=S10, encoding="utf-8", raw=S10.encode())
    for at_ms in (0, 100, 700):
        alone.on_scanner(read, at_ms * 1_000_000)
    assert alone._scans.qsize() == 1


async def test_a_scanner_that_read_nothing_asks_for_a_rescan(alone: Station, opened: Opened) -> None:
    with opened.hub.notices.subscribe() as screen:
        alone.on_scanner(NoRead(raw=b"NR"), 0)
        assert screen.queue.get_nowait() == {
            "v": 1,
            "type": "rescan",
            "station": "lane-1",
            "reason": "no_read",
        }


async def test_more_scans_than_may_wait_ask_for_a_rescan(alone: Station, opened: Opened) -> None:
    with opened.hub.notices.subscribe() as screen:
        for number in range(WAITING_SCANS + 1):
            alone.keyed(f"BOX-{number:06}")
        told = screen.queue.get_nowait()
        assert told is not None
        assert (told["type"], told["reason"]) == ("rescan", "too_many_scans")


async def test_a_station_without_a_scale_gives_no_weight(alone: Station, site: Any) -> None:
    scan: Scan = site.scan()
    weighing = await alone.weighing_for(scan)
    assert (weighing.weighed, weighing.reason) == (None, "no_scale")


async def test_the_screen_hears_of_a_device_that_went(alone: Station, opened: Opened, site: Any) -> None:
    meter = HealthMeter(site.clock.monotonic_ns())
    meter.state, meter.last_error = DeviceState.LOST, "unplugged"
    alone.on_scanner_health(meter.snapshot())
    (state,) = opened.hub.notices.states()
    assert (state["type"], state["role"], state["state"], state["error"]) == (
        "device",
        "scanner",
        "lost",
        "unplugged",
    )
