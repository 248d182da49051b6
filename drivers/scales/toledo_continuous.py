"""Toledo continuous output (8142, 8530, IND, Jaguar and many relatives): frames at the scale's own pace.

STX, three status words A B C, six digits of weight, six of tare, CR, and a checksum where it is switched on::

    02  2C 70 60  000500 000000  0D  30        5.00 kg, stable, not zeroed since it was switched on

Digits have neither sign nor point: A holds the decimal places, B net, sign, range, motion and kg or lb, C
other units, the print key and the expanded display. The checksum makes the low seven bits of the sum of all
bytes zero. "Out of range" is one bit for both ends; the sign says which. "Not zeroed since power-up" is no
fault of a weight.

Where sources differ, and switches decide: some add up without taking the complement and leave bit 5 of B or C
at 0 (Fairbanks, who state five digits a field where there is a point); some leave the tare out (Cardinal's
"short"). Where A says that zeros stand in place of digits (a division of 10 or 100), Mettler-Toledo sends
them among the six, and others leave them to the reader. The expanded display moves A's point.

Sources: Mettler-Toledo Wildcat (zeros as ``XXXX00``), IND445 and ICS425 manuals; frames of an IND231 (package
mettler_toledo_bridge); Kern FTC; Rice Lake 920i; Cardinal 225 ("Toledo" output); Fairbanks FB2250, FB2255 and
FB3000 ("Fairbanks/Toledo continuous output"). 9600 7E1 as a rule.
"""

from __future__ import annotations

from decimal import Decimal

from drivers.events import Event, Noise, Status, WeightReading
from drivers.framing.frames import QUIET, STX
from drivers.framing.parser import refused
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import reading

LONGEST = 18
"""Bytes of a frame, STX and checksum included."""

REPORT = 16
"""Bytes of noise that are told at a time: a frame's worth, enough to see a wrong parity by."""

_STX, _CR = STX[0], 0x0D
_DIGITS = frozenset(b" 0123456789")
_WORDS = 3
_NO_PLACES = 2
"""What A says of a number without decimal places; less are zeros in place of digits, more are places."""

_UNITS = ("", "g", "t", "oz", "ozt", "dwt", "ton", "custom")
"""By bits 0 to 2 of C; for 0, word B says kg or lb, and 7 is whatever the site once set at the scale."""


