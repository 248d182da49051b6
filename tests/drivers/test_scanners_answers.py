"""A scanner that waits for an answer gets it, on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from drivers.clock import DeviceClock
from drivers.events import Event, ScanRead
from drivers.line_settings import LineSettings
from drivers.ports.opening import make_port
from drivers.scanners.ssi import PROFILE
from drivers.scanners.ssi_packet import ACK, RESEND, Opcode, packet
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceHealth, DeviceState, HealthMeter


async def test_a_scan_is_acknowledged_and_a_spoilt_one_asked_for_again(far_end: Any) -> None:
    clock, scans, up = DeviceClock(), asyncio.Queue[Event](), asyncio.Event()

    def on_health(health: DeviceHealth) -> None:
        if health.state is DeviceState.UP:
            up.set()

    task = asyncio.create_task(
        run_device(
            make_port(str(far_end.link), LineSettings(), clock=clock),
            PROFILE,
            meter=HealthMeter(clock.monotonic_ns()),
            clock=clock,
            randomness=random.Random(1),
            on_event=lambda event, at_ns: scans.put_nowait(event),
            on_health=on_health,
        )
    )
    await up.wait()
    label = packet(Opcode.DECODE_DATA, b"\x03RR473124829GB", source=0)
    far_end.send(label)
    assert await far_end.receive(ACK) == ACK
    far_end.send(label[:-1] + b"\x00")
    assert await far_end.receive(RESEND) == RESEND
    far_end.send(label)
    assert await far_end.receive(ACK) == ACK
    reads = [scans.get_nowait() for _ in range(scans.qsize())]
    assert [event.text for event in reads if isinstance(event, ScanRead)] == ["RR473124829GB"] * 2
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
