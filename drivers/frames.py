"""From a stream of bytes to whole frames, with a ceiling on what is ever held.

A framer is fed chunks of any size and gives frames without their delimiters, and ``Noise`` for what it threw
away. How the stream was cut into chunks never changes what comes out.
"""

from __future__ import annotations

import re
from typing import Literal, Protocol

from drivers.events import Noise

SKIP_REPORT = 65_536
"""Bytes after which an endless stretch without a terminator is reported, so that it shows while it lasts."""

_STX, _ETX = 0x02, 0x03
_QUIET = b"\r\n\x00"


class Framer(Protocol):
    """Bytes in, whole frames and noise out."""

    def feed(self, data: bytes) -> list[bytes | Noise]:
        """What these bytes complete, in order."""
        ...


class _Frame:
    """The frame under way: its bytes up to the ceiling, above it only a count."""

    __slots__ = ("_bytes", "_ceiling", "_skipped")

    def __init__(self, ceiling: int) -> None:
        if ceiling < 1:
            raise ValueError(f"a frame ceiling of {ceiling} bytes holds nothing; give at least 1")
        self._bytes = bytearray()
        self._ceiling = ceiling
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._bytes) + self._skipped

    def add(self, data: bytes, out: list[bytes | Noise]) -> None:
        if not self._skipped and len(self._bytes) + len(data) <= self._ceiling:
            self._bytes += data
            return
        self._skipped += len(self._bytes) + len(data)
        self._bytes.clear()
        while self._skipped > SKIP_REPORT:
            # One byte stays counted: the frame remains oversize until its terminator comes.
            self._skipped -= SKIP_REPORT
            out.append(Noise(discarded=SKIP_REPORT, reason="too_long"))

    def end(self, out: list[bytes | Noise]) -> None:
        if self._skipped:
            out.append(Noise(discarded=self._skipped, reason="too_long"))
        elif self._bytes:
            out.append(bytes(self._bytes))
        self._bytes.clear()
        self._skipped = 0

    def drop(self, reason: str, out: list[bytes | Noise]) -> None:
        if len(self):
            out.append(Noise(discarded=len(self), reason=reason))
        self._bytes.clear()
        self._skipped = 0


class LineFramer:
    """Lines: any byte of ``ends`` ends one, empty lines are nothing, so CR, LF and CR LF all work.

    A line longer than ``ceiling`` bytes becomes one ``Noise`` and is skipped up to its end.

    >>> LineFramer(8).feed(b"one\\r\\ntwo\\rmuch too long\\nthr")
    [b'one', b'two', Noise(discarded=13, reason='too_long')]
    """

    __slots__ = ("_ends", "_frame")

    def __init__(self, ceiling: int, *, ends: bytes = b"\r\n") -> None:
        if not ends:
            raise ValueError("a line needs at least one byte that ends it")
        self._frame = _Frame(ceiling)
        self._ends = re.compile(b"[" + re.escape(ends) + b"]")

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        start = 0
        for end in self._ends.finditer(data):
            self._frame.add(data[start : end.start()], out)
            self._frame.end(out)
            start = end.end()
        self._frame.add(data[start:], out)
        return out


class StxEtxFramer:
    """Frames between STX (0x02) and ETX (0x03); whatever else lies between two frames is noise.

    Line ends and NUL are not: many devices send CR LF after the ETX.
    """

    __slots__ = ("_frame", "_inside", "_stray")

    _marks = re.compile(b"[\x02\x03]")

    def __init__(self, ceiling: int) -> None:
        self._frame = _Frame(ceiling)
        self._inside = False
        self._stray = 0

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        start = 0
        for mark in self._marks.finditer(data):
            self._take(data[start : mark.start()], out)
            start = mark.end()
            if data[mark.start()] == _STX:
                self._frame.drop("cut_short", out)
                self._end_stray(out)
                self._inside = True
            elif self._inside:
                self._frame.end(out)
                self._inside = False
            else:
                self._stray += 1
        self._take(data[start:], out)
        return out

    def _take(self, data: bytes, out: list[bytes | Noise]) -> None:
        if self._inside:
            self._frame.add(data, out)
            return
        self._stray += len(data.translate(None, _QUIET))
        while self._stray >= SKIP_REPORT:
            self._stray -= SKIP_REPORT
            out.append(Noise(discarded=SKIP_REPORT, reason="outside_frame"))

    def _end_stray(self, out: list[bytes | Noise]) -> None:
        if self._stray:
            out.append(Noise(discarded=self._stray, reason="outside_frame"))
        self._stray = 0


def parity_hint(data: bytes) -> Literal["even", "odd"] | None:
    """Which parity bit the bytes carry, where a 7-bit device is read with 8 bits and none.

    A fifth of the bytes or more must have bit 7 set, and every byte the same parity; anything else is not a
    hint. The bit is never stripped: a line set wrongly is to be set right, not read by luck.

    >>> parity_hint(bytes([0x53, 0xA0, 0x53, 0xA0, 0xB1]))
    'even'
    """
    if sum(byte > 0x7F for byte in data) * 5 < max(len(data), 1):
        return None
    parities = {byte.bit_count() % 2 for byte in data}
    if len(parities) != 1:
        return None
    return "odd" if parities.pop() else "even"
