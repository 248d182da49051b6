"""A scanner, a scale and a screen that belong together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from agent.cases.scan import Origin, Scan, ScanWeighing
from agent.clearance import clear_piece
from agent.config.devices import DeviceSection, ScaleSection
from agent.config.file import StationSection
from agent.domain.findings.disposition import Disposition
from agent.domain.piece import PieceKey
from agent.errors import EvidenceFailed, StoreFailed, UnreadableScan
from agent.evidence.recorded import Recorded
from agent.feed.messages import (
    Message,
    RescanMessage,
    StoppedMessage,
    WeighingMessage,
    device_message,
)
from agent.hub import Hub
from agent.lane.health import device_report, scale_report
from agent.lane.ports import lane_port
from agent.lane.scale import LaneScale
from agent.runtime.ids import jitter
from drivers.errors import DeviceError
from drivers.events import Event, Noise, NoRead, ScanRead, WeightReading
from drivers.ports.interface import Port
from drivers.scanners.folding import Folder
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter
from drivers.transcripts.transcript import Recorder
from drivers.weighing.outcome import NoWeighing, Pending
from drivers.weighing.outcome import Weighing as ScaleWeighing

log = logging.getLogger(__name__)

WAITING_SCANS = 64
WATCH_EVERY_S = 1.0


class Station:
    """The state of one lane; its devices feed it, its scans are decided one after the other."""

    def __init__(self, section: StationSection, hub: Hub) -> None:
        self.name = section.name
        self.section = section
        self.stopped: str | None = None
        """Why nothing more is decided here; None while decisions are."""
        self._hub = hub
        self._scans: asyncio.Queue[Scan] = asyncio.Queue(WAITING_SCANS)
        self._folder = Folder(hub.reference_data.current.policy.tolerance.fold_window_ms)
        hub.reference_data.follow(self._fold_as_in_force)
        self._scale = LaneScale(section.scale) if section.scale else None
        self._weight_changed = asyncio.Event()
        self._last: dict[PieceKey, tuple[int, Recorded]] = {}
        now_ns = hub.clock.monotonic_ns()
        self.meters: dict[str, HealthMeter] = {"scanner": HealthMeter(now_ns)}
        self.recorders = {"scanner": self._recorder(section.scanner)}
        self.scanner_port: Port | None = None
        if section.scale:
            self.recorders["scale"] = self._recorder(section.scale)
            # Over one cable they come and go together.
            self.meters["scale"] = self.meters["scanner"] if section.one_cable else HealthMeter(now_ns)
        hub.stations[self.name] = self

    def _fold_as_in_force(self) -> None:
        self._folder.window_ms = self._hub.reference_data.current.policy.tolerance.fold_window_ms

    def _recorder(self, section: DeviceSection) -> Recorder:
        role = "scale" if isinstance(section, ScaleSection) else "scanner"
        recorder = Recorder(section.port, str(section.settings()), wall=self._hub.clock)
        self._hub.recorders[f"{self.name}/{role}"] = recorder
        return recorder

    # -- weights ---------------------------------------------------------------------------------------------

    async def weighing_for(self, scan: Scan) -> ScanWeighing:
        """The weighing of this scan and of no other; waits while its load settles, within a limit."""
        if self._scale is None:
            return ScanWeighing(weighed=None, reason="no_scale")
        settle_ns = self._hub.reference_data.current.policy.tolerance.settle_timeout_ms * 1_000_000
        announced = False
        deadline = self._hub.clock.monotonic_ns() + settle_ns
        while True:
            self._weight_changed.clear()
            claim = self._scale.claim(scan.at_ns)
            if isinstance(claim, ScaleWeighing):
                weighed = self._scale.weighed(claim, self._hub.clock.now().date())
                return ScanWeighing(weighed=weighed, reason=None, last_byte_ns=claim.last_byte_ns)
            if isinstance(claim, NoWeighing):
                return ScanWeighing(weighed=None, reason=claim.reason.value)
            left_s = (deadline - self._hub.clock.monotonic_ns()) / 1e9
            if left_s <= 0:
                return ScanWeighing(weighed=None, reason="not_stable")
            assert isinstance(claim, Pending)
            if not announced:
                self._publish(WeighingMessage(station=self.name))
                announced = True
            try:
                async with asyncio.timeout(left_s):
                    await self._weight_changed.wait()
            except TimeoutError:
                continue

    def on_scale(self, event: Event, at_ns: int) -> None:
        """The scale sent a reading."""
        if isinstance(event, WeightReading) and self._scale is not None:
            for concern in self._scale.feed(event, at_ns):
                log.warning("scale doubted", extra={"station": self.name, "concern": concern.value})
            self._weight_changed.set()

    def on_scale_health(self, health: DeviceHealth) -> None:
        """The scale was lost or came back."""
        if health.state is DeviceState.LOST and self._scale is not None:
            self._scale.lost(health.since_ns)
            self._weight_changed.set()
        self._publish_device("scale")

    # -- scans -----------------------------------------------------------------------------------------------

    def on_scanner(self, event: Event, at_ns: int) -> None:
        """The scanner read a label, read none, or sent something else."""
        if isinstance(event, ScanRead):
            folded = self._folder.feed(event, at_ns)
            if folded is not None:
                self._take(
                    Scan(
                        text=event.text,
                        aim=event.aim,
                        raw=event.raw,
                        at_ns=folded.at_ns,
                        authenticated=event.authenticated,
                    )
                )
        elif isinstance(event, NoRead):
            self._publish(RescanMessage(station=self.name, reason="no_read"))
        elif isinstance(event, Noise):
            self._publish(RescanMessage(station=self.name, reason=event.reason, discarded=event.discarded))

    def keyed(self, text: str, source: Origin = "keyed") -> None:
        """A number was typed instead of scanned."""
        now_ns = self._hub.clock.monotonic_ns()
        self._take(Scan(text=text, aim=None, raw=text.encode(errors="replace"), at_ns=now_ns, source=source))

    def on_scanner_health(self, _: DeviceHealth) -> None:
        """The scanner was lost or came back."""
        self._publish_device("scanner")

    def _take(self, scan: Scan) -> None:
        if self.stopped:
            self._publish(StoppedMessage(station=self.name, reason=self.stopped))
            return
        try:
            self._scans.put_nowait(scan)
        except asyncio.QueueFull:
            self._publish(RescanMessage(station=self.name, reason="too_many_scans"))

    async def decide_scans(self) -> NoReturn:
        """Decide on scans in their order; a disk that fails stops the station, which publishes that."""
        while True:
            scan = await self._scans.get()
            try:
                recorded = await clear_piece(scan, self, self._hub)
                await self._sound(good=recorded.verdict.disposition is Disposition.CLEAR)
            except UnreadableScan as error:
                detail = str(error)
                self._publish(RescanMessage(station=self.name, reason="unreadable", detail=detail))
                await self._sound(good=False)
            except (EvidenceFailed, StoreFailed) as error:
                self.stopped = str(error)
                log.critical("station stopped", extra={"station": self.name, "error": str(error)})
                self._hub.feed.publish_state(StoppedMessage(station=self.name, reason=self.stopped))

    def repeats(self, piece: PieceKey, scan: Scan) -> Recorded | None:
        """The entry whose verdict this scan repeats: the same piece here, within the policy's window."""
        window_ns = self._hub.reference_data.current.policy.tolerance.repeat_window_ms * 1_000_000
        while self._last:
            oldest = next(iter(self._last))  # they stand in the order in which they were decided
            if scan.at_ns - self._last[oldest][0] < window_ns:
                break
            del self._last[oldest]
        known = self._last.get(piece)
        if known is None or (self._scale is not None and self._scale.loaded_since(known[0])):
            return None  # something was laid down since: it may be another parcel with the same label
        return known[1]

    def decided(self, piece: PieceKey, scan: Scan, recorded: Recorded) -> None:
        """Remember a decision, to repeat its verdict."""
        self._last.pop(piece, None)
        self._last[piece] = (scan.at_ns, recorded)

    async def _sound(self, *, good: bool) -> None:
        """Make the scanner beep for the verdict; one that is away at the moment stays silent."""
        section = self.section.scanner
        if section.beep == "off" or (good and section.beep == "bad"):
            return
        profile = section.profile()
        command = profile.beep_good if good else profile.beep_bad
        if command and self.scanner_port is not None:
            with contextlib.suppress(DeviceError):
                await self.scanner_port.write(command)

    @property
    def waiting(self) -> int:
        """Scans that are not decided yet."""
        return self._scans.qsize()

    # -- states ----------------------------------------------------------------------------------------------

    async def watch_devices(self) -> NoReturn:
        """Publish how the devices are until cancelled: one may come into doubt without being lost."""
        while True:
            for role in self.meters:
                self._publish_device(role)
            await self._hub.clock.sleep(WATCH_EVERY_S)

    def reports(self) -> list[dict[str, Any]]:
        """How the devices are, as plain JSON."""
        return [self._report(role) for role in self.meters]

    def _report(self, role: str) -> dict[str, Any]:
        clock = self._hub.clock
        now_ns = clock.monotonic_ns()
        section = self.section.scale if role == "scale" else self.section.scanner
        assert section is not None
        report = device_report(self.name, role, section, self.meters[role].snapshot(now_ns), now_ns)
        if role == "scale" and self._scale is not None:
            report |= scale_report(self._scale, clock.now().date())
        return report

    def _publish_device(self, role: str) -> None:
        self._hub.feed.publish_state(device_message(self._report(role)))

    def _publish(self, message: Message) -> None:
        self._hub.feed.publish(message)


