"""One message of a scanner, once its ends are known: identifiers off, separators restored, text decoded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.framing.frames import parity_hint
from drivers.profile import Switch
from drivers.scanners.code_ids import CODE_IDS, split_code_id

CEILING = 4096
"""Bytes; the largest two-dimensional symbol (QR version 40) holds 2,953."""

NO_READ_TEXTS = frozenset({b"NR", b"?", b"NOREAD"})
"""What makers send when nothing could be read, where that message is switched on."""

GS = b"\x1d"
"""The separator of GS1 element strings (FNC1 inside a symbol)."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Z]")
_POWER_UP = b"\x00\x7f"

CODE_ID_SWITCH = Switch(
    name="code_ids",
    values=tuple(CODE_IDS),
    meaning="whose code identifiers stand before a barcode that has no AIM identifier",
)
GS_SWITCH = Switch(
    name="gs",
    values=("keep", "^]", "<GS>", "{GS}", "[GS]", "|", "~", "\\x1d", "\u241d"),
    meaning="what the scanner sends in place of the separator GS; it is turned back into GS",
)
AIM_SWITCH = Switch(
    name="aim",
    values=("yes", "no"),
    meaning="whether a message that begins like an AIM identifier begins with one",
)
SWITCHES = (CODE_ID_SWITCH, GS_SWITCH, AIM_SWITCH)


class MessageReader:
    """How the messages of one scanner are to be read.

    Args:
        no_read: Whole messages that mean "nothing read".
        code_ids: A name of ``CODE_IDS``.
        gs: ``keep``, or the text that stands for GS.
        aim: ``yes`` or ``no``.
        preamble: Bytes before every message. One without them has lost its beginning and is noise.
        postamble: The same at its end.
        authenticated: What every ``ScanRead`` says of its way here.
    """

    __slots__ = ("_aim", "_authenticated", "_gs", "_no_read", "_postamble", "_preamble", "_table")

    def __init__(
        self,
        *,
        no_read: Iterable[bytes] = NO_READ_TEXTS,
        code_ids: str = "none",
        gs: str = "keep",
        aim: str = "yes",
        preamble: bytes = b"",
        postamble: bytes = b"",
        authenticated: bool = True,
    ) -> None:
        self._no_read = frozenset(no_read)
        self._table = CODE_IDS[code_ids]
        self._gs = b"" if gs == "keep" else gs.encode()
        self._aim = aim == "yes"
        self._preamble = preamble
        self._postamble = postamble
        self._authenticated = authenticated

    def read(self, frame: bytes, *, aim: str | None = None, origin: str | None = None) -> list[Event]:
        """What one message says.

        Args:
            frame: The message without its terminator.
            aim: What the protocol itself says of the symbol; an identifier in the message comes before it.
            origin: Which of several devices sent it.
        """
        # USB chips and line drivers spill NUL and DEL when they power up; no barcode begins with one.
        message = frame.lstrip(_POWER_UP)
        events: list[Event] = []
        if len(message) < len(frame):
            events.append(Noise(discarded=len(frame) - len(message), reason="power_up"))
        if message:
            events.append(self._read(message, aim, origin))
        return events

    def _read(self, message: bytes, aim: str | None, origin: str | None) -> Event:
        inner = message.removeprefix(self._preamble).removesuffix(self._postamble)
        whole = len(message) - len(inner) == len(self._preamble) + len(self._postamble)
        split = self._split(inner, aim)
        if whole and (inner in self._no_read or (split is not None and split[1] in self._no_read)):
            return NoRead(raw=message)
        if not whole or split is None or not split[1]:
            reason = "no_affix" if not whole else "no_payload" if split is not None else "no_code_id"
            return _noise(message, reason)
        aim, payload = split
        if self._gs:
            payload = payload.replace(self._gs, GS)
        text, encoding = decode(payload)
        if encoding == "latin-1" and parity_hint(message):
            return _noise(message, "parity")
        return ScanRead(
            aim=aim,
            payload=payload,
            text=text,
            encoding=encoding,
            raw=message,
            authenticated=self._authenticated,
            origin=origin,
        )

    def _split(self, message: bytes, aim: str | None) -> tuple[str | None, bytes] | None:
        if self._aim and (match := _AIM.match(message)):
            return match[0].decode(), message[match.end() :]
        return split_code_id(message, self._table) if self._table else (aim, message)


def _noise(message: bytes, reason: str) -> Noise:
    parity = parity_hint(message)
    return Noise(discarded=len(message), reason=f"parity_{parity}" if parity else reason)


def decode(payload: bytes) -> tuple[str, Literal["utf-8", "latin-1"]]:
    """UTF-8 where it is valid, else Latin-1, which every byte string is."""
    try:
        return payload.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return payload.decode("latin-1"), "latin-1"
