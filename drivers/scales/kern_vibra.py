"""Shinko ViBRA's packets of fourteen or fifteen bytes, also of Kern 470, EW and EG.

A sign, seven or eight characters of number, two of unit, the comparator's verdict, the state::

    +0123.45 G U      -0001.20CT S      +00012.34KG S      +008.12/2 G S

The state is S stable, U not, E an error whose digits mean nothing, blank where none is given. A slash stands
before a last digit that must not be used for trade; it adds a byte.

Sources: Kern 470 and EW/EG-N/EWB operating instructions ("data transmission formats"); Shinko ViBRA LN
operation manual (commands, their answers) and AJ ("auxiliary scale interval"). 1200 8N2, CR LF.
"""

from __future__ import annotations

import re

from drivers.events import Answer, Event, Noise, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.width import LearnedWidth

CEILING = 64
"""Bytes; a packet is fifteen, sixteen with a slash."""

POLL = b"O8\r\n"
"""Output once, at once. O0 to O7 would change what the balance sends from then on."""

_DATA_WIDTHS = (7, 8)

# A whole number may leave its last place blank, where the point would be.
_PACKET = re.compile(
    rb"([-+ ])( *(?:\d+\.?\d*|\.\d+) ?)(?:/(\d))?([ A-Za-z%][A-Za-z%])[LGH ]([SU ])", re.ASCII
)
_ERROR = re.compile(rb"[-+ ][\x20-\x7E]{7,9}[ A-Za-z%]{2}[LGH ]E")
_ANSWER = re.compile(rb"(A00|E\d\d)")

_STABLE = {b"S": True, b"U": False, b" ": None}
_UNITS = {b"OT": b"ozt", b"DW": b"dwt"}


class KernVibra(FrameParser):
    """Parser of one balance that sends ViBRA's packets.

    Its packets are all seven or all eight characters of number wide, and which is learned: one that lost a
    digit is then noise (``width``). ``width="any"`` gives that up, for a balance whose format is changed in
    use.
    """

    __slots__ = ("_width",)
    protocol = "kern-vibra"

    def __init__(self, *, width: str = "learned") -> None:
        super().__init__(LineFramer(CEILING))
        self._width = None if width == "any" else LearnedWidth()

    def _parse(self, frame: bytes) -> Event | None:
        if match := _PACKET.fullmatch(frame):
            sign, digits, auxiliary, unit, state = match.groups()
            width = len(digits) + len(auxiliary or b"")
            value = number(sign + digits.rstrip(b" ") + (auxiliary or b""))
            # Without a state only the capitals of the unit tell a packet from Sartorius' line.
            if value is None or width not in _DATA_WIDTHS or (state == b" " and unit != unit.upper()):
                return None
            if self._width is not None and not self._width.fits(width):
                return Noise(discarded=len(frame), reason="width")
            return reading(
                value,
                _UNITS.get(unit.upper(), unit),
                stable=_STABLE[state],
                raw=frame,
                status={Status.HIGH_RESOLUTION} if auxiliary else (),
            )
        if _ERROR.fullmatch(frame):
            return no_weight(Status.ERROR, raw=frame)
        if match := _ANSWER.fullmatch(frame):
            return Answer(command="O8", done=frame == b"A00", text=frame.decode(), raw=frame)
        return None


PROFILE = DeviceProfile(
    name="kern-vibra",
    title="Shinko ViBRA balances and Kern 470, EW, EG: packets of 14 or 15 bytes",
    kind=DeviceKind.SCALE,
    new_parser=KernVibra,
    settings=LineSettings(baudrate=1200, stop_bits=2),
    poll_command=POLL,
    probe_command=POLL,
    poll_interval_s=0.3,
    silent_after_s=2.0,
    switches=(
        Switch(
            name="width",
            values=("learned", "any"),
            meaning="whether a packet narrower than those before is refused; any, if its format changes",
        ),
    ),
    cannot_tell=(
        "on which side of its range the balance is when it says E",
        "whether a value is gross or net",
        "which town's tael it weighs in",
        "a lost digit in the first packets",
    ),
    source="Kern 470 and EW/EG-N operating instructions; Shinko ViBRA LN operation manual",
    verified=False,
)
