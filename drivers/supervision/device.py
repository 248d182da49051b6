"""One device under supervision: opened, started, read, and opened again whenever it comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from drivers.clock import MonotonicClock
from drivers.errors import DeviceError
from drivers.events import Event, Parser, Replying, Status, WeightReading
from drivers.ports.interface import Port
from drivers.profile import DeviceKind, DeviceProfile
from drivers.randomness import Randomness
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter

log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0
SETTLED_AFTER_S = 5.0
"""A port that stayed open so long was really back, and its next loss is retried quickly again."""


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
    """Read one device until cancelled, whatever happens to its port or in its driver.

    A parser or an ``on_event`` that raises loses the bytes at hand and nothing else: the failure is logged
    with its traceback and counted, and the device is opened again, ever more slowly while it fails on. An
    ``on_health`` that raises is logged and counted, and the device goes on.

    Args:
        port: Closed; it is opened, and closed again in the end.
        meter: Kept up to date, for those who ask about the device between two changes.
        randomness: Spreads the retries, so that a hub of replugged devices does not retry in step.
        on_event: Gets every event, whatever its kind (one device may both weigh and scan), with the monotonic
            nanoseconds at which the chunk that completed it arrived. It runs in the loop and must not wait.
        on_health: Gets a snapshot each time the state changes.
    """
    meter.backlog = port.backlog
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
            meter.open_failures += opened_ns is None
        except Exception as exc:
            # One bad driver must not end the program, nor another device; nor may it go unseen.
            log.exception("device driver failed", extra={"port": port.identity().url})
            meter.last_error = f"the driver failed: {type(exc).__name__}: {exc}"
            meter.driver_failures += 1
        if opened_ns is not None and clock.monotonic_ns() - opened_ns >= SETTLED_AFTER_S * 1e9:
            failures = 0
        session.enter(DeviceState.LOST)
        longest_s = min(FIRST_RETRY_S * 2**failures, LONGEST_RETRY_S)
        plugged_in = await _appears_within(randomness.random() * longest_s, port, clock)
        failures = 0 if plugged_in else min(failures + 1, 16)


async def _appears_within(seconds: float, port: Port, clock: MonotonicClock) -> bool:
    """Wait that long, or until the port is plugged in; says which it was."""
    waits = asyncio.create_task(clock.sleep(seconds), name="retry")
    appears = asyncio.create_task(port.appears(), name="plug")
    try:
        await asyncio.wait({waits, appears}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _stop([waits, appears])
    _raise_failure_of([waits, appears])
    return not appears.cancelled()


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _raise_failure_of(tasks: Iterable[asyncio.Task[None]]) -> None:
    # Not while a cancellation passes: the failure would take its place, and we would run on.
    failures = [task.exception() for task in tasks if not task.cancelled()]
    for failure in failures:
        if failure is not None:
            raise failure


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
        self._last_byte_ns = 0
        self._polling = False

    def enter(self, state: DeviceState) -> None:
        meter = self._meter
        if meter.state is state:
            return
        now_ns = self._clock.monotonic_ns()
        before, meter.state, meter.since_ns = meter.state, state, now_ns
        fields = {"port": self._port.identity().url, "state": state.value, "error": meter.last_error}
        if state is DeviceState.LOST:
            log.warning("device lost", extra=fields)
        elif before is DeviceState.LOST:
            log.info("device back", extra=fields)
        try:
            self._on_health(meter.snapshot(now_ns))
        except Exception:
            log.exception("telling of a device failed", extra=fields)
            meter.driver_failures += 1

    async def run(self, opened_ns: int) -> None:
        """Read the open port until it is lost or its driver fails; it is closed in any case."""
        tasks: list[asyncio.Task[None]] = []
        url = self._port.identity().url
        try:
            self._meter.reconnects += self._was_open
            self._was_open = True
            self._last_byte_ns = opened_ns
            self.enter(DeviceState.UP)
            await self._start()
            tasks.append(asyncio.create_task(self._read(), name=f"read {url}"))
            if self._profile.kind is DeviceKind.SCALE:
                tasks.append(asyncio.create_task(self._keep_talking(), name=f"watch {url}"))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                await _stop(tasks)
            finally:
                await self._port.close()
        _raise_failure_of(tasks)

    async def _read(self) -> None:
        # A new parser each time: half a frame from before the loss must not meet half a frame from after it.
        parser = self._profile.new_parser()
        last_byte_ns = None
        while True:
            try:
                # While the line rests, a parser may hold a frame that one more byte could still change.
                async with asyncio.timeout(None if last_byte_ns is None else self._profile.idle_gap_s):
                    chunk = await self._port.read_some()
            except TimeoutError:
                assert last_byte_ns is not None
                self._take(parser.idle(), last_byte_ns)
                await self._reply(parser)
                last_byte_ns = None
                continue
            self._meter.last_byte_ns = self._last_byte_ns = last_byte_ns = chunk.at_ns
            self.enter(DeviceState.UP)
            self._take(parser.feed(chunk.data), chunk.at_ns)
            await self._reply(parser)

    async def _reply(self, parser: Parser) -> None:
        """Send what the protocol answers; after the events, so that what is acknowledged has been taken."""
        if isinstance(parser, Replying) and (answer := parser.pending_output()):
            # The reader hears of a lost port; a device that takes no answer asks again.
            with contextlib.suppress(DeviceError):
                await self._port.write(answer)

    def _take(self, events: list[Event], at_ns: int) -> None:
        for event in events:
            self._meter.count(event, at_ns)
            if isinstance(event, WeightReading) and Status.ERROR in event.status:
                # The device does not know the start command; asking it each time works everywhere.
                self._polling = bool(self._profile.poll_command)
            self._on_event(event, at_ns)

    async def _start(self) -> None:
        self._started_ns = self._clock.monotonic_ns()
        command = self._profile.start_command or self._profile.poll_command
        self._polling = not self._profile.start_command and bool(command)
        if command:
            await self._port.write(command)

    async def _keep_talking(self) -> None:
        """Start a device that fell silent again (perhaps switched off), poll one that cannot stream.

        A scale that is asked nothing is only found silent.
        """
        profile = self._profile
        while True:
            await self._clock.sleep(profile.poll_interval_s if self._polling else profile.silent_after_s / 4)
            quiet_ns = self._clock.monotonic_ns() - max(self._last_byte_ns, self._started_ns)
            # A write that fails is a port that is lost or stalled: the reader hears of the one, the other
            # passes.
            with contextlib.suppress(DeviceError):
                if quiet_ns > profile.silent_after_s * 1e9:
                    self.enter(DeviceState.SILENT)
                    await self._start()
                elif self._polling:
                    await self._port.write(profile.poll_command)
