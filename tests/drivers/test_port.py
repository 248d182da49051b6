"""The port on real pseudo-terminals: open, lose, open again, and never lose a byte on the way."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import termios
from pathlib import Path
from typing import Any

import pytest
import serialx

from drivers.clock import SystemClock
from drivers.errors import (
    BadPortSettings,
    DeviceError,
    OpenTimeout,
    PortBusy,
    PortForbidden,
    PortLost,
    PortMissing,
    PortNotOpen,
    PortStalled,
)
from drivers.line_settings import LineSettings
from drivers.port import BACKLOG_CEILING, SerialPort


def port_of(link: Path, settings: LineSettings | None = None, **options: Any) -> SerialPort:
    return SerialPort(str(link), settings or LineSettings(), clock=SystemClock(), **options)


async def read_bytes(port: SerialPort, count: int) -> bytes:
    got = b""
    while len(got) < count:
        got += (await port.read_some()).data
    return got


async def test_bytes_pass_both_ways_and_the_tap_sees_them(far_end: Any) -> None:
    seen: list[tuple[str, bytes, int]] = []
    port = port_of(far_end.link, tap=lambda direction, data, at_ns: seen.append((direction, data, at_ns)))
    before_ns = SystemClock().monotonic_ns()
    await port.open()
    await port.write(b"SIR\r\n")
    assert await far_end.receive(b"\n") == b"SIR\r\n"
    far_end.send(b"S S      1.234 kg\r\n")
    chunk = await port.read_some()
    await port.close()
    assert chunk.data == b"S S      1.234 kg\r\n"
    assert [(direction, data) for direction, data, _ in seen] == [("out", b"SIR\r\n"), ("in", chunk.data)]
    assert before_ns < seen[0][2] < seen[1][2] == chunk.at_ns < SystemClock().monotonic_ns()


@pytest.mark.parametrize(
    "settings",
    [LineSettings(byte_size=7, parity="E"), LineSettings(stop_bits=2, rtscts=True, baudrate=115_200)],
)
async def test_a_pseudo_terminal_is_opened_8n1_whatever_was_asked(
    far_end: Any, settings: LineSettings
) -> None:
    port = port_of(far_end.link, settings)
    await port.open()
    cflag = termios.tcgetattr(far_end.slave)[2]
    await port.close()
    assert cflag & termios.CSIZE == termios.CS8
    assert not cflag & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS)


async def test_bytes_from_before_the_opening_are_thrown_away(far_end: Any) -> None:
    far_end.send(b"old\n")
    port = port_of(far_end.link)
    await port.open()
    far_end.send(b"new\n")
    assert await read_bytes(port, 4) == b"new\n"
    await port.close()


async def test_a_port_that_goes_away_gives_its_last_bytes_and_then_says_so(far_end: Any) -> None:
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


async def test_a_port_is_opened_again_through_its_moved_link(far_end: Any) -> None:
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


async def test_a_second_owner_is_refused_until_the_first_has_closed(far_end: Any) -> None:
    first, second = port_of(far_end.link), port_of(far_end.link)
    await first.open()
    with pytest.raises(PortBusy, match=r"is owned by another program; .*fuser"):
        await second.open()
    with pytest.raises(PortBusy):
        await first.open()
    await first.close()
    await first.close()
    await second.open()
    await second.close()


async def test_a_cancelled_read_loses_nothing(far_end: Any) -> None:
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


async def test_a_reader_that_falls_behind_holds_no_more_than_the_ceiling(far_end: Any) -> None:
    port = port_of(far_end.link)
    await port.open()
    os.set_blocking(far_end.master, False)
    sent = 0
    refused = 0
    while refused < 50 and sent < 4 * BACKLOG_CEILING:
        try:
            sent += os.write(far_end.master, b"x" * 1024)
        except BlockingIOError:
            refused += 1
        await asyncio.sleep(0)
    inbox = port._inbox
    assert inbox is not None
    assert inbox._held <= 2 * BACKLOG_CEILING
    assert refused == 50
    assert len(await read_bytes(port, sent)) == sent
    await port.close()


async def test_a_device_that_takes_no_bytes_is_told_apart_from_a_lost_one(far_end: Any) -> None:
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


async def test_an_opening_that_hangs_is_given_up_and_its_port_closed(
    far_end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, hang = serialx.create_serial_connection, asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> Any:
        opened = await real(*args, **kwargs)
        try:
            await hang.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
        return opened

    monkeypatch.setattr(serialx, "create_serial_connection", slow)
    port = port_of(far_end.link, open_timeout_s=0.05, close_timeout_s=0.5)
    with pytest.raises(OpenTimeout, match=r"did not open within 0\.05 s; unplug"):
        await port.open()
    monkeypatch.undo()
    await asyncio.sleep(0.01)
    await port.open()
    await port.close()


async def test_a_cancelled_opening_leaves_the_port_free(far_end: Any) -> None:
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


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (OSError(errno.ENOENT, "gone"), PortMissing),
        (OSError(errno.ENXIO, "gone"), PortMissing),
        (OSError(errno.EBUSY, "busy"), PortBusy),
        (OSError(errno.EACCES, "no"), PortForbidden),
        (OSError(errno.EINVAL, "bad speed"), BadPortSettings),
        (OSError(errno.EIO, "broken"), PortLost),
        (TimeoutError(), OpenTimeout),
        (serialx.UnsupportedSetting("1.5 stop bits"), BadPortSettings),
        (ValueError("bad"), BadPortSettings),
    ],
)
async def test_each_failure_to_open_has_its_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, expected: type[DeviceError]
) -> None:
    async def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise failure

    monkeypatch.setattr(serialx, "create_serial_connection", fail)
    with pytest.raises(expected, match=str(tmp_path)) as raised:
        await port_of(tmp_path / "port").open()
    assert "; " in str(raised.value)


async def test_a_closed_port_is_neither_read_nor_written(far_end: Any) -> None:
    port = port_of(far_end.link)
    with pytest.raises(PortNotOpen):
        await port.read_some()
    with pytest.raises(PortNotOpen):
        await port.write(b"x")


def test_a_port_is_known_by_its_lasting_links(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    for folder, name in (("by-id", "usb-Maker_Scale_123-if00"), ("by-path", "pci-0:1.2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).symlink_to(device)
        (tmp_path / folder / "zz-other").symlink_to(tmp_path / "ttyUSB1")
    identity = port_of(device, links=tmp_path).identity()
    assert identity.device == str(device)
    assert identity.key == identity.by_id == str(tmp_path / "by-id" / "usb-Maker_Scale_123-if00")
    assert identity.by_path == str(tmp_path / "by-path" / "pci-0:1.2")
    (tmp_path / "by-id" / "usb-Maker_Scale_123-if00").unlink()
    assert port_of(device, links=tmp_path).identity().key == identity.by_path
    assert port_of(tmp_path / "none", links=tmp_path).identity().device is None


async def test_a_serial_server_is_a_port_too() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        port = SerialPort(url, LineSettings(), clock=SystemClock())
        await port.open()
        await port.write(b"SI\r\n")
        assert await read_bytes(port, 4) == b"SI\r\n"
        with pytest.raises(PortLost):
            await port.read_some()
        await port.close()
        assert port.identity().key == url


def test_line_settings_are_written_as_the_trade_writes_them() -> None:
    assert str(LineSettings()) == "9600 8N1"
    assert str(LineSettings(baudrate=2400, byte_size=7, parity="E", rtscts=True)) == "2400 7E1 rtscts"
    with pytest.raises(ValueError, match="carries nothing"):
        LineSettings(baudrate=0)
