"""What passed over a port, kept so that it can be looked at, sent to somebody who can help, and parsed again.

A transcript is JSON lines, one record each, every line whole in itself:

    {"v":1,"port":"/dev/serial/by-id/…","settings":"9600 8N1","direction":"in","mono_ns":5,
     "wall":"2026-03-01T09:30:00.000000Z","hex":"5320530d0a"}
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

from drivers.errors import DeviceError
from drivers.events import Event, Parser

if TYPE_CHECKING:  # it brings the event loop along, and what only decodes a file starts without one
    from drivers.clock import MonotonicClock, WallClock

VERSION = 1

RING_BYTES = 262_144
"""What a recorder keeps in memory by default: some minutes of a scale at 20 readings a second."""

RECORD_BYTES = 4096
"""A longer chunk becomes several records of the same time."""

RECORD_COST = 64
"""Charged to the ring for every record beside its bytes, so that chunks of one byte are bounded too."""

MAX_LINE = 262_144
"""Bytes of one line of a transcript."""

MAX_FILE = 268_435_456
"""Bytes of a transcript that is read as a whole."""

Direction = Literal["in", "out"]


class TranscriptInvalid(DeviceError):
    """A file is not a transcript, or a line of it is damaged."""

    def __init__(self, name: str, line: int, why: str) -> None:
        super().__init__(f"{name}, line {line}: {why}; remove the line, or take the transcript again")
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Bytes that passed at one moment: ``in`` came from the device, ``out`` went to it.

    ``mono_ns`` orders and spaces the records of one run of the machine; ``wall`` (aware UTC) says when that
    was, as far as the machine knew.
    """

    port: str
    settings: str
    direction: Direction
    mono_ns: int
    wall: datetime
    data: bytes

    def as_line(self) -> bytes:
        """One line of a transcript, with its end."""
        wall = self.wall.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        fields = {
            "v": VERSION,
            "port": self.port,
            "settings": self.settings,
            "direction": self.direction,
            "mono_ns": self.mono_ns,
            "wall": wall,
            "hex": self.data.hex(),
        }
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


class Sink(Protocol):
    """Where records go beside the ring; it must be quick, and must not raise."""

    def add(self, record: Record) -> None:
        """Take one record, or count it as lost."""
        ...


class Recorder:
    """Sees every byte of one port, as its tap, and remembers the last of them.

    It is always on: what went wrong is asked for afterwards. The oldest whole records give way.

    Args:
        port: The port's lasting name.
        settings: The line's settings, as text.
        ring_bytes: What it may hold, each record charged with ``RECORD_COST`` beside its bytes.
    """

    def __init__(self, port: str, settings: str, *, wall: WallClock, ring_bytes: int = RING_BYTES) -> None:
        if ring_bytes < RECORD_BYTES + RECORD_COST:
            raise ValueError(f"a ring of {ring_bytes} bytes holds no record; give {RECORD_BYTES * 2} or more")
        self._port = port
        self._settings = settings
        self._wall = wall
        self._ring_bytes = ring_bytes
        self._ring: deque[Record] = deque()
        self._held = 0
        self.sink: Sink | None = None

    def __call__(self, direction: Direction, data: bytes, at_ns: int) -> None:
        """Take one chunk; the monotonic nanoseconds are its arrival's."""
        wall = self._wall.now()
        for start in range(0, len(data), RECORD_BYTES):
            record = Record(
                port=self._port,
                settings=self._settings,
                direction=direction,
                mono_ns=at_ns,
                wall=wall,
                data=data[start : start + RECORD_BYTES],
            )
            self._ring.append(record)
            self._held += len(record.data) + RECORD_COST
            if self.sink is not None:
                self.sink.add(record)
        while self._held > self._ring_bytes:
            self._held -= len(self._ring.popleft().data) + RECORD_COST

    def recent(self) -> tuple[Record, ...]:
        """What is remembered, oldest first."""
        return tuple(self._ring)


class TranscriptReader:
    """The records of a transcript, line by line; no more than one line is held.

    Args:
        name: What errors call it.
        head: Bytes that were read from ``source`` before, to see what it is.
    """

    def __init__(self, source: IO[bytes], *, name: str, head: bytes = b"") -> None:
        self._source = source
        self._name = name
        self._head = head

    def __iter__(self) -> Iterator[Record]:
        """Every record.

        Raises:
            TranscriptInvalid: A line is not a record, or is of another port than those before it.
        """
        port: str | None = None
        for number, line in enumerate(self._lines(), 1):
            if len(line) > MAX_LINE:
                raise TranscriptInvalid(self._name, number, f"longer than {MAX_LINE} bytes")
            if not line.strip():
                continue
            record = _record(line, self._name, number)
            if port not in {None, record.port}:
                raise TranscriptInvalid(
                    self._name, number, f"of {record.port}, and those before it are of {port}"
                )
            port = record.port
            yield record

    def received(self) -> Iterator[Record]:
        """The records that came from the device."""
        return (record for record in self if record.direction == "in")

    def _lines(self) -> Iterator[bytes]:
        held = self._head
        while True:
            line, end, rest = held.partition(b"\n")
            if end:
                held = rest
            else:
                line, held = line + self._source.readline(max(MAX_LINE + 1 - len(line), 1)), b""
                if not line:
                    return
            yield line


