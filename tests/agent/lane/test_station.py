"""A station on real pseudo-terminals: its scans, its weights, and what happens when a device fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from msgspec import structs

from agent.app import Opened, open_hub
from agent.cases.scan import Scan
from agent.config.file import Config
from agent.feed.broker import Subscriber
from agent.feed.messages import (
    DecisionMessage,
    DeviceMessage,
    Message,
    RepeatMessage,
    RescanMessage,
    StoppedMessage,
)
from agent.hub import Hub
from agent.lane.station import WAITING_SCANS, WATCH_EVERY_S, Station, run_station
from agent.runtime.clock import SystemClock
from agent.status.report import status_of
from drivers.events import Noise, NoRead, ScanRead, WeightReading
from drivers.simulators.client import SimulatedDevice
from drivers.simulators.lines import PtyLine
from drivers.supervision.health import DeviceState
from sync.log.statement import OpenFinding

S10 = "RR473124829GB"
DECLARED = ("BOX-000001", "BOX-000002", "BOX-000003", "BOX-000004", S10)


M = TypeVar("M", bound=Message)


async def next_of(screen: Subscriber, *kinds: type[M]) -> M:
    """The next message of one of those types."""
    async with asyncio.timeout(15):
        while True:
            outgoing = await screen.next()
            assert outgoing is not None
            if isinstance(outgoing.message, kinds):
                return outgoing.message


def device_states(hub: Hub) -> list[tuple[str, str]]:
    """Role and state of each device, as a screen that connects now would be shown them."""
    return [(state.role, state.state) for state in hub.feed.states() if isinstance(state, DeviceMessage)]


class Lane:
    """A running station with its two simulated devices, and the screen beside it."""

    def __init__(
        self, station: Station, hub: Hub, scanner: SimulatedDevice, scale: SimulatedDevice, screen: Subscriber
    ) -> None:
        self.station = station
        self.hub = hub
        self.scanner = scanner
        self.scale = scale
        self._screen = screen

    async def lay(self, grams: int) -> None:
        """Lay a parcel down, and wait until the scale has reported it."""
        await self.scale.lay(grams)
        await self.two_readings()

    async def two_readings(self) -> None:
        """Wait for two more readings: the first may have been on its way before."""
        before = self.station.meters["scale"].frames
        async with asyncio.timeout(15):
            while self.station.meters["scale"].frames < before + 2:  # noqa: ASYNC110 - a count, without a signal
                await asyncio.sleep(0.01)

    async def shown(self, *kinds: type[M]) -> M:
        """The next message of one of those types."""
        return await next_of(self._screen, *kinds)

    async def until(self, role: str, state: DeviceState) -> None:
        """Wait for a device to be in a state."""
        while (role, state.value) not in device_states(self.hub):
            await self.shown(DeviceMessage)


@pytest.fixture
def lane_config(site: Any) -> Config:
    """A configuration of one lane whose devices are the simulators'."""
    config: Config = site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{site.folder}/scanner" }}\n'
        f'scale = {{ port = "{site.folder}/scale", protocol = "mt-sics" }}\n'
    )
    return config


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
        with opened.hub.feed.subscribe() as screen:
            station = Station(lane_config.stations[0], opened.hub)
            running = Lane(station, opened.hub, scanner, scale, screen)
            task = asyncio.create_task(run_station(station, opened.hub))
            await running.until("scanner", DeviceState.UP)
            await running.until("scale", DeviceState.UP)
            await running.two_readings()  # of an empty scale
            yield running
            assert not task.done()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_parcel_is_weighed_and_decided_and_its_next_scan_repeats_the_verdict(lane: Lane) -> None:
    await lane.lay(290)
    await lane.scanner.scan(S10, aim="]C0")
    decided = await lane.shown(DecisionMessage, RescanMessage)
    assert isinstance(decided, DecisionMessage)
    assert (decided.disposition, decided.source) == ("CLEAR", "station")
    assert decided.weight is not None
    assert abs(decided.weight.grams - 290) <= 2
    size = lane.hub.log.size()
    await asyncio.sleep(0.85)  # past the window in which reads are one scan
    await lane.scanner.scan(S10, aim="]C0")
    repeated = await lane.shown(RepeatMessage, DecisionMessage, RescanMessage)
    assert isinstance(repeated, RepeatMessage)
    assert structs.asdict(repeated) == structs.asdict(decided)
    assert lane.hub.log.size() == size
    assert lane.hub.latency.summary().count == 1


