"""X12: bytes into segments, by the delimiters that stand in the ISA segment. Source: ASC X12.5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from agent.formats.edi.segments import SPACE, Delimiters, Syntax, bounded, cut, decoded, refused

ISA_LENGTH = 106
"""Characters of an ISA segment with its end: its elements have fixed lengths."""

MAX_SEGMENT = 4_096
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class X12Segment:
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


def read_segments(stream: BinaryIO) -> Iterator[X12Segment]:
    """Segments of one interchange after another, one at a time.

    Raises:
        ManifestRefused: It does not begin with ISA, a segment is too long, or the file ends in one.
    """
    for number, raw, delimiters in cut(stream, SYNTAX):
        elements = bounded(number, raw.rstrip(SPACE).split(delimiters.element))
        yield X12Segment(number=number, elements=tuple(map(decoded, elements)))


def _opening(data: bytes) -> tuple[Delimiters, bytes]:
    """Element separator and segment end, from their places in the ISA segment.

    Many senders shorten the padded elements: the end is what follows the sixteenth element's one character.
    """
    element = data[3:4]
    if not data.startswith(b"ISA") or not element or element.isalnum() or element.isspace():
        raise refused(1, "there is no ISA segment")
    parts = data[: 2 * ISA_LENGTH].split(element, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        raise refused(1, "the ISA segment is cut short")
    end = parts[16][1:2]
    if end == element or end.isalnum():
        raise refused(1, "the ISA segment names no end of segments")
    return Delimiters(element=element, end=end), data


SYNTAX = Syntax(opening=_opening, max_segment=MAX_SEGMENT, closing=b"IEA")
