"""A scanner, a scale and a screen that belong together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from agent.clearance import UnreadableScan, clear_piece
from agent.config import StationSection
from agent.device_config import DeviceSection, ScaleSection
from agent.domain.decision import PieceKey
from agent.errors import EvidenceFailed, ReferenceFailed
from agent.hub import Hub
from agent.ids import jitter
from agent.scale import LaneScale
from agent.scan import Origin, Scan, Weighing
from agent.store.evidence import Recorded
from agent.views import VERSION
from drivers.device import DeviceHealth, DeviceState, HealthMeter, run_device
from drivers.events import Event, Noise, NoRead, ScanRead, WeightReading
from drivers.port import SerialPort
from drivers.profile import DeviceProfile
from drivers.scanners.folding import Folder
from drivers.weighing import NoWeighing, Pending
from drivers.weighing import Weighing as ScaleWeighing

log = logging.getLogger(__name__)

WAITING_SCANS = 64


class Station:
    """The state of one lane; its devices feed it, its scans are decided one after the other."""

    def __init__(self, section: StationSection, hub: Hub) -> None:
        self.name = section.name
        self.section = section
        self.stopped: str | None = None
        self._hub = hub
        self._scans: asyncio.Queue[Scan] = asyncio.Queue(WAITING_SCANS)
        self._folder = Folder(hub.in_force.policy.tolerance.fold_window_ms)
        self._scale = LaneScale(section.scale) if section.scale else None
        self._weight_changed = asyncio.Event()
        self._last: dict[PieceKey, tuple[int, Recorded]] = {}
        now_ns = hub.clock.monotonic_ns()
        self.meters = {"scanner": HealthMeter(now_ns)}
        if section.scale:
            # Over one cable they are heard and lost together.
            self.meters["scale"] = self.meters["scanner"] if section.one_cable else HealthMeter(now_ns)

    # -- weights ---------------------------------------------------------------------------------------------

    async def weighing_for(self, scan: Scan) -> Weighing:
        """The weighing of this scan and of no other; waits while its load settles, within a limit."""
        if self._scale is None:
            return Weighing(weighed=None, reason="no_scale")
        settle_ns = self._hub.in_force.policy.tolerance.settle_timeout_ms * 1_000_000
        told = False
        deadline = self._hub.clock.monotonic_ns() + settle_ns
        while True:
            self._weight_changed.clear()
            claim = self._scale.claim(scan.at_ns)
            if isinstance(claim, ScaleWeighing):
                weighed = self._scale.weighed(claim, self._hub.clock.now().date())
                return Weighing(weighed=weighed, reason=None, last_byte_ns=claim.last_byte_ns)
            if isinstance(claim, NoWeighing):
                return Weighing(weighed=None, reason=claim.reason.value)
            left_s = (deadline - self._hub.clock.monotonic_ns()) / 1e9
            if left_s <= 0:
                return Weighing(weighed=None, reason="not_stable")
            assert isinstance(claim, Pending)
            if not told:
                self._tell("weighing")
                told = True
            try:
                async with asyncio.timeout(left_s):
                    await self._weight_changed.wait()
            except TimeoutError:
                continue

    def on_scale(self, event: Event, at_ns: int) -> None:
        """A scale said something."""
        if isinstance(event, WeightReading) and self._scale is not None:
            self._scale.feed(event, at_ns)
            self._weight_changed.set()

    def on_scale_health(self, health: DeviceHealth) -> None:
        """The scale went or came back."""
        if health.state is DeviceState.LOST and self._scale is not None:
            self._scale.lost(health.since_ns)
            self._weight_changed.set()
        self._tell_health("scale", health)

    # -- scans -----------------------------------------------------------------------------------------------

    def on_scanner(self, event: Event, at_ns: int) -> None:
        """A scanner said something."""
        if isinstance(event, ScanRead):
            folded = self._folder.feed(event, at_ns)
            if folded is not None:
                self._take(
                    Scan(text=event.text, aim=event.aim, raw=event.raw, at_ns=folded.at_ns, source="station")
                )
        elif isinstance(event, NoRead):
            self._tell("rescan", reason="no_read")
        elif isinstance(event, Noise):
            self._tell("rescan", reason=event.reason, discarded=event.discarded)

    def keyed(self, text: str, source: Origin = "keyed") -> None:
        """A number was typed instead of scanned."""
        now_ns = self._hub.clock.monotonic_ns()
        self._take(Scan(text=text, aim=None, raw=text.encode(errors="replace"), at_ns=now_ns, source=source))

    def on_scanner_health(self, health: DeviceHealth) -> None:
        """The scanner went or came back."""
        self._tell_health("scanner", health)

    def _take(self, scan: Scan) -> None:
        if self.stopped:
            self._tell("stopped", reason=self.stopped)
            return
        try:
            self._scans.put_nowait(scan)
        except asyncio.QueueFull:
            self._tell("rescan", reason="too_many_scans")

    async def decide_scans(self) -> NoReturn:
        """Decide on scans in their order; a disk that fails stops the station, and it says so."""
        while True:
            scan = await self._scans.get()
            try:
                await clear_piece(scan, self, self._hub)
            except UnreadableScan as error:
                self._tell("rescan", reason="unreadable", detail=str(error))
            except (EvidenceFailed, ReferenceFailed) as error:
                self.stopped = str(error)
                log.critical("station stopped", extra={"station": self.name, "error": str(error)})
                self._hub.notices.state(
                    f"stopped/{self.name}",
                    {"v": VERSION, "type": "stopped", "station": self.name, "reason": str(error)},
                )

    def repeats(self, piece: PieceKey, scan: Scan) -> Recorded | None:
        """The entry whose verdict this scan repeats: the same piece here, within the policy's window."""
        window_ns = self._hub.in_force.policy.tolerance.repeat_window_ms * 1_000_000
        self._last = {key: last for key, last in self._last.items() if scan.at_ns - last[0] < window_ns}
        known = self._last.get(piece)
        if known is None or (self._scale is not None and self._scale.loaded_since(known[0])):
            return None  # something was laid down since: it may be another parcel with the same label
        return known[1]

    def decided(self, piece: PieceKey, scan: Scan, recorded: Recorded) -> None:
        """Remember a decision, to repeat its verdict."""
        self._last[piece] = (scan.at_ns, recorded)

    # -- telling ---------------------------------------------------------------------------------------------

    def _tell(self, kind: str, **fields: Any) -> None:
        self._hub.notices.publish({"v": VERSION, "type": kind, "station": self.name, **fields})

    def _tell_health(self, role: str, health: DeviceHealth) -> None:
        self._hub.notices.state(
            f"device/{self.name}/{role}",
            {
                "v": VERSION,
                "type": "device",
                "station": self.name,
                "role": role,
                "state": health.state.value,
                "error": health.last_error,
            },
        )