async def test_a_verdict_is_not_repeated_once_another_decision_stands(lane: Lane, site: Any) -> None:
    await lane.lay(290)
    await lane.scanner.scan("BOX-999999")
    assert (await lane.shown(DecisionMessage)).disposition == "DNL"
    opened = Opened(hub=lane.hub, trust=site.trust())
    await site.declare(opened, {"tracking_number": "BOX-999999"}, name="later.csv")
    assert (await lane.shown(DecisionMessage)).because == "manifest"
    await asyncio.sleep(0.85)
    await lane.scanner.scan("BOX-999999")
    again = await lane.shown(DecisionMessage, RepeatMessage)
    assert isinstance(again, DecisionMessage)
    assert again.because == "scan"
    assert "UNMANIFESTED" not in [finding.code for finding in again.findings]


async def test_a_second_parcel_with_the_same_label_does_not_get_the_verdict_of_the_first(lane: Lane) -> None:
    await lane.lay(290)
    await lane.scanner.scan(S10)
    first = await lane.shown("decision", "repeat")
    assert (first["type"], first["disposition"]) == ("decision", "CLEAR")
    await lane.scale.take()
    await lane.heard()
    await lane.lay(900)  # well within the ten seconds in which a verdict is repeated
    await asyncio.sleep(0.85)  # past the window in which reads are one scan
    await lane.scanner.scan(S10)
    second = await lane.shown("decision", "repeat")
    assert (second["type"], second["disposition"]) == ("decision", "RFS")
    assert abs(second["weight"]["grams"] - 900) <= 5
    assert second["supersedes"] == first["seq"]


async def test_an_endless_barcode_asks_for_a_rescan_and_decides_nothing(lane: Lane) -> None:
    size = lane.hub.log.size()
    await lane.scanner.scan("9" * 10_000)
    message = await lane.shown(RescanMessage, DecisionMessage)
    assert isinstance(message, RescanMessage)
    assert message.station == "lane-1"
    assert lane.hub.log.size() == size
    await lane.lay(290)
    await lane.scanner.scan("BOX-000001")
    assert (await lane.shown(DecisionMessage)).piece.value == "BOX-000001"


async def test_garbage_on_both_ports_decides_nothing_and_the_next_parcel_is_decided(lane: Lane) -> None:
    size = lane.hub.log.size()
    await lane.scanner.send(raw_hex=bytes(range(256)).hex() * 20)
    for _ in range(5):
        await lane.scale.fault("noise")
        await lane.scale.fault("cut_frame")
    await lane.shown(RescanMessage)
    await lane.scanner.send(raw_hex=b"\r\n".hex())  # whatever the scanner had begun ends here
    assert lane.hub.log.size() == size
    await lane.lay(290)
    await lane.scanner.scan("BOX-000002")
    while (decided := await lane.shown(DecisionMessage)).piece.value != "BOX-000002":
        pass
    assert decided.weight is not None


async def test_a_scale_that_is_unplugged_while_it_weighs_gives_no_weight_and_says_why(lane: Lane) -> None:
    await lane.lay(290)
    await lane.scanner.scan("BOX-000003")
    await lane.scale.fault("unplug")
    decided = await lane.shown(DecisionMessage)
    assert (decided.disposition, decided.weight) == ("RFS", None)
    (finding,) = [each for each in decided.findings if each.code == "NO_WEIGHT"]
    assert finding.params == {"reason": "device_lost"}
    await lane.until("scale", DeviceState.LOST)
    await lane.scale.fault("plug")
    await lane.until("scale", DeviceState.UP)


async def test_a_scan_without_a_parcel_on_the_scale_is_referred(lane: Lane) -> None:
    await lane.scanner.scan("BOX-000004")
    decided = await lane.shown(DecisionMessage)
    assert decided.disposition == "RFS"
    assert decided.findings[0] == OpenFinding(code="NO_WEIGHT", params={"reason": "empty_scale"})


