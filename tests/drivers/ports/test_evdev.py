"""The event node of a keyboard: a named pipe stands in for it, and the grab is made up.

Not tested: a real keyboard, and the kernel's own grab.
"""

from __future__ import annotations

import asyncio
import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.clock import DeviceClock
from drivers.errors import (
    NotAnInputDevice,
    PortBusy,
    PortForbidden,
    PortLost,
    PortMissing,
    PortNotOpen,
    PortReadOnly,
)
from drivers.events import ScanRead
from drivers.ports.evdev import EvdevPort
from drivers.scanners.keyboard import KeyboardScanner


def keys(*codes: int) -> bytes:
    return b"".join(struct.pack("=16xHHi", 1, code, value) for code in codes for value in (1, 0))


class Node:
    """A named pipe that somebody types into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.grabbed: list[int] = []
        os.mkfifo(path)
        self.writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def type(self, data: bytes) -> None:
        os.write(self.writer, data)

    def unplug(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def port(self, failure: int | None = None) -> EvdevPort:
        def grab(fd: int) -> None:
            if failure is not None:
                raise OSError(failure, os.strerror(failure))
            self.grabbed.append(fd)

        return EvdevPort(str(self.path), clock=DeviceClock(), grab=grab, links=self.path.parent)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "event7")
    yield made
    made.unplug()


async def test_what_is_typed_into_the_node_is_a_scan(node: Node) -> None:
    port = node.port()
    node.type(keys(45, 45, 45))
    await port.open()
    assert node.grabbed
    node.type(keys(30, 2, 28))
    chunk = await port.read_some()
    (event,) = KeyboardScanner().feed(chunk.data)
    assert isinstance(event, ScanRead)
    assert event.text == "a1"
    assert port.backlog() == 0
    await port.close()
    await port.close()


async def test_a_keyboard_that_is_unplugged_is_lost_once_what_it_sent_was_read(node: Node) -> None:
    port = node.port()
    await port.open()
    node.type(keys(30))
    node.unplug()
    assert (await port.read_some()).data == keys(30)
    with pytest.raises(PortLost):
        await port.read_some()
    await port.close()


async def test_a_node_can_be_opened_again_and_only_once_at_a_time(node: Node) -> None:
    port = node.port()
    with pytest.raises(PortNotOpen):
        await port.read_some()
    await port.open()
    with pytest.raises(PortBusy, match="open in this program already"):
        await port.open()
    await port.close()
    await port.open()
    node.type(keys(28))
    assert (await port.read_some()).data == keys(28)
    with pytest.raises(PortReadOnly):
        await port.write(b"beep")
    await port.close()


async def test_a_cancelled_read_loses_no_key(node: Node) -> None:
    port = node.port()
    await port.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await port.read_some()
    node.type(keys(30))
    assert (await port.read_some()).data == keys(30)
    await port.close()


async def test_a_reader_that_stalls_leaves_the_rest_with_the_kernel(node: Node) -> None:
    port = node.port()
    await port.open()
    sent = 0
    for _ in range(60):
        node.type(keys(30) * 42)
        sent += len(keys(30) * 42)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    got = 0
    assert port.backlog() <= 65_536 + 24 * 64
    while got < sent:
        got += len((await port.read_some()).data)
    assert got == sent
    await port.close()


@pytest.mark.parametrize(
    ("failure", "error", "says"),
    [
        (errno.ENOTTY, NotAnInputDevice, "-event-kbd"),
        (errno.EINVAL, NotAnInputDevice, "-event-kbd"),
        (errno.EBUSY, PortBusy, "event7"),
        (errno.EACCES, PortForbidden, "`input`"),
        (errno.ENODEV, PortMissing, "event7"),
    ],
)
async def test_a_node_that_cannot_be_had_says_why_and_is_closed_again(
    node: Node, failure: int, error: type[Exception], says: str
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(error, match=says):
        await node.port(failure).open()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_the_real_grab_refuses_what_is_no_input_device(node: Node) -> None:
    with pytest.raises(NotAnInputDevice, match="event7"):
        await EvdevPort(str(node.path), clock=DeviceClock()).open()


async def test_a_node_that_is_not_there_is_missing_until_it_appears(tmp_path: Path) -> None:
    port = EvdevPort(str(tmp_path / "event9"), clock=DeviceClock())
    with pytest.raises(PortMissing):
        await port.open()
    os.mkfifo(tmp_path / "event9")
    async with asyncio.timeout(5):
        await port.appears()


async def test_a_node_is_known_by_its_lasting_names(node: Node) -> None:
    for folder in ("by-id", "by-path"):
        (node.path.parent / folder).mkdir()
        (node.path.parent / folder / "usb-Scanner-event-kbd").symlink_to(node.path)
    identity = node.port().identity()
    assert identity.device == str(node.path)
    assert identity.key == str(node.path.parent / "by-id" / "usb-Scanner-event-kbd")
    assert identity.by_path == str(node.path.parent / "by-path" / "usb-Scanner-event-kbd")
