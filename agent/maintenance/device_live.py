"""Running one device for a command: until enough was heard, a time is over, or somebody says stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.maintenance.device_target import Target
from agent.runtime.clock import SystemClock
from agent.runtime.ids import jitter
from drivers.detection.scoring import as_text
from drivers.events import Answer, Event, Noise, NoRead, ScanRead, WeightReading
from drivers.ports.interface import ByteTap, Chunk
from drivers.ports.opening import make_port, open_port
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, HealthMeter
from drivers.transcripts.file import TranscriptFile, Written
from drivers.transcripts.transcript import Recorder


async def until_stopped(work: Coroutine[Any, Any, None], seconds: float | None) -> None:
    """Let the work run until it ends, the time is over, or SIGINT or SIGTERM says stop; then clean up.

    What the work itself fails with is passed on.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(work, name="device")
    stopping = asyncio.create_task(stop.wait(), name="stop")
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
    on_event: Callable[[Event, int], bool],
    on_health: Callable[[DeviceHealth], None],
    tap: ByteTap | None = None,
) -> DeviceHealth:
    """Run a device as the hub would: reopened whenever it is lost, polled if it has to be.

    Args:
        on_event: Says whether it has heard enough.

    Returns:
        How it was in the end.
    """
    assert target.profile is not None
    # What the driver logs is told by ``on_health``.
    logging.getLogger("drivers").addHandler(logging.NullHandler())
    clock = SystemClock()
    meter = HealthMeter(clock.monotonic_ns())
    enough = asyncio.Event()
    failures: list[Exception] = []

    def told(event: Event, at_ns: int) -> None:
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
            on_event=told,
            on_health=on_health,
        ),
        name=f"device {target.name}",
    )

    async def wait() -> None:
        await enough.wait()

    try:
        await until_stopped(wait(), seconds)
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
) -> None:
    """Hear what a device says whose protocol nobody named; nothing is ever written.

    Args:
        on_chunk: Says whether it has heard enough.

    Raises:
        PortError: The port cannot be opened, or was lost.
    """

    async def run() -> None:
        async with open_port(target.port, target.settings, clock=SystemClock(), tap=tap) as port:
            while not on_chunk(await port.read_some()):
                pass

    await until_stopped(run(), seconds)


@contextmanager
def recorded(target: Target, file: Path, *, max_bytes: int) -> Iterator[tuple[ByteTap, list[Written]]]:
    """A tap that writes a transcript; how that ended is in the list afterwards."""
    recorder = Recorder(target.port, str(target.settings), wall=SystemClock())
    recorder.sink = written = TranscriptFile(file, max_bytes=max_bytes)
    ended: list[Written] = []
    try:
        yield recorder, ended
    finally:
        ended.append(written.finish())


def with_unit(event: Event, unit: str | None) -> Event:
    """A reading whose frame names no unit, in the configured one."""
    if unit is None or not isinstance(event, WeightReading) or event.unit is not None or event.value is None:
        return event
    return replace(event, unit=unit, unit_source="configuration")


def event_as_json(event: Event, at_ns: int | None) -> dict[str, Any]:
    """One event; ``at_ns`` is monotonic and None for a recording without times."""
    told: dict[str, Any] = {"at_ns": at_ns}
    match event:
        case WeightReading():
            value = format(event.value, "f") if event.value is not None else None
            return told | {
                "kind": "weight",
                "value": value,
                "unit": event.unit,
                "unit_source": event.unit_source,
                "stable": event.stable,
                "status": sorted(event.status),
                "raw": event.raw.hex(),
            }
        case ScanRead():
            return told | {"kind": "scan", "aim": event.aim, "text": event.text, "raw": event.raw.hex()}
        case NoRead():
            return told | {"kind": "no_read", "raw": event.raw.hex()}
        case Answer():
            return told | {
                "kind": "answer",
                "command": event.command,
                "done": event.done,
                "text": event.text,
                "raw": event.raw.hex(),
            }
        case Noise():
            return told | {"kind": "noise", "discarded": event.discarded, "reason": event.reason}


def event_as_line(event: Event) -> str:
    """One event for people."""
    match event:
        case WeightReading():
            value = format(event.value, "f") if event.value is not None else "-"
            stable = {True: "stable", False: "moving", None: ""}[event.stable]
            said = [s.value for s in sorted(event.status) if s.value != "motion"]
            return " ".join(filter(None, (value, event.unit, stable, *said))) + f"   {as_text(event.raw)}"
        case ScanRead():
            return f"scan {event.aim or '(no AIM id)'} {as_text(event.payload)}"
        case NoRead():
            return f"no read   {as_text(event.raw)}"
        case Answer():
            return f"answer {event.command} {'done' if event.done else 'refused'} {event.text}"
        case Noise():
            return f"noise {event.discarded} bytes {event.reason}"
