"""The thread behind a port of ``pyserial``: it opens, reads, writes and closes it, and nobody else does."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, cast

import serial

from drivers.clock import MonotonicClock
from drivers.line_settings import LineSettings
from drivers.ports.inbox import Inbox
from drivers.ports.interface import BACKLOG_CEILING, WRITE_CEILING
from drivers.ports.keepalive import keep_alive
from drivers.ports.local import claim, is_local, line_settings_for, may_claim, unclaim

READ_TIMEOUT_S = 0.1
"""How long the thread waits for bytes before it looks around; a read that can be woken is woken at once."""

UNWAKEABLE_READ_TIMEOUT_S = 0.02
"""The same where the library has no way to wake a read: what is written waits so long at most."""

READ_AT_MOST = 4096


class _Line(Protocol):
    """What the library's ports have in common."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self, size: int = ..., /) -> bytes: ...

    def write(self, data: bytes, /) -> int | None: ...

    @property
    def in_waiting(self) -> int: ...


class PortThread:
    """One opening of a port, from the library's open to its close, and the thread that does it all.

    ``opened`` becomes None or the failure, ``ended`` follows when the port is closed again; both belong to
    the event loop, and so does ``inbox``.
    """

    def __init__(
        self,
        url: str,
        settings: LineSettings,
        clock: MonotonicClock,
        inbox: Inbox,
        close_timeout_s: float,
    ) -> None:
        self._url = url
        self._clock = clock
        self._close_timeout_s = close_timeout_s
        self._loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[Exception | None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.inbox = inbox
        inbox.source = self
        self._line = _line_of(url, line_settings_for(url, settings))
        self._thread = threading.Thread(target=self._run, name=f"port {url}", daemon=True)
        self._stopped = threading.Event()
        self._room = threading.Event()
        self._room.set()
        self._lock = threading.Lock()
        self._open = False
        self._woken = False
        self._landed: deque[tuple[bytes, int]] = deque()
        self._landed_bytes = 0
        self._unsent = bytearray()

    # -- called from the loop --------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._room.set()
        self._wake()

    def join(self) -> None:
        """After ``ended``: the thread has nothing left to do but to return."""
        self._thread.join()

    def send(self, data: bytes) -> bool:
        """Have the thread write it; False if too much waits already."""
        with self._lock:
            if len(self._unsent) + len(data) > WRITE_CEILING:
                return False
            self._unsent += data
        self._wake()
        return True

    @property
    def held(self) -> int:
        return self.inbox.held + self._landed_bytes

    def pause_reading(self) -> None:
        self._room.clear()

    def resume_reading(self) -> None:
        self._room.set()

    def _collect(self) -> None:
        with self._lock:
            landed, self._landed, self._landed_bytes = self._landed, deque(), 0
        for data, at_ns in landed:
            self.inbox.put(data, at_ns)
        if not self.inbox.paused:
            self._room.set()

    def _wake(self) -> None:
        """End a read that waits; where the library cannot, it ends soon by itself."""
        cancel: Callable[[], None] | None = getattr(self._line, "cancel_read", None)
        # A cancelled read is a byte in a pipe. Under the lock, since the thread closes the port under it; and
        # one byte at a time, or the pipe of a port that is not read for long would fill, and stop the loop.
        with self._lock:
            if self._open and not self._woken and cancel is not None:
                self._woken = True
                cancel()

    # -- the thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        why = "closed"
        try:
            if self._start():
                self._serve()
        except Exception as exc:  # noqa: BLE001  (whatever the library raises, the port is lost by it)
            why = str(exc)
        finally:
            self._close()
            self._tell(self._finish, why)

    def _start(self) -> bool:
        try:
            self._line.open()
            with self._lock:
                self._open = True
            if may_claim(self._url):
                claim(cast(Any, self._line).fileno())
            elif not is_local(self._url):
                keep_alive(cast(Any, self._line)._socket)
        except Exception as exc:  # noqa: BLE001  (it is handed to the caller that waits for the opening)
            self._tell(_settle, self.opened, exc)
            return False
        self._tell(_settle, self.opened, None)
        return True

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._send()
            if self._room.wait(READ_TIMEOUT_S):
                self._receive()
            elif self._line.in_waiting > BACKLOG_CEILING:
                # Its thread reads on whether we do or not; only losing the connection makes the server wait.
                raise BufferError("nobody takes what it sends")

    def _receive(self) -> None:
        data = b""
        at_ns = 0
        try:
            data = self._line.read(1)
            at_ns = self._clock.monotonic_ns()
            if data:
                data += self._line.read(min(self._line.in_waiting, READ_AT_MOST))
        except Exception:
            data += _left_over(self._line)
            raise
        finally:
            self._woken = False
            if data:
                self._land(data, at_ns or self._clock.monotonic_ns())

    def _land(self, data: bytes, at_ns: int) -> None:
        with self._lock:
            first = not self._landed
            self._landed.append((data, at_ns))
            self._landed_bytes += len(data)
            if self._landed_bytes > BACKLOG_CEILING:
                self._room.clear()
        if first:
            self._tell(self._collect)

    def _send(self) -> None:
        with self._lock:
            data = bytes(self._unsent)
        if data and self._takes_bytes():
            sent = self._line.write(data) or 0
            with self._lock:
                del self._unsent[:sent]

    def _takes_bytes(self) -> bool:
        # The library spins on a full buffer when its write may not wait, and when it may, it does not say how
        # much it wrote before it gave up.
        if not is_local(self._url) or not hasattr(self._line, "fileno"):
            return True
        with contextlib.suppress(ValueError, OSError):
            return bool(select.select([], [cast(Any, self._line).fileno()], [], 0)[1])
        return True

    def _close(self) -> None:
        with self._lock:
            was_open, self._open = self._open, False
        if not was_open:
            return
        with contextlib.suppress(Exception):
            if is_local(self._url):
                self._drain()
            if may_claim(self._url):
                unclaim(cast(Any, self._line).fileno())
        connection = getattr(self._line, "_socket", None)
        with contextlib.suppress(Exception):
            self._line.close()
        if connection is not None:
            # Of a connection that was reset the library forgets the socket without closing it.
            connection.close()

    def _drain(self) -> None:
        """Let a last command out, but never wait for a deaf device: the system's close would."""
        line = cast(Any, self._line)
        for _ in range(10):
            if not line.out_waiting:
                return
            threading.Event().wait(self._close_timeout_s / 20)
        line.reset_output_buffer()

    def _finish(self, why: str) -> None:
        self._collect()
        self.inbox.end(why)
        _settle(self.ended, None)

    def _tell(self, call: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            self._stopped.set()  # the loop is closed, and nobody is left to close the port


def _line_of(url: str, settings: LineSettings) -> _Line:
    options: dict[str, Any] = {
        "baudrate": settings.baudrate,
        "bytesize": settings.byte_size,
        "parity": settings.parity,
        "stopbits": settings.stop_bits,
        "xonxoff": settings.xonxoff,
        "rtscts": settings.rtscts,
    }
    if is_local(url):
        options |= {"timeout": READ_TIMEOUT_S, "write_timeout": 0, "exclusive": True}
    else:
        options |= {"timeout": UNWAKEABLE_READ_TIMEOUT_S}
    return cast(_Line, serial.serial_for_url(url, do_not_open=True, **options))


def _left_over(line: _Line) -> bytes:
    """What an RFC 2217 connection had received when it broke: the library reads no further then."""
    received = getattr(line, "_read_buffer", None)
    data = b""
    with contextlib.suppress(queue.Empty):
        while isinstance(received, queue.Queue):
            data += received.get_nowait() or b""
    return data


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)
