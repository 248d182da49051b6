"""NCI, also called ECR: SCP-01 (3825), SCP-02, SCP-12 (3835, "NCI3835" of UPS WorldShip) and FedEx P Ship.

The host sends a letter and CR. A weight is a line with its unit, then the status in two or more characters,
then ETX: SCP-01 puts CR LF before the status and CR behind it, SCP-02 and P Ship an S as well, SCP-12 a CR
before it and nothing behind it. The status alone comes instead of a weight where there is none to give. A
status character is 0x30 and four bits; from the second on, bit 6 says that one more follows.

One manual of SCP-12 scales gives the motion bit the other way round (0 = in motion), another all four bits of
the first character (also 0 = at zero, 0 = RAM error, 0 = EEPROM error): hence the switch ``motion``. Makers
differ on every bit of a fourth character; it is read and not understood.

Sources: Weigh-Tronix SCP-01, "NCI general serial communications protocol"; Mettler-Toledo, "Diva service
manual" (ECR); Salter Brecknell manuals of 3700LP, SBI140, PS1000, SBI521 (``^``, ``_`` and ``-`` in place of
digits) and DS1000 (SCP-12); Global Industrial (SCP-12); Fairbanks FB2255 (P Ship). 9600 7E1.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import ETX, QUIET, LineFramer
from drivers.framing.parser import refused
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 64
"""Bytes; the longest answer is pounds with ounces and four status characters, some 30."""

POLL = b"W\r"
"""Send the weight, stable or not, and the status."""

_OUNCES_PER_POUND = 16

_STATES = rb"S?([\x30-\x3F][\x70-\x7F]{0,4}[\x30-\x3F])"
_END = rb"(?:\r\n|\n\r|\r)" + _STATES + rb"\r?\Z"

# A field narrower than five columns is what is left of one, unless it has no point to lose: "100g". A unit of
# one other letter is what is left of "kg" or "lb".
_WEIGHT = re.compile(
    rb"\n(?:(\^{4,10}|_{4,10}|-{4,10})|([ \d.+-]{5,10}|[ +-]?\d{3,4})) ?([A-Za-z]{2,3}|[gGtT%]) *" + _END,
    re.ASCII,
)
_MIXED = re.compile(
    rb"\n *(\d{1,4}) ?(?i:lb) *(\d{1,2}(?:\.\d{1,2})?) ?(?i:oz) *" + _END,
    re.ASCII,
)
_UNIT = re.compile(rb"\n *((?i:lb[ :]?oz|lb|kg|oz|g|pcs?|%)) *" + _END)
_STATUS = re.compile(rb"[\r\n]" + _STATES + rb"\r?")
_UNKNOWN = re.compile(rb"[\r\n]\? ?\r?\n?")

_FIRST = ((0x01, Status.MOTION), (0x02, Status.ZERO), (0x04, Status.ERROR), (0x08, Status.ERROR))
_SECOND = ((0x01, Status.UNDERLOAD), (0x02, Status.OVERLOAD), (0x04, Status.ERROR), (0x08, Status.ERROR))
_THIRD = ((0x04, Status.NET), (0x08, Status.NOT_READY))
_SYMBOLS = {b"^": Status.OVERLOAD, b"_": Status.UNDERLOAD, b"-": Status.ERROR}

_INVERSIONS = {"normal": 0x00, "inverted": 0x01, "all_inverted": 0x0F}


class Nci:
    """Parser of one scale.

    Pounds with ounces are stated in ounces, which is exact: "12lb 3.4oz" is 195.4 oz.

    How wide the weight is differs from model to model and is learned: a byte lost inside a number, or its
    point, then shows as noise (``width``) and not as another weight.

    Args:
        motion: Which bits of the first status character are the other way round: none (``normal``), the
            motion bit (``inverted``) or all four (``all_inverted``).
    """

    __slots__ = ("_framer", "_inverted", "_width")
    protocol = "nci"

    def __init__(self, *, motion: str = "normal") -> None:
        self._framer = LineFramer(CEILING, ends=ETX)
        self._inverted = _INVERSIONS[motion]
        self._width = LearnedWidth()

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for frame in self._framer.feed(data):
            if isinstance(frame, Noise):
                events.append(frame)
            elif frame.strip(QUIET):
                self._take(frame, events)
        return events

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._framer.held_bytes()

    def _take(self, frame: bytes, events: list[Event]) -> None:
        """One answer; what a cut one left before the LF of a whole weight does not cost that weight."""
        match = _WEIGHT.search(frame) or _MIXED.search(frame)
        raw = frame[match.start() if match else 0 :].strip(QUIET)
        if match is None:
            event = self._answer(frame, raw)
        else:
            cut = frame[: match.start()].strip(QUIET)
            if cut:
                events.append(refused(cut, self.protocol))
            event = self._weight(match, raw) if match.re is _WEIGHT else self._mixed(match, raw)
        events.append(event or refused(raw, self.protocol))

    def _weight(self, match: re.Match[bytes], raw: bytes) -> Event | None:
        symbols, digits, unit, states = match.groups()
        status = self._states(states)
        if symbols:
            status.add(_SYMBOLS[symbols[:1]])
            return reading(None, unit, stable=Status.MOTION not in status, raw=raw, status=status)
        value = number(digits)
        if value is None:
            return None
        if not self._width.fits(len(digits)):
            return Noise(discarded=len(raw), reason="width")
        if unit.upper() == b"MM":
            # The raw counts of the converter, for a verification.
            return Answer(command="M", done=True, text=str(value), raw=raw)
        return reading(value, unit, stable=Status.MOTION not in status, raw=raw, status=status)

    def _mixed(self, match: re.Match[bytes], raw: bytes) -> Event | None:
        pounds, ounces = number(match[1]), number(match[2])
        if pounds is None or ounces is None or ounces >= _OUNCES_PER_POUND:
            return None
        status = self._states(match[3])
        value = pounds * _OUNCES_PER_POUND + ounces
        return reading(value, "oz", stable=Status.MOTION not in status, raw=raw, status=status)

    def _answer(self, frame: bytes, raw: bytes) -> Event | None:
        """What is not a weight: the status alone, another unit, a command that the scale does not know."""
        # Of the line ends before it, the last one is the answer's own.
        bare = frame[max(len(frame) - len(frame.lstrip(QUIET)) - 1, 0) :]
        if match := _STATUS.fullmatch(bare):
            return no_weight(*self._states(match[1]), raw=raw, stable=True)
        if match := _UNIT.fullmatch(bare):
            return Answer(command="U", done=True, text=match[1].decode(), raw=raw)
        if _UNKNOWN.fullmatch(bare):
            return Answer(command="?", done=False, text="", raw=raw)
        return None

    def _states(self, states: bytes) -> set[Status]:
        first = states[0] ^ self._inverted
        return {
            status
            for character, bits in zip((first, *states[1:3]), (_FIRST, _SECOND, _THIRD), strict=False)
            for bit, status in bits
            if character & bit
        }


PROFILE = DeviceProfile(
    name="nci",
    title="NCI SCP-01, SCP-02, SCP-12 (3835), P Ship: Weigh-Tronix, Brecknell, Adam MDW, Fairbanks",
    kind=DeviceKind.SCALE,
    new_parser=Nci,
    settings=LineSettings(byte_size=7, parity="E"),
    poll_command=POLL,
    probe_command=POLL,
    switches=(
        Switch(
            name="motion",
            values=("normal", "inverted", "all_inverted"),
            meaning=(
                "whether 1 in the first status character means motion; some SCP-12 scales turn that bit "
                "round, some all four. Look at the reading while the pan is touched"
            ),
        ),
    ),
    cannot_tell=(
        "whether the weight is one that the scale holds",
        "ten times the display's resolution from the display's own",
        "a division wider than the last digit",
        "a byte that is lost in the first answers",
        "the time of the weighing",
    ),
    source='Weigh-Tronix SCP-01, "NCI general serial communications protocol"; Brecknell, Fairbanks',
)
