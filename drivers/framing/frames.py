"""From a stream of bytes to whole frames, with a ceiling on what is ever held.

A framer is fed chunks of any size and gives frames without their delimiters, and ``Noise`` for what it threw
away. How the stream was cut into chunks never changes what comes out.
"""

from __future__ import annotations

import re
from typing import Literal, Protocol

from drivers.events import Noise

SKIP_REPORT = 65_536
"""Bytes after which a frame without an end is reported, so that it shows while it lasts."""

STRAY_REPORT = 1024
"""The same for bytes outside any frame: a line read with the wrong parity may show no frame at all."""

STX, ETX, EOT, CR, LF = b"\x02", b"\x03", b"\x04", b"\r", b"\n"

QUIET = b"\r\n\x00"
"""Bytes that may lie between two frames and are nothing: many devices send CR LF after the end they mean."""

_PARITY_SAMPLE = 8
"""Fewer bytes than that have the same parity by chance too often."""


class Framer(Protocol):
    """Bytes in, whole frames and noise out."""

    def feed(self, data: bytes) -> list[bytes | Noise]:
        """What these bytes complete, in order."""
        ...

    def held_bytes(self) -> int:
        """Bytes kept of a frame that has not ended yet; never more than the ceiling."""
        ...


class Discarded:
    """Bytes that are thrown away: how many so far, and whether they look like a line read wrongly."""

    __slots__ = ("_even", "_high", "count")

    def __init__(self) -> None:
        self.count = 0
        self._high = 0
        self._even = 0

    def add(self, data: bytes | bytearray) -> None:
        self.count += len(data)
        for byte in data:
            self._high += byte > 0x7F
            self._even += byte.bit_count() % 2 == 0

    def report(self, reason: str, out: list[bytes | Noise]) -> None:
        """Tell of what was added since the last report, if anything was."""
        if self.count:
            parity = _parity(self.count, self._high, self._even)
            out.append(Noise(discarded=self.count, reason=f"parity_{parity}" if parity else reason))
        self.count = self._high = self._even = 0


class _Frame:
    """The frame under way: its bytes up to the ceiling, above it only a count."""

    __slots__ = ("_bytes", "_ceiling", "_skipped", "_skipping")

    def __init__(self, ceiling: int) -> None:
        if ceiling < 1:
            raise ValueError(f"a frame ceiling of {ceiling} bytes holds nothing; give at least 1")
        self._bytes = bytearray()
        self._ceiling = ceiling
        self._skipping = False
        self._skipped = Discarded()

    def add(self, data: bytes, out: list[bytes | Noise]) -> None:
        while not self._skipping:
            room = self._ceiling - len(self._bytes)
            self._bytes += data[:room]
            data = data[room:]
            if not data:
                return
            # A line read with the wrong parity may never show its end, so it is told as soon as it is seen.
            self._skipping = parity_hint(self._bytes) is None
            self._skipped.add(self._bytes)
            self._bytes.clear()
            if not self._skipping:
                self._skipped.report("too_long", out)
        _add_and_report(self._skipped, data, "too_long", SKIP_REPORT, out)

    def held_bytes(self) -> int:
        return len(self._bytes)

    def end(self, out: list[bytes | Noise]) -> None:
        if self._skipping:
            self._skipped.report("too_long", out)
        elif self._bytes:
            out.append(bytes(self._bytes))
        self._clear()

    def drop(self, reason: str, out: list[bytes | Noise]) -> None:
        self._skipped.add(self._bytes)
        self._skipped.report(reason, out)
        self._clear()

    def _clear(self) -> None:
        self._bytes.clear()
        self._skipping = False


class LineFramer:
    """Lines: any byte of ``ends`` ends one, empty lines are nothing, so CR, LF and CR LF all work.

    A line longer than ``ceiling`` bytes becomes one ``Noise`` and is skipped up to its end.

    >>> LineFramer(8).feed(b"one\\r\\ntwo\\rmuch too long\\nthr")
    [b'one', b'two', Noise(discarded=13, reason='too_long')]
    """

    __slots__ = ("_ends", "_frame")

    def __init__(self, ceiling: int, *, ends: bytes = CR + LF) -> None:
        self._frame = _Frame(ceiling)
        self._ends = _any_of(ends)

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        start = 0
        for end in self._ends.finditer(data):
            self._frame.add(data[start : end.start()], out)
            self._frame.end(out)
            start = end.end()
        self._frame.add(data[start:], out)
        return out

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._frame.held_bytes()


