"""Scanners that send one barcode a message: nearly all of them, over RS-232 and as USB-CDC.

How a message ends is set at the scanner; CR LF with AIM identifiers is the setting to choose. Sources: the
makers' user guides, as ``code_ids`` and ``beeps`` name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from drivers.events import Event, Noise
from drivers.framing.frames import DelimitedFramer, Framer, IdleFramer, LineFramer
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scanners.beeps import BEEPS
from drivers.scanners.message import CEILING, NO_READ_TEXTS, SWITCHES, MessageReader

IDLE_GAP_S = 0.05
"""The rest that ends a message where nothing else does; a character takes 1 ms at 9600 baud."""

_LINE_ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n"}


class LineScanner:
    """Parser of one scanner.

    Args:
        ends: What ends a message. ``crlf``: CR, LF or both. ``cr`` and ``lf``: that byte alone, so that the
            other may stand in a barcode. ``stx-etx``: a message lies between STX and ETX. ``idle``: nothing
            does, and a message ends where the line rests.
        no_read, code_ids, gs, aim, preamble, postamble, authenticated: As ``MessageReader`` takes them.
    """

    __slots__ = ("_framer", "_reader")

    def __init__(
        self,
        *,
        ends: str = "crlf",
        no_read: Iterable[bytes] = NO_READ_TEXTS,
        code_ids: str = "none",
        gs: str = "keep",
        aim: str = "yes",
        preamble: bytes = b"",
        postamble: bytes = b"",
        authenticated: bool = True,
    ) -> None:
        self._framer = _framer_for(ends)
        self._reader = MessageReader(
            no_read=no_read,
            code_ids=code_ids,
            gs=gs,
            aim=aim,
            preamble=preamble,
            postamble=postamble,
            authenticated=authenticated,
        )

    def feed(self, data: bytes) -> list[Event]:
        return self._events(self._framer.feed(data))

    def idle(self) -> list[Event]:
        return self._events(self._framer.idle()) if isinstance(self._framer, IdleFramer) else []

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._framer.held_bytes()

    def _events(self, frames: list[bytes | Noise]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            events += [frame] if isinstance(frame, Noise) else self._reader.read(frame)
        return events


def _framer_for(ends: str) -> Framer:
    match ends:
        case "stx-etx":
            return DelimitedFramer(CEILING)
        case "idle":
            return IdleFramer(CEILING)
        case _:
            return LineFramer(CEILING, ends=_LINE_ENDS[ends])


_CANNOT_TELL = (
    "the symbology, unless AIM identifiers are switched on",
    "a leading FNC1, unless AIM identifiers are switched on",
    "a byte lost inside a barcode that has no check digit",
    "whether it is there, until it scans",
)

PROFILE = DeviceProfile(
    name="line-scanner",
    title="Scanners that end a barcode with CR, LF or both: nearly all of them, once set so",
    kind=DeviceKind.SCANNER,
    new_parser=LineScanner,
    idle_gap_s=IDLE_GAP_S,
    switches=(
        Switch(
            name="ends",
            values=("crlf", "cr", "lf", "stx-etx", "idle"),
            meaning="what ends a barcode; idle is the last resort, for a scanner that can be set to none",
        ),
        *SWITCHES,
    ),
    cannot_tell=_CANNOT_TELL,
    source="the makers' user guides; ISO/IEC 15424 for AIM identifiers",
)

STX_ETX_PROFILE = replace(
    PROFILE,
    name="stx-etx-scanner",
    title="Scanners that frame a barcode with STX and ETX",
    new_parser=partial(LineScanner, ends="stx-etx"),
    switches=SWITCHES,
)


def _of(maker: str, title: str) -> DeviceProfile:
    """The line scanner with one maker's beeps."""
    beeps = BEEPS[maker]
    return replace(PROFILE, name=f"{maker}-scanner", title=title, beep_good=beeps.good, beep_bad=beeps.bad)


PROFILES: tuple[DeviceProfile, ...] = (
    PROFILE,
    STX_ETX_PROFILE,
    _of("honeywell", "Honeywell, Hand Held Products and Metrologic scanners that send lines"),
    _of("zebra", "Zebra, Symbol and Motorola scanners that send lines; beep on BEL has to be switched on"),
    _of("datalogic", "Datalogic and PSC scanners that send lines"),
    _of("cipherlab", "CipherLab scanners that send lines"),
)