def is_transcript(head: bytes) -> bool:
    """Whether a file that begins so means to be a transcript, and is not a raw recording."""
    return head.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b'{"')


def read_transcript(path: Path) -> tuple[Record, ...]:
    """Every record of a file, which must be below ``MAX_FILE``.

    Raises:
        TranscriptInvalid: It is larger, or a line of it is not a record; the message names the line.
        OSError: It cannot be read.
    """
    with path.open("rb") as opened:
        if path.stat().st_size > MAX_FILE:
            raise TranscriptInvalid(str(path), 1, f"the file is larger than {MAX_FILE} bytes")
        return tuple(TranscriptReader(opened, name=str(path)))


def replayed(
    chunks: Iterable[tuple[bytes, int | None]], parser: Parser, *, idle_gap_s: float | None = None
) -> Iterator[tuple[Event, int | None]]:
    """What a parser makes of chunks and their times, as fast as it goes.

    Args:
        parser: A new one.
        idle_gap_s: The profile's: pauses at least that long complete what the parser holds, as they did on
            the line. Chunks without a time have none; the end is a pause in any case.

    Returns:
        Each event with the time of the chunk that completed it.
    """
    last_byte_ns: int | None = None
    for data, at_ns in chunks:
        if _rested(last_byte_ns, at_ns, idle_gap_s):
            yield from ((event, last_byte_ns) for event in parser.idle())
        last_byte_ns = at_ns
        yield from ((event, at_ns) for event in parser.feed(data))
    yield from ((event, last_byte_ns) for event in parser.idle())


async def replay(
    records: Iterable[Record],
    parser: Parser,
    *,
    clock: MonotonicClock,
    idle_gap_s: float | None = None,
    speed: float | None = None,
) -> AsyncIterator[tuple[Event, int]]:
    """What a parser makes of a transcript, in the time it took then: twice as fast at ``speed`` 2.

    Without a speed nothing is waited for. Only what came from the device is fed.

    Args:
        parser: A new one.
        idle_gap_s: The profile's, as for ``replayed``.

    Returns:
        Each event with the monotonic time of its record.
    """
    if speed is not None and speed <= 0:
        raise ValueError(f"a replay at {speed} times the speed never ends; give more than 0, or none")
    last_byte_ns: int | None = None
    for record in records:
        if record.direction != "in":
            continue
        wait_s = 0.0 if last_byte_ns is None else max(record.mono_ns - last_byte_ns, 0) / 1e9
        if (
            last_byte_ns is not None
            and idle_gap_s is not None
            and _rested(last_byte_ns, record.mono_ns, idle_gap_s)
        ):
            await _wait(idle_gap_s, speed, clock)
            wait_s -= idle_gap_s
            for event in parser.idle():
                yield event, last_byte_ns
        await _wait(wait_s, speed, clock)
        last_byte_ns = record.mono_ns
        for event in parser.feed(record.data):
            yield event, last_byte_ns
    for event in parser.idle():
        yield event, last_byte_ns or 0


def _rested(before_ns: int | None, at_ns: int | None, gap_s: float | None) -> bool:
    if before_ns is None or at_ns is None or gap_s is None:
        return False
    return at_ns - before_ns >= gap_s * 1e9


async def _wait(seconds: float, speed: float | None, clock: MonotonicClock) -> None:
    if speed is not None and seconds > 0:
        await clock.sleep(seconds / speed)


def _record(line: bytes, name: str, number: int) -> Record:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TranscriptInvalid(name, number, f"not JSON ({error})") from error
    if not isinstance(fields, dict):
        raise TranscriptInvalid(name, number, "not an object")
    if fields.get("v") != VERSION:
        raise TranscriptInvalid(
            name, number, f"version {fields.get('v')!r} is not known, this program reads {VERSION}"
        )
    try:
        return _checked(fields)
    except (KeyError, ValueError) as error:
        why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise TranscriptInvalid(name, number, why) from error


def _checked(fields: dict[str, Any]) -> Record:
    port, settings, direction = fields["port"], fields["settings"], fields["direction"]
    mono_ns, wall, digits = fields["mono_ns"], fields["wall"], fields["hex"]
    if not isinstance(port, str) or not isinstance(settings, str):
        raise ValueError("port and settings must be text")  # noqa: TRY004 - told as any other damage
    if direction not in ("in", "out"):
        raise ValueError(f"direction is {direction!r} and must be in or out")
    if type(mono_ns) is not int or abs(mono_ns) >= 2**63:
        raise ValueError("mono_ns must be a whole number of nanoseconds")
    if not isinstance(wall, str) or not isinstance(digits, str):
        raise ValueError("wall and hex must be text")  # noqa: TRY004
    at = datetime.fromisoformat(wall)
    if at.tzinfo is None:
        raise ValueError(f"wall is {wall} and must say its offset from UTC")
    return Record(
        port=port,
        settings=settings,
        direction=direction,
        mono_ns=mono_ns,
        wall=at,
        data=bytes.fromhex(digits),
    )
