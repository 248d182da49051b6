"""``rfc2217://`` against the server that comes with pyserial, which has a pseudo-terminal behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import serial
from serial.rfc2217 import SERVER_SET_DATASIZE, PortManager

from drivers.catalogue import profile_of
from drivers.clock import DeviceClock
from drivers.errors import BadPortSettings, OpenTimeout, PortLost, PortUnreachable
from drivers.events import Event
from drivers.line_settings import LineSettings
from drivers.ports.interface import BACKLOG_CEILING, Port
from drivers.ports.reader_thread import ReaderThreadPort
from drivers.supervision.device import run_device
from drivers.supervision.health import DeviceState, HealthMeter

# The library names its own thread as Python did before 3.10.
pytestmark = pytest.mark.filterwarnings(r"ignore:set(Daemon|Name)\(\) is deprecated:DeprecationWarning")

SETTINGS = LineSettings(baudrate=4800, byte_size=7, parity="E", stop_bits=2)


class Line(serial.Serial):
    """The server's own port: a pseudo-terminal has no modem lines, and takes neither 7 bits nor a parity."""

    cts = dsr = ri = cd = False

    def _reconfigure_port(self, force_update: bool = False) -> None:
        settings = self._bytesize, self._parity, self._stopbits  # type: ignore[has-type]
        self._bytesize, self._parity, self._stopbits = 8, "N", 1
        super()._reconfigure_port(force_update)  # type: ignore[misc]
        self._bytesize, self._parity, self._stopbits = settings

    def _update_dtr_state(self) -> None: ...

    def _update_rts_state(self) -> None: ...


class Server:
    """One serial line offered in the network, to one client at a time."""

    def __init__(self, device: str) -> None:
        self.line = Line(device, timeout=0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.clients: list[socket.socket] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="server")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"rfc2217://127.0.0.1:{self.port}"

    def drop(self, *, reset: bool = False) -> None:
        """Cut the connection of the client that is there; ``reset`` as after a power cut."""
        client = self.clients.pop()
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            client.close()
        else:
            client.shutdown(socket.SHUT_RDWR)

    def send_and_drop(self, data: bytes) -> None:
        """The last words of a server that goes down."""
        client = self.clients.pop()
        client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for client in self.clients:
            client.close()
        self._listener.close()
        self.line.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                client, _ = self._listener.accept()
                self.clients.append(client)
                with contextlib.suppress(OSError), client:
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        manager = PortManager(self.line, _Connection(client))  # type: ignore[arg-type]
        while not self._ended.is_set() and client.fileno() >= 0:
            ready, _, _ = select.select([client, self.line], [], [], 0.02)  # type: ignore[type-var]
            if client in ready:
                data = client.recv(1024)
                if not data:
                    return
                self.line.write(b"".join(manager.filter(data)))
            if self.line in ready:
                client.sendall(b"".join(manager.escape(self.line.read(1024))))


class _Connection:
    def __init__(self, client: socket.socket) -> None:
        self.write = client.sendall


@pytest.fixture
def server(far_end: Any) -> Iterator[Server]:
    offered = Server(os.ttyname(far_end.slave))
    yield offered
    offered.close()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    named = [thread.name for thread in threading.enumerate()]
    assert [name for name in named if name.startswith(("port ", "pySerial"))] == []


def port_of(url: str, **options: Any) -> ReaderThreadPort:
    return ReaderThreadPort(url, SETTINGS, clock=DeviceClock(), **options)


async def read_bytes(port: Port, count: int) -> bytes:
    got = b""
    while len(got) < count:
        got += (await port.read_some()).data
    return got


async def test_settings_arrive_at_the_server_and_bytes_pass_both_ways(server: Server, far_end: Any) -> None:
    port = port_of(server.url)
    await port.open()
    line = server.line
    assert (line.baudrate, line.bytesize, line.parity, line.stopbits) == (4800, 7, "E", 2)
    await port.write(b"SI\xff\r\n")
    assert await far_end.receive(b"\n") == b"SI\xff\r\n"
    far_end.send(b"S S  \xff  1.234 kg\r\n")
    assert await read_bytes(port, 18) == b"S S  \xff  1.234 kg\r\n"
    assert port.identity().key == server.url
    await port.close()


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_breaks_is_lost_after_its_last_bytes_and_opened_again(
    server: Server, far_end: Any, reset: bool
) -> None:
    port = port_of(server.url)
    await port.open()
    far_end.send(b"S S      1.234 kg\r\n")
    assert await read_bytes(port, 19) == b"S S      1.234 kg\r\n"
    server.drop(reset=reset)
    with pytest.raises(PortLost):
        await port.read_some()
    with pytest.raises(PortLost):
        await port.write(b"SI\r\n")
    await port.close()
    await port.open()
    far_end.send(b"back\n")
    assert await read_bytes(port, 5) == b"back\n"
    await port.close()


