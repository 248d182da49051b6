"""One device under supervision: opened, started, read, and opened again whenever it comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from drivers.clock import MonotonicClock
from drivers.errors import DeviceError
from drivers.events import Event, Noise, Status, WeightReading
from drivers.port import Port
from drivers.profile import DeviceProfile
from drivers.randomness import Randomness

log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0
SETTLED_AFTER_S = 5.0
"""A port that stayed open so long was really back, and its next loss is retried quickly again."""


class DeviceState(StrEnum):
    """What a device is doing. SILENT is one that should talk and does not: off, asleep, or the wrong one."""

    OPENING = "opening"
    UP = "up"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """A device at one moment; times are monotonic nanoseconds, counters run since the start.

    ``last_error`` is what the port said last, ``last_noise`` the code of the last noise: ``parity_even``
    means a device that sends seven bits with even parity.
    """

    state: DeviceState
    since_ns: int
    last_byte_ns: int | None
    frames: int
    noise_bytes: int
    reconnects: int
    open_failures: int
    last_error: str | None
    last_noise: str | None


class HealthMeter:
    """Counts for one device; its owner takes a ``snapshot`` whenever somebody asks."""

    def __init__(self, now_ns: int) -> None:
        self.state = DeviceState.OPENING
        self.since_ns = now_ns
        self.last_byte_ns: int | None = None
        self.frames = 0
        self.noise_bytes = 0
        self.reconnects = 0
        self.open_failures = 0
        self.last_error: str | None = None
        self.last_noise: str | None = None

    def snapshot(self) -> DeviceHealth:
        return DeviceHealth(
            state=self.state,
            since_ns=self.since_ns,
            last_byte_ns=self.last_byte_ns,
            frames=self.frames,
            noise_bytes=self.noise_bytes,
            reconnects=self.reconnects,
            open_failures=self.open_failures,
            last_error=self.last_error,
            last_noise=self.last_noise,
        )

    def count(self, event: Event) -> None:
        if isinstance(event, Noise):
            self.noise_bytes += event.discarded
            self.last_noise = event.reason
        else:
            self.frames += 1


async def run_device(
    port: Port,
    profile: DeviceProfile,
    *,
    meter: HealthMeter,
    clock: MonotonicClock,
    randomness: Randomness,
    on_event: Callable[[Event, int], None],
    on_health: Callable[[DeviceHealth], None],
) -> NoReturn:
    """Read one device until cancelled, whatever happens to its port.

    Args:
        port: Closed; it is opened, and closed again in the end.
        meter: Kept up to date, for whoever asks about the device between two changes.
        randomness: Spreads the retries, so that a hub of replugged devices does not retry in step.
        on_event: Gets every event with the monotonic nanoseconds at which the chunk that completed it
            arrived. It runs in the loop, must not wait, and what it raises is passed through.
        on_health: Gets a snapshot each time the state changes.
    """
    session = _Session(port, profile, meter, clock, on_event, on_health)
    failures = 0
    while True:
        opened_ns = None
        try:
            await port.open()
            opened_ns = clock.monotonic_ns()
            await session.run(opened_ns)
        except DeviceError as exc:
            meter.last_error = str(exc)
            if opened_ns is None:
                meter.open_failures += 1
            elif clock.monotonic_ns() - opened_ns >= SETTLED_AFTER_S * 1e9:
                failures = 0
            session.enter(DeviceState.LOST)
        await clock.sleep(randomness.random() * min(FIRST_RETRY_S * 2**failures, LONGEST_RETRY_S))
        failures = min(failures + 1, 16)


class _Session:
    """What lasts over the reopenings of one device."""

    def __init__(
        self,
        port: Port,
        profile: DeviceProfile,
        meter: HealthMeter,
        clock: MonotonicClock,
        on_event: Callable[[Event, int], None],
        on_health: Callable[[DeviceHealth], None],
    ) -> None:
        self._port = port
        self._profile = profile
        self._meter = meter
        self._clock = clock
        self._on_event = on_event
        self._on_health = on_health
        self._was_open = False
        self._started_ns = 0
        self._heard_ns = 0
        self._polling = False

    def enter(self, state: DeviceState) -> None:
        meter = self._meter
        if meter.state is state:
            return
        before, meter.state, meter.since_ns = meter.state, state, self._clock.monotonic_ns()
        fields = {"port": self._port.identity().url, "state": state.value, "error": meter.last_error}
        if state is DeviceState.LOST:
            log.warning("device lost", extra=fields)
        elif before is DeviceState.LOST:
            log.info("device back", extra=fields)
        self._on_health(meter.snapshot())

    async def run(self, opened_ns: int) -> NoReturn:
        """Read the open port until it is lost; it is closed in any case."""
        watch = None
        try:
            self._meter.reconnects += self._was_open
            self._was_open = True
            self._heard_ns = opened_ns
            self.enter(DeviceState.UP)
            if self._profile.start_command or self._profile.poll_command:
                await self._start()
                watch = asyncio.create_task(self._keep_talking(), name=f"watch {self._port.identity().url}")
            await self._read()
        finally:
            if watch is not None:
                watch.cancel()
                await asyncio.wait({watch})
            await self._port.close()

    async def _read(self) -> NoReturn:
        # A new parser each time: half a frame from before the loss must not meet half a frame from after it.
        parser = self._profile.new_parser()
        heard_ns = None
        while True:
            try:
                # While the line rests, a parser may hold a frame that one more byte could still change.
                async with asyncio.timeout(None if heard_ns is None else self._profile.idle_gap_s):
                    chunk = await self._port.read_some()
            except TimeoutError:
                assert heard_ns is not None
                self._take(parser.idle(), heard_ns)
                heard_ns = None
                continue
            self._meter.last_byte_ns = self._heard_ns = heard_ns = chunk.at_ns
            self.enter(DeviceState.UP)
            self._take(parser.feed(chunk.data), chunk.at_ns)

    def _take(self, events: list[Event], at_ns: int) -> None:
        for event in events:
            self._meter.count(event)
            if isinstance(event, WeightReading) and Status.ERROR in event.status:
                # The device does not know the start command; asking it each time works everywhere.
                self._polling = bool(self._profile.poll_command)
            self._on_event(event, at_ns)

    async def _start(self) -> None:
        self._started_ns = self._clock.monotonic_ns()
        self._polling = not self._profile.start_command
        await self._port.write(self._profile.start_command or self._profile.poll_command)

    async def _keep_talking(self) -> NoReturn:
        """Start a device that fell silent again (perhaps switched off), poll one that cannot stream."""
        profile = self._profile
        while True:
            await self._clock.sleep(profile.poll_interval_s if self._polling else profile.silent_after_s / 4)
            quiet_ns = self._clock.monotonic_ns() - max(self._heard_ns, self._started_ns)
            # A write that fails is a port that is lost or stalled: the reader hears of the one, the other
            # passes.
            with contextlib.suppress(DeviceError):
                if quiet_ns > profile.silent_after_s * 1e9:
                    self.enter(DeviceState.SILENT)
                    await self._start()
                elif self._polling:
                    await self._port.write(profile.poll_command)