async def test_a_log_that_cannot_be_written_stops_the_station_and_it_says_so(lane: Lane) -> None:
    lane.hub.log.limit_pages(1)
    for number in range(40):
        await lane.scanner.scan(f"UNKNOWN-{number:03}")
        message = await lane.shown(DecisionMessage, StoppedMessage)
        if isinstance(message, StoppedMessage):
            break
    assert isinstance(message, StoppedMessage)
    assert "Check the disk" in message.reason
    size = lane.hub.log.size()
    await lane.scanner.scan("BOX-000001")
    assert isinstance(await lane.shown(DecisionMessage, StoppedMessage), StoppedMessage)
    assert lane.hub.log.size() == size
    assert any(isinstance(state, StoppedMessage) for state in lane.hub.feed.states())


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
    with opened.hub.feed.subscribe() as screen:
        for wait_s in (0, 9.9, 0.2):
            site.clock.advance(wait_s)
            alone.keyed(S10)
            kinds.append(type(await next_of(screen, Message)))
    assert kinds == [DecisionMessage, RepeatMessage, DecisionMessage]
    deciding.cancel()


async def test_a_verdict_is_not_repeated_for_a_second_parcel_that_was_laid_down_meanwhile(
    site: Any, opened: Opened, lane_config: Config
) -> None:
    await site.declare(opened, {})
    station, clock = Station(lane_config.stations[0], opened.hub), site.clock
    deciding = asyncio.create_task(station.decide_scans())

    async def lay_and_scan(*grams: int) -> DecisionMessage | RepeatMessage:
        """Give the scale those readings, 200 ms apart, then scan the one label that there is."""
        for value in grams:
            clock.advance(0.2)
            station.on_scale(
                WeightReading(value=Decimal(value), unit="g", stable=True, status=frozenset(), raw=b""),
                clock.monotonic_ns(),
            )
        station.keyed(S10)
        return await next_of(screen, DecisionMessage, RepeatMessage)

    with opened.hub.feed.subscribe() as screen:
        assert isinstance(await lay_and_scan(0, 0, 290, 290, 290, 290), DecisionMessage)
        assert isinstance(await lay_and_scan(290, 290), RepeatMessage), "it is still the same parcel"
        second = await lay_and_scan(0, 0, 310, 310, 310, 310)
    deciding.cancel()
    assert isinstance(second, DecisionMessage)
    assert second.weight is not None
    assert second.weight.grams == 310
    assert "DUPLICATE_SCAN" in [finding.code for finding in second.findings]


async def test_reads_of_a_label_that_is_held_in_view_are_one_scan(alone: Station, opened: Opened) -> None:
    read = ScanRead(aim=None, payload=S10.encode(), text=S10, encoding="utf-8", raw=S10.encode())
    for at_ms in (0, 100, 700):
        alone.on_scanner(read, at_ms * 1_000_000)
    assert alone.waiting == 1


async def test_a_scanner_that_read_nothing_asks_for_a_rescan(alone: Station, opened: Opened) -> None:
    with opened.hub.feed.subscribe() as screen:
        alone.on_scanner(NoRead(raw=b"NR"), 0)
        assert screen.take() == RescanMessage(station="lane-1", reason="no_read")


async def test_more_scans_than_may_wait_ask_for_a_rescan(alone: Station, opened: Opened) -> None:
    with opened.hub.feed.subscribe() as screen:
        for number in range(WAITING_SCANS + 1):
            alone.keyed(f"BOX-{number:06}")
        assert alone.waiting == WAITING_SCANS
        assert screen.take() == RescanMessage(station="lane-1", reason="too_many_scans")


async def test_a_station_without_a_scale_gives_no_weight(alone: Station, site: Any) -> None:
    scan: Scan = site.scan()
    weighing = await alone.weighing_for(scan)
    assert (weighing.weighed, weighing.reason) == (None, "no_scale")


async def test_a_device_that_was_lost_is_shown(alone: Station, opened: Opened, site: Any) -> None:
    meter = alone.meters["scanner"]
    meter.state, meter.last_error = DeviceState.LOST, "unplugged"
    alone.on_scanner_health(meter.snapshot(site.clock.monotonic_ns()))
    (state,) = opened.hub.feed.states()
    assert state == DeviceMessage(station="lane-1", role="scanner", state="lost", error="unplugged")


