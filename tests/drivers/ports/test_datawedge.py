"""Handhelds that connect over the network, on a loopback port: who is heard, and how little they hold up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drivers.clock import DeviceClock
from drivers.errors import BadSenders, CannotListen, PortBusy, PortNotOpen, PortReadOnly
from drivers.events import Event, ScanRead
from drivers.ports.datawedge import MOST_OF_ONE, DataWedgePort
from drivers.scanners.datawedge import DataWedgeScanner
from drivers.scanners.message import CEILING

ENOUGH_S = 10.0


@contextlib.asynccontextmanager
async def listening(*allowed: str, **options: Any) -> AsyncIterator[DataWedgePort]:
    port = DataWedgePort(
        allowed or ("127.0.0.0/8",), clock=DeviceClock(), host="127.0.0.1", port=0, **options
    )
    await port.open()
    try:
        async with asyncio.timeout(ENOUGH_S):
            yield port
    finally:
        await port.close()


class Handheld:
    """One connection of a handheld, from an address of the loopback network."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def is_hung_up_on(self) -> bool:
        with contextlib.suppress(ConnectionError):
            return await self.reader.read(1) == b""
        return True

    async def hang_up(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def handheld(port: DataWedgePort, address: str = "127.0.0.1") -> AsyncIterator[Handheld]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port.listening_on, local_addr=(address, 0))
    device = Handheld(reader, writer)
    try:
        yield device
    finally:
        await device.hang_up()


async def scans_of(port: DataWedgePort, count: int) -> list[Event]:
    parser = DataWedgeScanner()
    events: list[Event] = []
    while len(events) < count:
        events += parser.feed((await port.read_some()).data)
    return events


async def test_a_line_of_a_handheld_is_a_scan_that_nobody_vouches_for() -> None:
    async with listening() as port, handheld(port, "127.0.0.7") as device:
        await device.send(b"]C0RR473124829GB\r\n")
        (event,) = await scans_of(port, 1)
    assert isinstance(event, ScanRead)
    assert (event.aim, event.text, event.raw) == ("]C0", "RR473124829GB", b"]C0RR473124829GB")
    assert not event.authenticated
    assert event.origin == "127.0.0.7"


async def test_two_handhelds_that_send_at_once_do_not_mix_their_lines() -> None:
    async with listening() as port, handheld(port, "127.0.0.2") as one, handheld(port, "127.0.0.3") as two:
        for _ in range(20):
            await one.send(b"AAAA")
            await two.send(b"BBBB")
        await one.send(b"\n")
        await two.send(b"\n")
        events = await scans_of(port, 2)
    texts = {event.origin: event.text for event in events if isinstance(event, ScanRead)}
    assert texts == {"127.0.0.2": "A" * 80, "127.0.0.3": "B" * 80}


async def test_only_configured_addresses_are_heard() -> None:
    async with listening("127.0.0.2", "127.0.0.16/28") as port:
        async with handheld(port, "127.0.0.3") as stranger:
            assert await stranger.is_hung_up_on()
        async with handheld(port, "127.0.0.2") as one, handheld(port, "127.0.0.17") as two:
            await one.send(b"A\n")
            await two.send(b"B\n")
            events = await scans_of(port, 2)
    assert {event.text for event in events if isinstance(event, ScanRead)} == {"A", "B"}


async def test_half_a_line_of_a_handheld_that_hangs_up_is_no_scan() -> None:
    async with listening() as port:
        async with handheld(port) as device:
            await device.send(b"RR473124")
        async with handheld(port) as device:
            await device.send(b"RR473124829GB\n")
            (event,) = await scans_of(port, 1)
    assert isinstance(event, ScanRead)
    assert event.text == "RR473124829GB"


async def test_a_line_that_is_too_long_ends_its_connection_and_no_other() -> None:
    async with listening() as port, handheld(port, "127.0.0.2") as fine:
        async with handheld(port, "127.0.0.3") as device:
            with contextlib.suppress(ConnectionError):
                await device.send(b"A" * (4 * CEILING))
            assert await device.is_hung_up_on()
        await fine.send(b"B\n")
        (event,) = await scans_of(port, 1)
    assert isinstance(event, ScanRead)
    assert event.text == "B"


async def test_a_line_that_does_not_end_in_time_ends_its_connection() -> None:
    async with listening(line_timeout_s=0.05) as port, handheld(port) as slow, handheld(port) as quiet:
        await slow.send(b"RR47")
        assert await slow.is_hung_up_on()
        await quiet.send(b"A\n")
        (event,) = await scans_of(port, 1)
    assert isinstance(event, ScanRead)
    assert event.text == "A"


async def test_a_handheld_that_comes_again_is_heard_and_its_oldest_dead_connection_is_not_kept() -> None:
    async with listening() as port, contextlib.AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(handheld(port)) for _ in range(MOST_OF_ONE + 3)]
        for device in devices[:3]:
            assert await device.is_hung_up_on()
        await devices[-1].send(b"A\n")
        (event,) = await scans_of(port, 1)
        assert isinstance(event, ScanRead)
        assert port.connections() <= MOST_OF_ONE


async def test_more_handhelds_than_may_be_are_refused_and_the_first_ones_stay() -> None:
    async with listening() as port, contextlib.AsyncExitStack() as stack:
        devices = [
            await stack.enter_async_context(handheld(port, f"127.0.1.{number}")) for number in range(1, 41)
        ]
        assert all([await device.is_hung_up_on() for device in devices[32:]])
        for device in devices[:32]:
            await device.send(b"A\n")
        events = await scans_of(port, 32)
    assert len({event.origin for event in events if isinstance(event, ScanRead)}) == 32


async def test_a_hub_that_does_not_read_makes_the_senders_wait_and_loses_nothing() -> None:
    lines = 60_000
    async with listening() as port, handheld(port) as device:
        sending = asyncio.create_task(device.send(b"RR473124829GB\n" * lines))
        while port.backlog() <= 65_536:  # noqa: ASYNC110  (whatever the machine takes to fill it)
            await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
        assert 65_536 < port.backlog() <= 65_536 + 3 * CEILING
        events = await scans_of(port, lines)
        await sending
    assert len(events) == lines


async def test_a_port_can_be_closed_under_its_senders_and_opened_again() -> None:
    async with listening() as port:
        async with handheld(port) as device:
            await device.send(b"half")
            await port.close()
            assert await device.is_hung_up_on()
            with pytest.raises(PortNotOpen):
                await port.read_some()
            with pytest.raises(PortNotOpen):
                port.listening_on  # noqa: B018  (a property that refuses)
        await port.open()
        with pytest.raises(PortBusy):
            await port.open()
        async with handheld(port) as device:
            await device.send(b"A\n")
            assert len(await scans_of(port, 1)) == 1
        with pytest.raises(PortReadOnly):
            await port.write(b"x")


async def test_a_number_that_is_taken_and_a_list_that_allows_nobody_are_named() -> None:
    async with listening() as port:
        taken = DataWedgePort(["127.0.0.1"], clock=DeviceClock(), host="127.0.0.1", port=port.listening_on)
        with pytest.raises(CannotListen, match="no other program uses"):
            await taken.open()
    for allowed in ([], ["127.0.0.300"], ["handheld-3"]):
        with pytest.raises(BadSenders, match="addresses or networks"):
            DataWedgePort(allowed, clock=DeviceClock())