class ToledoContinuous:
    """Parser of one scale. It holds one frame at most: a frame may or may not be followed by its checksum.

    Args:
        checksum: ``yes`` wants it behind every frame, ``no`` takes none for one, ``auto`` takes both. In no
            position is a frame with a wrong one a weight.
        variant: ``toledo``, or ``fairbanks`` as said above.
        tare: Whether the frame holds a tare (``sent``) or not (``not_sent``).
        zeros: Whether zeros in place of digits are among the six (``sent``) or not (``left_out``). ``auto``
            takes them as sent until a digit stands where one would be, which shows that they are left out.
    """

    __slots__ = ("_checksum", "_fairbanks", "_fields", "_held", "_left_out", "_strict", "_thrown")
    protocol = "toledo-continuous"

    def __init__(
        self, *, checksum: str = "auto", variant: str = "toledo", tare: str = "sent", zeros: str = "auto"
    ) -> None:
        self._left_out = zeros == "left_out"
        self._strict = zeros == "sent"
        self._checksum = checksum
        self._fairbanks = variant == "fairbanks"
        self._fields = 2 if tare == "sent" else 1
        self._held = b""
        self._thrown = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        self._held += data
        return self._take(idle=False)

    def idle(self) -> list[Event]:
        events = self._take(idle=True)
        self._report(events)
        return events

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return len(self._held) + len(self._thrown)

    def _take(self, *, idle: bool) -> list[Event]:
        events: list[Event] = []
        data, at = self._held, 0
        while at < len(data):
            start = data.find(STX, at)
            self._throw(data[at : start if start >= 0 else len(data)], events)
            at = start if start >= 0 else len(data)
            used = self._frame(data, at, events, idle=idle)
            if not used:
                break
            at += used
        self._held = data[at:]
        return events

    def _frame(self, data: bytes, at: int, events: list[Event], *, idle: bool) -> int:
        """Take the frame that may begin here: how many bytes it used, 0 if it has to be waited for."""
        end = self._end(data, at)
        if end is None:
            return 0
        event = self._reading(data[at + 1 : end]) if end else None
        if event is None:
            self._throw(data[at : at + 1], events)
            return 1
        judged = self._judge(data[at : end + 1], data[end + 1 : end + 3], idle=idle)
        if judged is None:
            return 0
        taken, good = judged
        used = end + 1 - at + taken
        self._report(events)
        self._left_out = self._left_out or (good and self._shows_left_out(data[at + 1 : end]))
        events.append(event if good else Noise(discarded=used, reason="bad_checksum"))
        return used

    def _end(self, data: bytes, at: int) -> int | None:
        """Where the frame's CR is; 0 if it breaks the grammar before, None if it goes on past the data."""
        ends: set[int] = set()
        for index in range(at + 1, min(at + LONGEST, len(data))):
            byte, place = data[index], index - at
            if place <= _WORDS:
                if not self._is_word(byte, place):
                    return 0
                if place == _WORDS:
                    widths = (6, 5) if self._fairbanks and data[at + 1] & 0x07 > _NO_PLACES else (6,)
                    ends = {_WORDS + 1 + self._fields * width for width in widths}
            elif byte == _CR and place in ends:
                return index
            elif byte not in _DIGITS or place >= max(ends):
                return 0
        return None

    def _is_word(self, byte: int, place: int) -> bool:
        if self._fairbanks and place > 1:
            return byte < 0x80
        return byte & 0xA0 == 0x20

    def _judge(self, frame: bytes, after: bytes, *, idle: bool) -> tuple[int, bool] | None:
        """How many bytes after the frame are its checksum, and if it is right; None if not known yet."""
        if self._checksum == "no":
            return 0, True
        if not after:
            return (0, self._checksum == "auto") if idle else None
        total = sum(byte & 0x7F for byte in frame)
        right = after[0] == (total if self._fairbanks else -total) & 0x7F
        if after[0] != _STX:
            return 1, right
        if not right or self._checksum == "yes":
            return int(right), right or self._checksum == "auto"
        # The right sum is an STX. It is the sum if an STX follows, and the next frame's beginning if not.
        if len(after) == 1 and not idle:
            return None
        return int(after[1:] in (b"", STX)), True

    def _reading(self, frame: bytes) -> WeightReading | None:
        """The frame without STX and CR; None if its fields are not numbers."""
        word_a, word_b, word_c = frame[:_WORDS]
        left_out = self._shows_left_out(frame)
        weight_field, tare_field = self._split(frame)
        value, good = _number(weight_field, word_a, zeros=left_out or self._left_out)
        tare, good_tare = _number(tare_field, word_a, zeros=left_out or self._left_out)
        out_of_range, negative = bool(word_b & 0x04), bool(word_b & 0x02)
        if not good or not good_tare or (value is None and not out_of_range) or (left_out and self._strict):
            return None
        status = {
            mark
            for mark, is_set in (
                (Status.NET, word_b & 0x01),
                (Status.NEGATIVE, word_b & 0x02),
                (Status.OUT_OF_RANGE, out_of_range),
                (Status.UNDERLOAD, out_of_range and negative),
                (Status.OVERLOAD, out_of_range and not negative),
                (Status.PRINT, word_c & 0x08),
                (Status.HIGH_RESOLUTION, word_c & 0x10),
            )
            if is_set
        }
        return reading(
            -value if value and negative else value,
            _UNITS[word_c & 0x07] or ("kg" if word_b & 0x10 else "lb"),
            stable=not word_b & 0x08,
            raw=frame,
            status=status,
            tare=tare,
        )

    def _split(self, frame: bytes) -> tuple[bytes, bytes]:
        """Weight and tare; the tare is empty where the frame has none."""
        width = (len(frame) - _WORDS) // self._fields
        return frame[_WORDS : _WORDS + width], frame[_WORDS + width :]

    def _shows_left_out(self, frame: bytes) -> bool:
        """Whether digits stand where the zeros would be that word A speaks of."""
        zeros = max(0, _NO_PLACES - (frame[0] & 0x07))
        return any(field[len(field) - zeros :].strip(b" 0") for field in self._split(frame))

    def _throw(self, data: bytes, events: list[Event]) -> None:
        self._thrown += data.translate(None, QUIET)
        while len(self._thrown) >= REPORT:
            events.append(refused(bytes(self._thrown[:REPORT]), self.protocol))
            del self._thrown[:REPORT]

    def _report(self, events: list[Event]) -> None:
        if self._thrown:
            events.append(refused(bytes(self._thrown), self.protocol))
            self._thrown.clear()


def _number(field: bytes, word_a: int, *, zeros: bool) -> tuple[Decimal | None, bool]:
    """A field's number, None if it is blank, and if it is one of the two. Blanks lead, never follow.

    ``zeros``: those that stand in place of digits are not in the field.
    """
    digits = field.lstrip(b" ")
    if not digits.isdigit():
        return None, not digits
    places = (word_a & 0x07) - _NO_PLACES
    shown = Decimal(digits.decode() + "0" * (-places if zeros else 0))
    return shown.scaleb(-places) if places > 0 else shown, True


PROFILE = DeviceProfile(
    name="toledo-continuous",
    title="Toledo continuous output: Mettler-Toledo terminals, Cardinal, Fairbanks, Rice Lake, Kern, Ohaus",
    kind=DeviceKind.SCALE,
    new_parser=ToledoContinuous,
    settings=LineSettings(byte_size=7, parity="E"),
    idle_gap_s=0.05,
    switches=(
        Switch(
            name="checksum",
            values=("auto", "yes", "no"),
            meaning="whether the scale sends a checksum behind each frame",
        ),
        Switch(
            name="variant",
            values=("toledo", "fairbanks"),
            meaning="how it adds that up: Toledo and most take the complement, Fairbanks does not",
        ),
        Switch(
            name="tare",
            values=("sent", "not_sent"),
            meaning="whether the frame holds a tare; not_sent for a short form, such as Cardinal's",
        ),
        Switch(
            name="zeros",
            values=("auto", "sent", "left_out"),
            meaning=(
                "whether the digits of a scale that steps by 10 or more end with the zeros it shows (sent) "
                "or leave them out; auto finds out, and may be wrong until a digit stands in their place"
            ),
        ),
    ),
    cannot_tell=(
        "whether the pan is at zero",
        "whether digits without a checksum came whole",
        "the time of the weighing",
    ),
    source='Mettler-Toledo IND445, "TOLEDO Continuous mode"; Cardinal 225 and Fairbanks FB2250 manuals',
)