async def run_station(station: Station, hub: Hub) -> None:
    """Run a station's devices and decisions until cancelled."""
    section = station.section
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.decide_scans(), name=f"decide {station.name}")
        if section.scale is None or not section.one_cable:
            tasks.create_task(_scanner(station, hub), name=f"scanner {station.name}")
        if section.scale is not None:
            tasks.create_task(_scale(station, section.scale, hub), name=f"scale {station.name}")


async def _scanner(station: Station, hub: Hub) -> NoReturn:
    section = station.section.scanner
    no_read = tuple(text.encode() for text in section.no_read)
    profile = section.profile()
    profile = replace(profile, new_parser=partial(profile.new_parser, no_read=no_read))
    await _run(
        section, profile, station.meters["scanner"], station.on_scanner, station.on_scanner_health, hub
    )


async def _scale(station: Station, section: ScaleSection, hub: Hub) -> NoReturn:
    one_cable = station.section.one_cable

    def on_event(event: Event, at_ns: int) -> None:
        station.on_scale(event, at_ns)
        if one_cable and isinstance(event, ScanRead | NoRead):
            station.on_scanner(event, at_ns)

    def on_health(health: DeviceHealth) -> None:
        station.on_scale_health(health)
        if one_cable:
            station.on_scanner_health(health)

    await _run(section, section.profile(), station.meters["scale"], on_event, on_health, hub)


async def _run(
    section: DeviceSection,
    profile: DeviceProfile,
    meter: HealthMeter,
    on_event: Callable[[Event, int], None],
    on_health: Callable[[DeviceHealth], None],
    hub: Hub,
) -> NoReturn:
    await run_device(
        SerialPort(section.port, section.settings(), clock=hub.clock),
        profile,
        meter=meter,
        clock=hub.clock,
        randomness=jitter(),
        on_event=on_event,
        on_health=on_health,
    )
