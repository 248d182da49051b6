"""Interchanges cut into segments by the characters that they name themselves: what EDIFACT and X12 share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from agent.domain.errors import ManifestRefused

CHUNK = 1 << 16
MAX_ELEMENTS = 100
SPACE = b" \t\r\n"
Element = TypeVar("Element")
_UTF_8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """The characters that part one interchange, each a byte."""

    element: bytes
    end: bytes
    component: bytes = b""
    release: bytes = b""
    """Makes text of the delimiter after it; empty where nothing does."""

    def ending(self, data: bytes, start: int) -> int:
        """Where the first end of a segment stands that is not released; -1 when none does."""
        while True:
            place = data.find(self.end, start)
            if place < 0 or not self.release:
                return place
            before = place
            while before and data[before - 1 : before] == self.release:
                before -= 1
            # ??' is a question mark and an end; ?' and ???' go on.
            if (place - before) % 2 == 0:
                return place
            start = place + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """What one standard settles for its interchanges."""

    opening: Callable[[bytes], tuple[Delimiters, bytes]]
    """The delimiters of the interchange that begins with these bytes, and the bytes to go on with.

    Raises ``ManifestRefused`` where they begin none.
    """
    max_segment: int
    """Bytes."""
    closing: bytes | None = None
    """How the last segment of an interchange begins, where the next one may name other delimiters."""


def cut(stream: BinaryIO, syntax: Syntax) -> Iterator[tuple[int, bytes, Delimiters]]:
    """Number, bytes and delimiters of each segment, one at a time.

    Segments are numbered from 1; empty ones do not count. The bytes lack the end and the white space before
    them; release characters still stand in them.

    Raises:
        ManifestRefused: The file does not begin as an interchange, a segment is too long, or the file ends
            in one.
    """
    most = syntax.max_segment
    delimiters, rest = syntax.opening(stream.read(CHUNK).removeprefix(_UTF_8_MARK).lstrip(SPACE))
    number = start = searched = 0
    while True:
        place = delimiters.ending(rest, searched)
        if place - start > most or (place < 0 and len(rest) - start > most + CHUNK):
            raise refused(number + 1, f"longer than {most} bytes")
        if place < 0:
            chunk = stream.read(CHUNK)
            if not chunk:
                if rest[start:].strip():
                    raise refused(number + 1, "the file ends in the middle of it")
                return
            # There is no end in what was searched; a release character at its end is looked back at later.
            searched, rest, start = len(rest) - start, rest[start:] + chunk, 0
            continue
        raw = rest[start:place].lstrip(SPACE)
        start = searched = place + 1
        if not raw:
            continue
        number += 1
        yield number, raw, delimiters
        if syntax.closing is not None and raw.startswith(syntax.closing):
            rest, start, searched = (rest[start:] + stream.read(CHUNK)).lstrip(SPACE), 0, 0
            if rest:
                delimiters, rest = syntax.opening(rest)


def bounded(number: int, elements: list[Element]) -> list[Element]:
    """The elements of segment ``number``, its tag first.

    Raises:
        ManifestRefused: There are more than ``MAX_ELEMENTS`` after the tag.
    """
    if len(elements) > MAX_ELEMENTS + 1:
        raise refused(number, f"more than {MAX_ELEMENTS} elements")
    return elements


def decoded(raw: bytes, charset: str = "iso8859-1") -> str:
    """The text of an element: UTF-8 wherever it is UTF-8, whatever the interchange says, else ``charset``."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(charset, "replace")


def refused(number: int, what: str) -> ManifestRefused:
    """The refusal of a file for its segment ``number``."""
    return ManifestRefused("E061", f"segment {number}: {what}", "send the interchange as it left the system")
