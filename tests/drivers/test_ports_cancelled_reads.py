"""A thousand reads that are cancelled, on a real pseudo-terminal: not one byte is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from drivers.clock import DeviceClock
from drivers.line_settings import LineSettings
from drivers.ports.serial import SerialPort

CANCELLED = 1000
MOST_READS = 100_000


async def test_a_thousand_cancelled_reads_lose_nothing(far_end: Any) -> None:
    chance = random.Random(1)
    port = SerialPort(str(far_end.link), LineSettings(), clock=DeviceClock())
    await port.open()
    sent = b""
    got = b""
    cancelled = 0
    for number in range(MOST_READS):
        if cancelled == CANCELLED:
            break
        reading = asyncio.create_task(port.read_some())
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        line = b"%05d S S      1.234 kg\r\n" % number
        cut = chance.randrange(len(line))
        far_end.send(line[:cut])
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        reading.cancel()
        far_end.send(line[cut:])
        sent += line
        try:
            got += (await reading).data
        except asyncio.CancelledError:
            cancelled += 1
    async with asyncio.timeout(10):
        while len(got) < len(sent):
            got += (await port.read_some()).data
    # Nothing comes after it: what was read twice would.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            got += (await port.read_some()).data
    await port.close()
    assert got == sent
    assert cancelled == CANCELLED
