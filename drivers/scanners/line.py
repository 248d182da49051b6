"""Scanners that send one barcode a line: nearly all of them, over RS-232 and as USB-CDC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.frames import DelimitedFramer, Framer, LineFramer
from drivers.profile import DeviceKind, DeviceProfile

CEILING = 4096
"""Bytes; the largest two-dimensional symbol (QR version 40) holds 2,953."""

NO_READ_TEXTS = frozenset({b"NR", b"?", b"NOREAD"})
"""What makers send when nothing could be read, where that message is switched on."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Z]")
_POWER_UP = b"\x00\x7f"


class LineScanner:
    """Parser of one scanner.

    Args:
        no_read: Whole messages that mean "nothing read".
        ends: The bytes that end a line. A scanner that sends CR alone reads barcodes with LF inside if this
            is CR.
        stx_etx: The scanner frames with STX and ETX instead.
    """

    __slots__ = ("_framer", "_no_read")

    def __init__(
        self, *, no_read: Iterable[bytes] = NO_READ_TEXTS, ends: bytes = b"\r\n", stx_etx: bool = False
    ) -> None:
        self._framer: Framer = DelimitedFramer(CEILING) if stx_etx else LineFramer(CEILING, ends=ends)
        self._no_read = frozenset(no_read)

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for frame in self._framer.feed(data):
            if isinstance(frame, Noise):
                events.append(frame)
            else:
                self._parse(frame, events)
        return events

    def idle(self) -> list[Event]:
        return []

    def _parse(self, frame: bytes, events: list[Event]) -> None:
        # USB chips and line drivers spill NUL and DEL when they power up; no barcode begins with one.
        message = frame.lstrip(_POWER_UP)
        if len(message) < len(frame):
            events.append(Noise(discarded=len(frame) - len(message), reason="power_up"))
        if not message:
            return
        aim = _AIM.match(message)
        payload = message[aim.end() :] if aim else message
        if payload in self._no_read:
            events.append(NoRead(raw=message))
        elif not payload:
            events.append(Noise(discarded=len(message), reason="no_payload"))
        else:
            text, encoding = _decode(payload)
            events.append(
                ScanRead(
                    aim=aim[0].decode() if aim else None,
                    payload=payload,
                    text=text,
                    encoding=encoding,
                    raw=message,
                )
            )


def _decode(payload: bytes) -> tuple[str, Literal["utf-8", "latin-1"]]:
    """UTF-8 where it is valid, else Latin-1, which every byte string is."""
    try:
        return payload.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return payload.decode("latin-1"), "latin-1"


_CANNOT_TELL = (
    "the symbology, unless AIM identifiers are switched on",
    "a leading FNC1, unless AIM identifiers are switched on",
    "whether it is there, until it scans",
)

PROFILE = DeviceProfile(
    name="line-scanner",
    title="Scanners that end a barcode with CR, LF or both: nearly all of them, once set so",
    kind=DeviceKind.SCANNER,
    new_parser=LineScanner,
    cannot_tell=_CANNOT_TELL,
)

STX_ETX_PROFILE = DeviceProfile(
    name="stx-etx-scanner",
    title="Scanners that frame a barcode with STX and ETX",
    kind=DeviceKind.SCANNER,
    new_parser=lambda: LineScanner(stx_etx=True),
    cannot_tell=_CANNOT_TELL,
)