class DelimitedFramer:
    """Frames between a byte of ``starts`` and one of ``ends``; what lies between two frames is noise.

    A start inside a frame begins a new one: the old one was cut short. CR, LF and NUL between frames are not
    noise. A byte cannot both start and end.

    >>> DelimitedFramer(8).feed(b"\\x02one\\x03\\r\\nx\\x02tw\\x02three\\x03")
    [b'one', Noise(discarded=1, reason='outside_frame'), Noise(discarded=2, reason='cut_short'), b'three']
    """

    __slots__ = ("_frame", "_inside", "_marks", "_starts", "_stray")

    def __init__(self, ceiling: int, *, starts: bytes = STX, ends: bytes = ETX) -> None:
        self._frame = _Frame(ceiling)
        self._starts = starts
        self._marks = _any_of(starts + ends)
        self._inside = False
        self._stray = Discarded()

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        start = 0
        for mark in self._marks.finditer(data):
            self._take(data[start : mark.start()], out)
            start = mark.end()
            if mark[0] in self._starts:
                self._frame.drop("cut_short", out)
                self._stray.report("outside_frame", out)
                self._inside = True
            elif self._inside:
                self._frame.end(out)
                self._inside = False
            else:
                self._take(mark[0], out)
        self._take(data[start:], out)
        return out

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._frame.held_bytes()

    def _take(self, data: bytes, out: list[bytes | Noise]) -> None:
        if self._inside:
            self._frame.add(data, out)
        else:
            kept = data.translate(None, QUIET)
            _add_and_report(self._stray, kept, "outside_frame", STRAY_REPORT, out)


class IdleFramer:
    """Frames without any end: what came since the line last rested. A last resort, since a pause inside a
    message cuts it in two, and two messages without a pause are one.

    A CR or LF at the end of a frame is not part of it.

    >>> framer = IdleFramer(8)
    >>> framer.feed(b"one"), framer.feed(b"two\\r\\n"), framer.idle(), framer.idle()
    ([], [], [b'onetwo'], [])
    """

    __slots__ = ("_frame",)

    def __init__(self, ceiling: int) -> None:
        self._frame = _Frame(ceiling)

    def feed(self, data: bytes) -> list[bytes | Noise]:
        out: list[bytes | Noise] = []
        self._frame.add(data, out)
        return out

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._frame.held_bytes()

    def idle(self) -> list[bytes | Noise]:
        """The frame that the line's rest ends, if there is one."""
        out: list[bytes | Noise] = []
        self._frame.end(out)
        frames = (frame if isinstance(frame, Noise) else frame.rstrip(CR + LF) for frame in out)
        return [frame for frame in frames if frame]


def _add_and_report(
    discarded: Discarded, data: bytes, reason: str, every: int, out: list[bytes | Noise]
) -> None:
    """Add bytes, and report each full ``every`` of them by itself, wherever the chunks were cut."""
    while discarded.count + len(data) > every:
        room = max(every - discarded.count, 0)
        discarded.add(data[:room])
        discarded.report(reason, out)
        data = data[room:]
    discarded.add(data)


def _any_of(marks: bytes) -> re.Pattern[bytes]:
    if not marks:
        raise ValueError("a frame needs at least one byte that ends it")
    return re.compile(b"[" + re.escape(marks) + b"]")


def parity_hint(data: bytes | bytearray) -> Literal["even", "odd"] | None:
    """Which parity bit the bytes carry, where a 7-bit device is read with 8 bits and none.

    Of eight bytes or more a fifth must have bit 7 set, and all the same parity; anything else is not a hint.
    The bit is never stripped: a line set wrongly is to be set right, not read by luck.

    >>> parity_hint(bytes([0x53, 0xA0, 0x53, 0xA0, 0xB1, 0xB2, 0x33, 0xB4]))
    'even'
    """
    return _parity(
        len(data), sum(byte > 0x7F for byte in data), sum(byte.bit_count() % 2 == 0 for byte in data)
    )


def _parity(count: int, high: int, even: int) -> Literal["even", "odd"] | None:
    if count < _PARITY_SAMPLE or high * 5 < count:
        return None
    if even == count:
        return "even"
    return "odd" if even == 0 else None
