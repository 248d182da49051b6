"""X12: bytes into segments, by the delimiters that stand in the ISA segment. Source: ASC X12.5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from agent.domain.errors import ManifestRefused

CHUNK = 1 << 16
ISA_LENGTH = 106
"""Characters of an ISA segment with its end: its elements have fixed lengths."""

MAX_SEGMENT = 4_096
MAX_ELEMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment; ``elements[0]`` is its tag, so that ``get(3)`` of N4 is what the standard calls N403."""

    number: int
    """Within the file, from 1."""
    elements: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The segment's name."""
        return self.elements[0]

    def get(self, place: int) -> str:
        """An element by its number, without spaces around it; empty where it is not there."""
        return self.elements[place].strip() if place < len(self.elements) else ""


def read_segments(stream: BinaryIO) -> Iterator[Segment]:
    """Segments of one interchange after another, one at a time.

    Raises:
        ManifestRefused: It does not begin with ISA, a segment is too long, or the file ends in one.
    """
    rest = stream.read(CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    element, end = _delimiters(rest)
    number, start = 0, 0
    while True:
        place = rest.find(end, start)
        if place - start > MAX_SEGMENT or (place < 0 and len(rest) - start > MAX_SEGMENT + CHUNK):
            raise _refused(number + 1, f"longer than {MAX_SEGMENT} bytes")
        if place < 0:
            chunk = stream.read(CHUNK)
            if not chunk:
                if rest[start:].strip():
                    raise _refused(number + 1, "the file ends in the middle of it")
                return
            rest, start = rest[start:] + chunk, 0
            continue
        raw = rest[start:place].strip(b" \t\r\n") if end not in b"\r\n" else rest[start:place].strip(b" \t")
        start = place + 1
        if not raw:
            continue
        number += 1
        elements = raw.split(element)
        if len(elements) > MAX_ELEMENTS:
            raise _refused(number, f"more than {MAX_ELEMENTS} elements")
        yield Segment(number=number, elements=tuple(map(_text, elements)))
        if raw.startswith(b"IEA"):
            rest, start = (rest[start:] + stream.read(CHUNK)).lstrip(b" \t\r\n"), 0
            if rest:
                element, end = _delimiters(rest)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso8859-1")


def _delimiters(data: bytes) -> tuple[bytes, bytes]:
    """Element separator and segment end, from their places in the ISA segment.

    Many senders shorten the padded elements: the end is what follows the sixteenth element's one character.
    """
    element = data[3:4]
    if not data.startswith(b"ISA") or not element or element.isalnum() or element.isspace():
        raise _refused(1, "there is no ISA segment")
    parts = data[: 2 * ISA_LENGTH].split(element, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        raise _refused(1, "the ISA segment is cut short")
    end = parts[16][1:2]
    if end == element or end.isalnum():
        raise _refused(1, "the ISA segment names no end of segments")
    return element, end


def _refused(number: int, what: str) -> ManifestRefused:
    return ManifestRefused("E061", f"segment {number}: {what}", "send the interchange as it left the system")