async def test_what_came_together_with_the_end_of_the_connection_is_read(server: Server) -> None:
    lines = b"S S      1.234 kg\r\n" * 50
    port = port_of(server.url)
    await port.open()
    server.send_and_drop(lines)
    assert await read_bytes(port, len(lines)) == lines
    with pytest.raises(PortLost):
        await port.read_some()
    await port.close()


async def test_a_device_behind_a_server_is_lost_and_found_again(server: Server, far_end: Any) -> None:
    clock = DeviceClock()
    meter = HealthMeter(clock.monotonic_ns())
    states: list[DeviceState] = []
    events: list[Event] = []
    running = asyncio.create_task(
        run_device(
            port_of(server.url),
            profile_of("mt-sics"),
            meter=meter,
            clock=clock,
            randomness=random.Random(1),
            on_event=lambda event, _at_ns: events.append(event),
            on_health=lambda health: states.append(health.state),
        )
    )
    for number in (1, 2):
        assert await far_end.receive(b"\n") == b"SIR\r\n"
        far_end.send(b"S S      1.234 kg\r\n")
        async with asyncio.timeout(10):
            while len(events) < number:  # noqa: ASYNC110  (what is waited for is a plain value)
                await asyncio.sleep(0.01)
        if number == 1:
            server.drop()
    running.cancel()
    await asyncio.wait({running})
    assert [state for state in states if state is not DeviceState.SILENT] == [
        DeviceState.UP,
        DeviceState.LOST,
        DeviceState.UP,
    ]
    assert meter.reconnects == 1


async def test_a_server_that_speaks_no_rfc_2217_is_said_not_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"rfc2217://127.0.0.1:{mute.getsockname()[1]}?timeout=0.2"
        with pytest.raises(PortUnreachable, match=r"does not seem to support RFC2217"):
            await port_of(url).open()


async def test_an_opening_that_takes_too_long_is_given_up_and_its_thread_ends_by_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"rfc2217://127.0.0.1:{mute.getsockname()[1]}?timeout=0.3"
        port = port_of(url, open_timeout_s=0.05, close_timeout_s=0.01)
        with pytest.raises(OpenTimeout, match=r"did not open within 0\.05 s"):
            await port.open()
        (thread,) = [thread for thread in threading.enumerate() if thread.name == f"port {url}"]
        assert thread.daemon
        await asyncio.to_thread(thread.join)


async def test_a_setting_that_the_server_refuses_is_said_to_be_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = PortManager.rfc2217_send_subnegotiation

    def answer(self: Any, option: bytes, value: bytes = b"") -> None:
        refusal(self, option, b"\x08" if option == SERVER_SET_DATASIZE else value)

    monkeypatch.setattr(PortManager, "rfc2217_send_subnegotiation", answer)
    with pytest.raises(
        BadPortSettings, match=r"refuses 4800 7E2 \(remote rejected value for option 'datasize'"
    ):
        await port_of(server.url).open()


async def test_a_client_that_reads_nothing_gives_the_connection_up_before_it_fills_the_memory(
    server: Server, far_end: Any
) -> None:
    port = port_of(server.url)
    await port.open()

    def flood() -> None:
        # Once the client has given up, nobody empties the line any more, and a plain write would never end.
        os.set_blocking(far_end.master, False)
        left = 300_000
        while left > 0 and select.select([], [far_end.master], [], 1)[1]:
            left -= os.write(far_end.master, b"x" * 1000)

    await asyncio.to_thread(flood)

    async def read_to_the_end() -> None:
        while True:
            await port.read_some()

    await asyncio.wait_for(port.ended(), timeout=10)
    assert BACKLOG_CEILING < port.backlog() < 300_000
    with pytest.raises(PortLost, match="nobody takes what it sends"):
        await read_to_the_end()
    await port.close()
