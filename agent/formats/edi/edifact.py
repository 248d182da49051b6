"""EDIFACT: bytes into segments, by the characters that the interchange itself names. Source: ISO 9735-1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from agent.formats.edi.segments import Delimiters, Syntax, bounded, cut, decoded, refused

MAX_SEGMENT = 16_384
"""Bytes of one segment; the longest free text of the directories has some 2,600 characters."""

_CHARSETS = {
    "UNOA": "iso8859-1",
    "UNOB": "iso8859-1",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "iso8859-1",
    "UNOY": "iso8859-1",
}
"""Syntax identifier → the encoding of what is not UTF-8. A and B are ASCII, W and Y UTF-8, by their word."""

_DEFAULT = b":+.? '"
_TAG = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactSegment:
    """One segment, its release characters undone."""

    number: int
    """Within the file, from 1; UNA does not count."""
    tag: str
    elements: tuple[tuple[str, ...], ...]

    def get(self, element: int, component: int = 0) -> str:
        """A component by its place from 0, without spaces around it; empty where it is not there.

        The tag is not an element: ``get(0)`` of ``NAD+CN+…`` is ``CN``.
        """
        if element < len(self.elements) and component < len(self.elements[element]):
            return self.elements[element][component].strip()
        return ""

    def parts(self, element: int) -> list[str]:
        """The components of an element that are not empty."""
        if element >= len(self.elements):
            return []
        return [part.strip() for part in self.elements[element] if part.strip()]


def read_segments(stream: BinaryIO) -> Iterator[EdifactSegment]:
    """Segments of an interchange, one at a time.

    The characters are those of UNA, else ``:+.? '``; the text is decoded as the UNB segment's syntax
    identifier says, and as UTF-8 wherever it is UTF-8 whatever that says.

    Raises:
        ManifestRefused: A segment is longer than ``MAX_SEGMENT``, has no end, or is not one.
    """
    charset = "iso8859-1"
    for number, raw, delimiters in cut(stream, SYNTAX):
        elements = bounded(number, _split(raw, delimiters))
        if raw.startswith(b"UNB") and len(elements) > 1:
            charset = _CHARSETS.get(decoded(elements[1][0]), charset)
        tag = decoded(elements[0][0])
        if _TAG.fullmatch(tag) is None:
            raise refused(number, f"{tag[:12]!a} is not a segment")
        yield EdifactSegment(
            number=number,
            tag=tag,
            elements=tuple(tuple(decoded(part, charset) for part in parts) for parts in elements[1:]),
        )


def _opening(data: bytes) -> tuple[Delimiters, bytes]:
    """The characters that UNA names, else the usual ones; what comes after UNA."""
    component, element, release, end = (_DEFAULT[place : place + 1] for place in (0, 1, 3, 5))
    if data.startswith(b"UNA") and len(data) >= 9:
        component, element, release, end = (data[place : place + 1] for place in (3, 4, 6, 8))
        data = data[9:]
        if len({component, element, end}) < 3:
            raise refused(1, "UNA names one character twice")
    release = b"" if release == b" " else release
    return Delimiters(element=element, end=end, component=component, release=release), data


SYNTAX = Syntax(opening=_opening, max_segment=MAX_SEGMENT)


def _split(raw: bytes, delimiters: Delimiters) -> list[list[bytes]]:
    element, component, release = delimiters.element, delimiters.component, delimiters.release
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
