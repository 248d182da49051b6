"""Scanners that play a keyboard, read from Linux's input events instead of through a window.

The last resort for a scanner that cannot be set to a serial line: what is not a key is lost. A separator GS
survives where the scanner sends it as Ctrl+] or as Alt with the digits 029.

Sources: Linux, Documentation/input/event-codes.rst and input.rst (``struct input_event``); Microsoft's Alt
codes: with a leading 0 in Windows-1252, without it in code page 437.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable

from drivers.events import Event, Noise
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scanners.layouts import KEYPAD, LAYOUTS
from drivers.scanners.message import CEILING, NO_READ_TEXTS, SWITCHES, MessageReader

IDLE_GAP_S = 0.3
"""Scanners pause for at most some 100 ms between two keys."""

_RECORDS = {"24": struct.Struct("=16xHHi"), "16": struct.Struct("=8xHHi")}
"""Time of two longs, type, code, value. A long has 8 bytes on a 64-bit system, 4 on a 32-bit one."""

_EV_SYN, _EV_KEY = 0x00, 0x01
_TYPES = frozenset({0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x11, 0x12, 0x14, 0x15, 0x16, 0x17})
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1

_SHIFTS = frozenset({42, 54})
_CTRLS = frozenset({29, 97})
_ALT, _ALTGR, _CAPS = 56, 100, 58
_MODIFIERS = _SHIFTS | _CTRLS | {_ALT, _ALTGR}
_ENDS = frozenset({28, 96, 15})
_WITHOUT_TEXT = frozenset({69, 70, 125, 126})
"""Num Lock, Scroll Lock and the two Meta keys."""

_END_CHARACTERS = "\r\n\t"
_ACCENTS = {"^": "\u0302", "´": "\u0301", "`": "\u0300", "¨": "\u0308", "~": "\u0303"}
_NOTHING_PENDING = ""


class KeyboardScanner:
    """Parser of one scanner's ``input_event`` records.

    A key that gives no character of the layout spoils its barcode: one character less is another number.

    Args:
        layout: A name of ``LAYOUTS``, the one that the scanner is set to.
        record: Bytes of one record: ``24``, or ``16`` on a 32-bit system.
        ends: ``enter`` for Enter or Tab; ``idle`` for a scanner that sends neither.
        no_read, code_ids, gs, aim: As ``MessageReader`` takes them.
    """

    __slots__ = (
        "_alt_digits",
        "_caps",
        "_count",
        "_dead",
        "_down",
        "_ends_idle",
        "_held",
        "_layout",
        "_reader",
        "_record",
        "_spoilt",
        "_text",
    )

    def __init__(
        self,
        *,
        layout: str = "us",
        record: str = "24",
        ends: str = "enter",
        no_read: Iterable[bytes] = NO_READ_TEXTS,
        code_ids: str = "none",
        gs: str = "keep",
        aim: str = "yes",
    ) -> None:
        self._layout = LAYOUTS[layout]
        self._record = _RECORDS[record]
        self._ends_idle = ends == "idle"
        self._reader = MessageReader(no_read=no_read, code_ids=code_ids, gs=gs, aim=aim)
        self._held = bytearray()
        self._caps = False
        self._count = 0
        self._reset()

    def feed(self, data: bytes) -> list[Event]:
        self._held += data
        whole = len(self._held) // self._record.size * self._record.size
        events: list[Event] = []
        for kind, code, value in self._record.iter_unpack(bytes(self._held[:whole])):
            self._event(kind, code, value, events)
        del self._held[:whole]
        return events

    def idle(self) -> list[Event]:
        events: list[Event] = []
        if not self._ends_idle:
            self._spoil("no_end")
        self._end(events)
        return events

    def held_bytes(self) -> int:
        """Bytes, keys and characters kept of what has not ended yet."""
        return len(self._held) + len(self._down) + len(self._alt_digits) + sum(map(len, self._text))

    def _reset(self) -> None:
        # Also the modifiers: an Enter or a rest cures a key-up that was lost.
        self._down: set[int] = set()
        self._text: list[str] = []
        self._spoilt = ""
        self._count = 0
        self._dead = _NOTHING_PENDING
        self._alt_digits = _NOTHING_PENDING

    def _event(self, kind: int, code: int, value: int, events: list[Event]) -> None:
        if kind not in _TYPES:
            events.append(Noise(discarded=self._record.size, reason="not_input_event"))
        elif kind == _EV_SYN and code == _SYN_DROPPED:
            # The kernel's buffer was full: keys are missing, and so may key-ups be.
            self._down.clear()
            self._spoil("keys_lost")
        elif kind == _EV_KEY and value == _DOWN:
            self._pressed(code, events)
        elif kind == _EV_KEY and value == _UP:
            self._released(code, events)

    def _pressed(self, code: int, events: list[Event]) -> None:
        if code in _MODIFIERS:
            self._down.add(code)
        elif code == _CAPS:
            self._caps = not self._caps
        elif code in _ENDS:
            self._end(events)
        elif _ALT in self._down and code in KEYPAD and KEYPAD[code].isdigit():
            self._alt_digits = (self._alt_digits + KEYPAD[code])[:5]
        elif code not in _WITHOUT_TEXT:
            self._typed(self._character(code), events)

    def _released(self, code: int, events: list[Event]) -> None:
        self._down.discard(code)
        if code == _ALT and self._alt_digits:
            digits, self._alt_digits = self._alt_digits, _NOTHING_PENDING
            self._typed(_alt_code(digits), events)

    def _character(self, code: int) -> str | None:
        """What a key gives as things stand: None if no character, nothing for an accent that waits."""
        if code in KEYPAD:
            return KEYPAD[code]
        down = self._down
        control = bool(down & _CTRLS)
        if _ALTGR in down or (control and _ALT in down):  # two ways to AltGr
            level, control = "altgr", False
        else:
            level = "shift" if down & _SHIFTS else "plain"
        character: str | None = getattr(self._layout, level).get(code)
        if control:
            return _control(character) or _control(LAYOUTS["us"].plain.get(code))
        if character is None or (level != "altgr" and _ALT in down):
            return None
        if (level, code) in self._layout.dead and not self._dead:
            self._dead = character
            return ""
        return _capital(character) if self._caps and level != "altgr" else character

    def _typed(self, character: str | None, events: list[Event]) -> None:
        if character == "":
            return
        dead, self._dead = self._dead, _NOTHING_PENDING
        if character is None:
            self._count += 1
            self._spoil("unknown_key")
        elif character in _END_CHARACTERS:
            self._end(events)
        elif dead:
            composed = unicodedata.normalize("NFC", character + _ACCENTS[dead])
            self._add(dead if character == " " else composed if len(composed) == 1 else dead + character)
        else:
            self._add(character)

    def _add(self, text: str) -> None:
        self._count += len(text)
        if self._count > CEILING:
            self._spoil("too_long")
        elif not self._spoilt:
            self._text.append(text)

    def _spoil(self, reason: str) -> None:
        self._spoilt = self._spoilt or reason
        self._text.clear()

    def _end(self, events: list[Event]) -> None:
        if self._dead:
            self._add(self._dead)
        if self._alt_digits:
            self._spoil("unknown_key")
        count, spoilt, text = self._count, self._spoilt, "".join(self._text)
        self._reset()
        if not spoilt:
            events += self._reader.read(text.encode())
        elif count or spoilt != "no_end":
            events.append(Noise(discarded=max(count, 1), reason=spoilt))


def _capital(character: str) -> str:
    """What Caps Lock makes of a character."""
    swapped = character.swapcase()
    return swapped if len(swapped) == 1 else character


def _control(character: str | None) -> str | None:
    """What Ctrl makes of a character: GS of ``]``, CR of ``m``."""
    if character is None or not character.isascii() or not "@" <= character.upper() <= "_":
        return None
    return chr(ord(character.upper()) & 0x1F)


def _alt_code(digits: str) -> str | None:
    number = int(digits)
    if number > 0xFF or not number:
        return None
    if number < 0x20:
        return chr(number)
    try:
        return bytes([number]).decode("cp1252" if digits.startswith("0") else "cp437")
    except UnicodeDecodeError:
        return None


PROFILE = DeviceProfile(
    name="keyboard-scanner",
    title="Scanners that play a keyboard, on Linux; for those that cannot be set to a serial line",
    kind=DeviceKind.SCANNER,
    new_parser=KeyboardScanner,
    idle_gap_s=IDLE_GAP_S,
    switches=(
        Switch(
            name="layout",
            values=tuple(LAYOUTS),
            meaning="the keyboard layout that the scanner is set to",
        ),
        Switch(
            name="record",
            values=tuple(_RECORDS),
            meaning="bytes of one input event: 24 on a 64-bit system, 16 on a 32-bit one",
        ),
        Switch(
            name="ends",
            values=("enter", "idle"),
            meaning="what ends a barcode: Enter or Tab, or a rest where the scanner can send neither",
        ),
        *SWITCHES,
    ),
    cannot_tell=(
        "a separator GS, unless the scanner sends it as Ctrl+] or Alt+029",
        "whether Caps Lock was on before it was opened",
        "a scanner that is set to another layout, as long as its keys are keys of this one",
        "whether it is there, until it scans",
    ),
    source="Linux, Documentation/input/event-codes.rst; Microsoft, Windows Keyboard Layouts",
    verified=False,
)
