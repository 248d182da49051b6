"""Both transports on real pseudo-terminals and sockets: open, lose, open again, and never lose a byte."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import struct
import sys
import termios
import threading
from asyncio.trsock import TransportSocket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.clock import DeviceClock
from drivers.errors import PortBusy, PortLost, PortMissing, PortNotOpen, PortStalled, PortUnreachable
from drivers.line_settings import LineSettings
from drivers.ports.interface import BACKLOG_CEILING, Port
from drivers.ports.reader_thread import ReaderThreadPort
from drivers.ports.serial import SerialPort

Maker = Callable[..., Any]


@pytest.fixture(params=[SerialPort, ReaderThreadPort])
async def port_of(request: pytest.FixtureRequest) -> AsyncIterator[Maker]:
    """Makes ports of one transport; afterwards none of them has left a thread behind."""

    def make(url: Path | str, settings: LineSettings | None = None, **options: Any) -> Any:
        return request.param(str(url), settings or LineSettings(), clock=DeviceClock(), **options)

    yield make
    assert [thread for thread in threading.enumerate() if thread.name.startswith("port ")] == []


HOLD = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(fd, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.asynccontextmanager
async def held_by_another(path: Path) -> AsyncIterator[int]:
    """Another program that has the port open and locked; gives its process id."""
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(path), stdin=pipe, stdout=pipe
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"held\n"
        yield holder.pid
    finally:
        holder.stdin.close()
        await holder.wait()


async def read_bytes(port: Port, count: int) -> bytes:
    got = b""
    while len(got) < count:
        got += (await port.read_some()).data
    return got


async def test_bytes_pass_both_ways_and_the_tap_sees_them(port_of: Maker, far_end: Any) -> None:
    tapped: list[tuple[str, bytes, int]] = []
    port = port_of(far_end.link, tap=lambda direction, data, at_ns: tapped.append((direction, data, at_ns)))
    before_ns = DeviceClock().monotonic_ns()
    await port.open()
    await port.write(b"SIR\r\n")
    assert await far_end.receive(b"\n") == b"SIR\r\n"
    far_end.send(b"S S      1.234 kg\r\n")
    chunk = await port.read_some()
    await port.close()
    assert chunk.data == b"S S      1.234 kg\r\n"
    assert [(direction, data) for direction, data, _ in tapped] == [("out", b"SIR\r\n"), ("in", chunk.data)]
    assert before_ns < tapped[0][2] < tapped[1][2] == chunk.at_ns < DeviceClock().monotonic_ns()


@pytest.mark.parametrize(
    "settings",
    [LineSettings(byte_size=7, parity="E"), LineSettings(stop_bits=2, rtscts=True, baudrate=115_200)],
)
async def test_a_pseudo_terminal_is_opened_8n1_whatever_was_asked(
    port_of: Maker, far_end: Any, settings: LineSettings
) -> None:
    port = port_of(far_end.link, settings)
    await port.open()
    cflag = termios.tcgetattr(far_end.slave)[2]
    await port.close()
    assert cflag & termios.CSIZE == termios.CS8
    assert not cflag & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS)


async def test_bytes_from_before_the_opening_are_thrown_away(port_of: Maker, far_end: Any) -> None:
    far_end.send(b"old\n")
    port = port_of(far_end.link)
    await port.open()
    far_end.send(b"new\n")
    assert await read_bytes(port, 4) == b"new\n"
    await port.close()


async def test_a_port_that_goes_away_gives_its_last_bytes_and_then_says_so(
    port_of: Maker, far_end: Any
) -> None:
    port = port_of(far_end.link)
    await port.open()
    far_end.send(b"S S      1.2")
    await asyncio.sleep(0.02)
    far_end.unplug()
    assert await read_bytes(port, 12) == b"S S      1.2"
    with pytest.raises(PortLost, match=r"port: was lost .*; plug the device in again"):
        await port.read_some()
    with pytest.raises(PortLost):
        await port.write(b"SIR\r\n")
    await port.close()


async def test_a_port_is_opened_again_through_its_moved_link(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    await port.open()
    first = port.identity()
    far_end.unplug()
    with pytest.raises(PortLost):
        await port.read_some()
    await port.close()
    with pytest.raises(PortMissing, match=r"port: does not exist; plug the device in"):
        await port.open()
    held = os.openpty()
    far_end.plug()
    await port.open()
    far_end.send(b"back\n")
    assert await read_bytes(port, 5) == b"back\n"
    assert port.identity().key == first.key == str(far_end.link)
    await port.close()
    for descriptor in held:
        os.close(descriptor)


async def test_a_second_owner_is_refused_until_the_first_has_closed(port_of: Maker, far_end: Any) -> None:
    first, second = port_of(far_end.link), port_of(far_end.link)
    await first.open()
    with pytest.raises(PortBusy, match=r"is open in this program already; give each device"):
        await second.open()
    with pytest.raises(PortBusy):
        await first.open()
    await first.close()
    await first.close()
    await second.open()
    await second.close()


async def test_a_cancelled_read_loses_nothing(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    await port.open()
    got = b""
    for number in range(300):
        reading = asyncio.create_task(port.read_some())
        if number % 3:
            await asyncio.sleep(0)
        far_end.send(b"%03d\n" % number)
        for _ in range(number % 5):
            await asyncio.sleep(0)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            got += (await reading).data
    got += await read_bytes(port, 4 * 300 - len(got))
    await port.close()
    assert got == b"".join(b"%03d\n" % number for number in range(300))


async def test_a_reader_that_falls_behind_holds_no_more_than_the_ceiling(
    port_of: Maker, far_end: Any
) -> None:
    port = port_of(far_end.link)
    await port.open()
    os.set_blocking(far_end.master, False)
    sent = 0
    refused = 0
    while refused < 50 and sent < 4 * BACKLOG_CEILING:
        try:
            sent += os.write(far_end.master, b"x" * 1024)
            refused = 0
        except BlockingIOError:
            refused += 1
        await asyncio.sleep(0.002 if refused else 0)
    assert BACKLOG_CEILING < port.backlog() <= 2 * BACKLOG_CEILING + 4096
    assert refused == 50
    assert len(await read_bytes(port, sent)) == sent
    await port.close()


async def test_a_port_that_is_not_read_can_still_be_written_to(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    await port.open()
    flood = asyncio.create_task(asyncio.to_thread(os.write, far_end.master, b"x" * 3 * BACKLOG_CEILING))
    async with asyncio.timeout(10):
        while port.backlog() <= BACKLOG_CEILING:  # noqa: ASYNC110  (nothing rings when it is full)
            await asyncio.sleep(0.01)
    for number in range(200):
        await port.write(b"%03d\n" % number)
        if number % 20 == 0:
            await asyncio.sleep(0.01)
    assert await far_end.receive(b"199\n") == b"".join(b"%03d\n" % number for number in range(200))
    assert len(await read_bytes(port, 3 * BACKLOG_CEILING)) == 3 * BACKLOG_CEILING
    await flood
    await port.close()


async def test_a_device_that_takes_no_bytes_is_told_apart_from_a_lost_one(
    port_of: Maker, far_end: Any
) -> None:
    port = port_of(far_end.link, close_timeout_s=0.05)
    await port.open()

    async def write_on() -> None:
        for _ in range(1000):
            await port.write(b"x" * 1000)

    with pytest.raises(PortStalled, match=r"takes no bytes; check the cable"):
        await write_on()
    await port.close()
    await port.open()
    await port.close()


async def test_a_cancelled_opening_leaves_the_port_free(port_of: Maker, far_end: Any) -> None:
    for turns in range(8):
        port = port_of(far_end.link)
        opening = asyncio.create_task(port.open())
        for _ in range(turns):
            await asyncio.sleep(0.002)
        opening.cancel()
        await asyncio.wait({opening})
        await port.close()
        other = port_of(far_end.link)
        await other.open()
        await other.close()


async def test_a_closed_port_is_neither_read_nor_written(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    with pytest.raises(PortNotOpen):
        await port.read_some()
    with pytest.raises(PortNotOpen):
        await port.write(b"x")


async def test_a_serial_server_is_a_port_too(port_of: Maker) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        port = port_of(url)
        await port.open()
        await port.write(b"SI\r\n")
        assert await read_bytes(port, 4) == b"SI\r\n"
        with pytest.raises(PortLost):
            await port.read_some()
        await port.close()
        assert port.identity().key == url


async def test_a_port_that_is_held_names_the_program_that_holds_it(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    async with held_by_another(far_end.link) as pid:
        with pytest.raises(PortBusy, match=rf"port: is held by python\S* \(pid {pid}\); stop that program"):
            await port.open()
    await port.open()
    await port.close()


async def test_the_transports_keep_each_other_out(port_of: Maker, far_end: Any) -> None:
    port = port_of(far_end.link)
    await port.open()
    for other in (SerialPort, ReaderThreadPort):
        with pytest.raises(PortBusy):
            await other(str(far_end.link), LineSettings(), clock=DeviceClock()).open()
    await port.close()


async def test_a_real_terminal_is_marked_so_that_no_other_user_opens_it_and_unmarked_in_the_end(
    port_of: Maker, far_end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pseudo-terminal stands in for a real one; by itself it would not be marked.
    for module in ("serial", "port_thread"):
        monkeypatch.setattr(f"drivers.ports.{module}.may_claim", lambda _url: True)
    port = port_of(far_end.link)
    await port.open()
    assert is_marked(far_end.slave)
    await port.close()
    assert not is_marked(far_end.slave)


async def test_a_pseudo_terminal_is_not_marked_since_the_mark_would_outlive_us(
    port_of: Maker, far_end: Any
) -> None:
    port = port_of(far_end.link)
    await port.open()
    assert not is_marked(far_end.slave)
    await port.close()


def is_marked(fd: int) -> bool:
    """Whether the terminal refuses further openings (TIOCGEXCL of ioctl_tty(2))."""
    return struct.unpack("i", fcntl.ioctl(fd, 0x80045440, bytes(4))) != (0,)


async def test_a_port_plugged_in_after_it_was_missed_appears(port_of: Maker, far_end: Any) -> None:
    far_end.unplug()
    port = port_of(far_end.link)
    with pytest.raises(PortMissing):
        await port.open()
    far_end.plug()
    async with asyncio.timeout(10):
        await port.appears()
    await port.open()
    await port.close()


async def test_a_port_that_is_there_appears_only_after_it_went_and_came_back(
    port_of: Maker, far_end: Any
) -> None:
    port = port_of(far_end.link)
    appears = asyncio.create_task(port.appears())
    await asyncio.sleep(0.4)
    assert not appears.done()
    far_end.unplug()
    await asyncio.sleep(0.4)
    assert not appears.done()
    far_end.plug()
    async with asyncio.timeout(10):
        await appears


async def test_a_server_that_does_not_answer_is_told_apart_from_an_unplugged_device(port_of: Maker) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = port_of(f"socket://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(PortUnreachable, match=r"cannot be reached \(.*refused\); check its address"):
            await port.open()
    appears = asyncio.create_task(port.appears())
    await asyncio.sleep(0)
    appears.cancel()
    await asyncio.wait({appears})
    assert appears.cancelled()


async def test_a_connection_to_a_server_is_asked_whether_it_lives(
    port_of: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    for module in ("serial", "port_thread"):
        monkeypatch.setattr(f"drivers.ports.{module}.keep_alive", asked.append)
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0) as server:
        port = port_of(f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await port.open()
        await port.close()
    assert [isinstance(connection, socket.socket | TransportSocket) for connection in asked] == [True]


def test_a_thread_whose_loop_is_gone_ends_by_itself(far_end: Any) -> None:
    port = ReaderThreadPort(str(far_end.link), LineSettings(), clock=DeviceClock())
    asyncio.run(port.open())
    (thread,) = [thread for thread in threading.enumerate() if thread.name.startswith("port ")]
    far_end.send(b"nobody listens\n")
    thread.join(10)
    assert not thread.is_alive()