async def test_the_status_reports_each_device_and_what_to_change(
    alone: Station, opened: Opened, site: Any
) -> None:
    meter, now_ns = alone.meters["scanner"], site.clock.monotonic_ns()
    meter.state, meter.since_ns = DeviceState.UP, now_ns - 4_000_000_000
    for _ in range(3):
        meter.count(Noise(discarded=20, reason="parity_even"), now_ns)
    (device,) = (await status_of(opened.hub))["devices"]
    assert (device["station"], device["role"], device["state_s"]) == ("lane-1", "scanner", 4.0)
    assert (device["noise_bytes"], device["parse_errors"], device["frames"]) == (60, 3, 0)
    assert "set bits = 7" in device["advice"]
    watching = asyncio.create_task(alone.watch_devices())
    with opened.hub.feed.subscribe() as screen:
        shown = await next_of(screen, DeviceMessage)
        assert (shown.state, shown.advice, shown.due) == ("up", device["advice"], None)
        meter.state = DeviceState.SILENT
        site.clock.advance(WATCH_EVERY_S)
        assert (await next_of(screen, DeviceMessage)).state == "silent"
        site.clock.advance(WATCH_EVERY_S)
        await asyncio.sleep(0)
        assert screen.take() is None, "a state that is as it was is not published again"
    watching.cancel()


async def test_a_scale_reports_its_card_and_what_speaks_against_it(site: Any, opened: Opened) -> None:
    due = site.clock.now().date() + timedelta(days=10)
    card = (
        f'{{ maker = "Example", model = "PS60", serial = "1", max = "30 kg", min = "100 g", e = "5 g", '
        f"verified_on = {due - timedelta(days=365)}, due_on = {due} }}"
    )
    config = site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{site.folder}/scanner" }}\n'
        f'scale = {{ port = "{site.folder}/scale", protocol = "mt-sics", card = {card} }}\n'
    )
    station = Station(config.stations[0], opened.hub)
    (_, scale) = station.reports()
    assert (scale["role"], scale["concerns"], scale["zero_g"]) == ("scale", [], None)
    assert (scale["card"]["due_in_days"], scale["card"]["e_g"]) == (10, "5")
    station.on_scale_health(station.meters["scale"].snapshot(0))
    (shown,) = opened.hub.feed.states()
    assert isinstance(shown, DeviceMessage)
    assert shown.due == due.isoformat()


async def test_scanner_and_scale_over_one_cable_and_its_beep_says_what_must_not_pass(site: Any) -> None:
    port = site.folder / "both"
    config = site.configure(
        f'[[stations]]\nname = "lane-1"\nscanner = {{ port = "{port}", protocol = "magellan" }}\n'
        f'scale = {{ port = "{port}", protocol = "magellan", unit = "lb" }}\n'
    )
    clock = SystemClock()
    for publish in (site.publish_policy, lambda issued: site.publish_list(issued=issued)):
        publish(issued=clock.now())
    asked = bytearray()
    line = PtyLine(port, asked.extend)
    line.plug()

    async def wait_for(command: bytes) -> None:
        async with asyncio.timeout(15):
            while command not in asked:  # noqa: ASYNC110 - bytes, without a signal
                await asyncio.sleep(0.01)
        asked.clear()

    async with open_hub(config, clock) as opened:
        station = Station(config.stations[0], opened.hub)
        task = asyncio.create_task(run_station(station, opened.hub))
        with opened.hub.feed.subscribe() as screen:
            await wait_for(b"S1")
            for answer in (b"S143\r", b"S1440123\r", b"S1440123\r", b"S1440123\r", b"S08A012345678905\r"):
                line.send(answer)
            decided = await next_of(screen, DecisionMessage)
        assert decided.disposition == "DNL"
        assert decided.weight is not None
        assert (decided.weight.digits, decided.weight.unit) == ("1.23", "lb")
        await wait_for(b"S334\r")
        (scanner, scale) = station.reports()
        assert scanner["frames"] == scale["frames"] >= 5
        assert {record.direction for record in station.recorders["scale"].recent()} == {"in", "out"}
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    line.unplug()


async def test_a_scan_from_the_network_is_marked_in_its_decision(alone: Station, opened: Opened) -> None:
    read = ScanRead(aim=None, payload=S10.encode(), text=S10, encoding="utf-8", raw=b"", authenticated=False)
    deciding = asyncio.create_task(alone.decide_scans())
    with opened.hub.feed.subscribe() as screen:
        alone.on_scanner(read, 0)
        decided = await next_of(screen, DecisionMessage)
    deciding.cancel()
    assert "SCAN_UNAUTHENTICATED" in [finding.code for finding in decided.findings]