async def run_station(station: Station, hub: Hub) -> None:
    """Run a station's devices and decisions until cancelled."""
    section = station.section
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.decide_scans(), name=f"decide {station.name}")
        tasks.create_task(station.watch_devices(), name=f"watch {station.name}")
        if section.scale is None or not section.one_cable:
            tasks.create_task(_run_scanner(station, hub), name=f"scanner {station.name}")
        if section.scale is not None:
            tasks.create_task(_run_scale(station, section.scale, hub), name=f"scale {station.name}")


async def _run_scanner(station: Station, hub: Hub) -> NoReturn:
    section = station.section.scanner
    profile = section.profile()
    no_read = tuple(text.encode() for text in section.no_read)
    profile = replace(profile, new_parser=partial(profile.new_parser, no_read=no_read))
    port = lane_port(section, clock=hub.clock, tap=station.recorders["scanner"])
    station.scanner_port = port
    await run_device(
        port,
        profile,
        meter=station.meters["scanner"],
        clock=hub.clock,
        randomness=jitter(),
        on_event=station.on_scanner,
        on_health=station.on_scanner_health,
    )


async def _run_scale(station: Station, section: ScaleSection, hub: Hub) -> NoReturn:
    one_cable = station.section.one_cable
    port = lane_port(section, clock=hub.clock, tap=station.recorders["scale"])
    if one_cable:
        station.scanner_port = port

    def on_event(event: Event, at_ns: int) -> None:
        station.on_scale(event, at_ns)
        if one_cable and isinstance(event, ScanRead | NoRead):
            station.on_scanner(event, at_ns)

    def on_health(health: DeviceHealth) -> None:
        station.on_scale_health(health)
        if one_cable:
            station.on_scanner_health(health)

    await run_device(
        port,
        section.profile(),
        meter=station.meters["scale"],
        clock=hub.clock,
        randomness=jitter(),
        on_event=on_event,
        on_health=on_health,
    )
