"""EDIFACT: bytes into segments, by the characters that the interchange itself names. Source: ISO 9735-1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from agent.domain.errors import ManifestRefused

CHUNK = 1 << 16
MAX_SEGMENT = 16_384
"""Bytes of one segment; the longest free text of the directories has some 2,600 characters."""

MAX_ELEMENTS = 100

_CHARSETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}
_DEFAULT = b":+.? '"
_TAG = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment, its release characters undone."""

    number: int
    """Within the file, from 1; UNA does not count."""
    tag: str
    elements: tuple[tuple[str, ...], ...]

    def get(self, element: int, component: int = 0) -> str:
        """A component by its place from 0, without spaces around it; empty where it is not there.

        The tag is no element: ``get(0)`` of ``NAD+CN+…`` is ``CN``.
        """
        if element < len(self.elements) and component < len(self.elements[element]):
            return self.elements[element][component].strip()
        return ""

    def parts(self, element: int) -> list[str]:
        """The components of an element that are not empty."""
        if element >= len(self.elements):
            return []
        return [part.strip() for part in self.elements[element] if part.strip()]


def read_segments(stream: BinaryIO) -> Iterator[Segment]:
    """Segments of an interchange, one at a time.

    The characters are those of UNA, else ``:+.? '``; the text is decoded as the UNB segment's syntax
    identifier says, and as UTF-8 wherever it is UTF-8 whatever that says.

    Raises:
        ManifestRefused: A segment is longer than ``MAX_SEGMENT``, has no end, or is no segment.
    """
    head = _skip_space(stream)
    component, element, release, end = (_DEFAULT[place : place + 1] for place in (0, 1, 3, 5))
    if head.startswith(b"UNA") and len(head) >= 9:
        component, element, release, end = (head[place : place + 1] for place in (3, 4, 6, 8))
        head = head[9:]
        if len({component, element, end}) < 3:
            raise _refused(1, "UNA names one character twice")
    release = b"" if release == b" " else release
    charset = "iso8859-1"
    for number, raw in enumerate(_raw_segments(stream, head, release, end), start=1):
        elements = _split(raw, element, component, release)
        if len(elements) > MAX_ELEMENTS + 1:
            raise _refused(number, f"more than {MAX_ELEMENTS} elements")
        if raw.startswith(b"UNB"):
            charset = _CHARSETS.get(_text(elements[1][0], "ascii"), charset) if len(elements) > 1 else charset
        tag = _text(elements[0][0], "ascii")
        if _TAG.fullmatch(tag) is None:
            raise _refused(number, f"{tag[:12]!a} is no segment")
        yield Segment(
            number=number,
            tag=tag,
            elements=tuple(tuple(_text(part, charset) for part in parts) for parts in elements[1:]),
        )


def _refused(number: int, what: str) -> ManifestRefused:
    return ManifestRefused("E061", f"segment {number}: {what}", "send the interchange as it left the system")


def _skip_space(stream: BinaryIO) -> bytes:
    return stream.read(CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(charset if charset not in ("utf-8", "ascii") else "iso8859-1", "replace")


def _raw_segments(stream: BinaryIO, rest: bytes, release: bytes, end: bytes) -> Iterator[bytes]:
    """Bytes of each segment, with its release characters, without its end and the line ends between."""
    number, start, looked = 0, 0, 0
    while True:
        place = _ending(rest, looked, release, end)
        if place - start > MAX_SEGMENT or (place < 0 and len(rest) - start > MAX_SEGMENT + CHUNK):
            raise _refused(number + 1, f"longer than {MAX_SEGMENT} bytes")
        if place >= 0:
            raw = rest[start:place].lstrip(b" \t\r\n")
            start = looked = place + 1
            if raw:
                number += 1
                yield raw
            continue
        chunk = stream.read(CHUNK)
        if not chunk:
            if rest[start:].strip():
                raise _refused(number + 1, "the file ends in the middle of it")
            return
        # What was looked at holds no end; a release character before the next chunk is looked back at there.
        looked, rest, start = len(rest) - start, rest[start:] + chunk, 0


def _ending(data: bytes, start: int, release: bytes, end: bytes) -> int:
    """Where the first segment end stands that is not released; -1 when none does."""
    while True:
        place = data.find(end, start)
        if place < 0 or not release:
            return place
        before = place
        while before and data[before - 1 : before] == release:
            before -= 1
        # ??' is a question mark and an end; ?' and ???' go on.
        if (place - before) % 2 == 0:
            return place
        start = place + 1


def _split(raw: bytes, element: bytes, component: bytes, release: bytes) -> list[list[bytes]]:
    if not release or release not in raw:
        return [part.split(component) for part in raw.split(element)]
    elements: list[list[bytes]] = [[b""]]
    r, e, c = map(re.escape, (release, element, component))
    for piece in re.findall(b"(?s)%b.|%b|%b|[^%b%b%b]+|." % (r, e, c, r, e, c), raw):
        if piece == element:
            elements.append([b""])
        elif piece == component:
            elements[-1].append(b"")
        else:
            elements[-1][-1] += piece[1:] if len(piece) == 2 and piece[:1] == release else piece
    return elements
