"""Runs one device outside the hub: until there is enough, the time is over, or it is stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.maintenance.device_target import Target
from agent.runtime.clock import SystemClock
from agent.runtime.ids import jitter
from drivers.detection import probing
from drivers.detection.probing import Detection
from drivers.events import Answer, Event, Noise, NoRead, ScanRead, WeightReading
from drivers.line_settings import LineSettings
from drivers.ports.interface import ByteTap, Chunk
from drivers.ports.opening import make_port, open_port
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, HealthMeter
from drivers.transcripts.file import TranscriptFile, Written
from drivers.transcripts.transcript import Recorder


async def run_until(
    work: Coroutine[Any, Any, None], *, seconds: float | None = None, stop: asyncio.Event | None = None
) -> None:
    """Let the work run until it ends, the time is over, or ``stop`` is set; then cancel it.

    What the work itself fails with is passed on.
    """
    running = asyncio.create_task(work, name="device")
    stopping = asyncio.create_task((stop or asyncio.Event()).wait(), name="stop")
    try:
        await asyncio.wait({running, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (running, stopping):
            task.cancel()
        await asyncio.wait({running, stopping})
    if not running.cancelled() and (error := running.exception()) is not None:
        raise error


async def watch(
    target: Target,
    *,
    seconds: float | None,
    on_event: Callable[[Event, int], bool] = lambda _event, _at_ns: False,
    on_health: Callable[[DeviceHealth], None] = lambda _health: None,
    tap: ByteTap | None = None,
    stop: asyncio.Event | None = None,
) -> DeviceHealth:
    """Run a device as the hub would: reopened whenever it is lost, polled if it has to be.

    Args:
        on_event: Returns whether this is enough.
        stop: Ends it early.

    Returns:
        How it was in the end.
    """
    assert target.profile is not None
    # ``on_health`` reports what the driver logs.
    logging.getLogger("drivers").addHandler(logging.NullHandler())
    clock = SystemClock()
    meter = HealthMeter(clock.monotonic_ns())
    enough = asyncio.Event()
    failures: list[Exception] = []

    def take(event: Event, at_ns: int) -> None:
        try:
            if not enough.is_set() and on_event(with_unit(event, target.unit), at_ns):
                enough.set()
        except Exception as error:  # noqa: BLE001 - the driver would go on for ever; it is raised below
            failures.append(error)
            enough.set()

    device = asyncio.create_task(
        run_device(
            make_port(target.port, target.settings, clock=clock, tap=tap),
            target.profile,
            meter=meter,
            clock=clock,
            randomness=jitter(),
            on_event=take,
            on_health=on_health,
        ),
        name=f"device {target.name}",
    )

    async def wait() -> None:
        await enough.wait()

    try:
        await run_until(wait(), seconds=seconds, stop=stop)
        health = meter.snapshot(clock.monotonic_ns())
    finally:
        device.cancel()
        await asyncio.wait({device})
    if not device.cancelled() and (error := device.exception()) is not None:
        raise error
    for failure in failures:
        raise failure
    return health


async def overhear(
    target: Target,
    *,
    seconds: float | None,
    on_chunk: Callable[[Chunk], bool] = lambda _chunk: False,
    tap: ByteTap | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Read the bytes of a device whose protocol nobody named; nothing is ever written.

    Args:
        on_chunk: Returns whether this is enough.
        stop: Ends it early.

    Raises:
        PortError: The port cannot be opened, or was lost.
    """

    async def run() -> None:
        async with open_port(target.port, target.settings, clock=SystemClock(), tap=tap) as port:
            while not on_chunk(await port.read_some()):
                pass

    await run_until(run(), seconds=seconds, stop=stop)


async def record(
    target: Target,
    file: Path,
    *,
    max_bytes: int,
    seconds: float | None = None,
    on_health: Callable[[DeviceHealth], None] = lambda _health: None,
    stop: asyncio.Event | None = None,
) -> Written:
    """Write every byte of a device to a transcript, its direction and its time; the file is there at the end.

    With a protocol the device is run as the hub would, without one nothing is sent.

    Raises:
        PortError: The port of a device without a protocol cannot be opened, or was lost.
    """
    recorder = Recorder(target.port, str(target.settings), wall=SystemClock())
    recorder.sink = transcript = TranscriptFile(file, max_bytes=max_bytes)
    try:
        if target.profile is None:
            await overhear(target, seconds=seconds, tap=recorder, stop=stop)
        else:
            await watch(target, seconds=seconds, on_health=on_health, tap=recorder, stop=stop)
    finally:
        written = transcript.finish()
    return written


async def detect(port: str, lines: tuple[LineSettings, ...] = ()) -> Detection:
    """Detect the scale protocol on a port: listens, then sends only commands that change nothing.

    Args:
        lines: Line settings to try, in this order; 9600 8N1 without any.
    """
    clock = SystemClock()
    return await probing.detect(
        lambda settings: make_port(port, settings, clock=clock),
        clock=clock,
        settings=lines or (LineSettings(),),
        listen_s=probing.LISTEN_S,
        answer_s=probing.ANSWER_S,
    )


def with_unit(event: Event, unit: str | None) -> Event:
    """A reading whose frame names no unit, in the configured one."""
    if unit is None or not isinstance(event, WeightReading) or event.unit is not None or event.value is None:
        return event
    return replace(event, unit=unit, unit_source="configuration")


def event_as_json(event: Event, at_ns: int | None) -> dict[str, Any]:
    """One event; ``at_ns`` is monotonic and None for a recording without times."""
    shown: dict[str, Any] = {"at_ns": at_ns}
    match event:
        case WeightReading():
            value = format(event.value, "f") if event.value is not None else None
            return shown | {
                "kind": "weight",
                "value": value,
                "unit": event.unit,
                "unit_source": event.unit_source,
                "stable": event.stable,
                "status": sorted(event.status),
                "raw": event.raw.hex(),
            }
        case ScanRead():
            return shown | {"kind": "scan", "aim": event.aim, "text": event.text, "raw": event.raw.hex()}
        case NoRead():
            return shown | {"kind": "no_read", "raw": event.raw.hex()}
        case Answer():
            return shown | {
                "kind": "answer",
                "command": event.command,
                "done": event.done,
                "text": event.text,
                "raw": event.raw.hex(),
            }
        case Noise():
            return shown | {"kind": "noise", "discarded": event.discarded, "reason": event.reason}
