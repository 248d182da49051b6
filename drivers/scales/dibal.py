"""TISA, the cash register protocol of Dibal and Epelsa retail scales.

The till sends a price, the scale answers with weight and amount::

    98 PPPPP C <CR><LF>
    99 S WWWWW E IIIIII C <CR><LF>

The weight is in grams, C the exclusive or of every character before it. S is 0 for a weight that may be
sold; it is 1 for one that moves, that was given before and has not left the pan, or that is negative, over
or below the least, and then E is 1 too and the weight may be zero. Scales that answer only at rest take up
to seven seconds.

Sources: Dibal DPOS400 test and adjustments manual (TISA, TISA with stable weight, VD TISA). 9600 8N1.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import reduce
from operator import xor

from drivers.events import Event, Status
from drivers.framing.frames import LineFramer
from drivers.framing.parser import FrameParser
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import no_weight, reading

CEILING = 48
"""Bytes; an answer is sixteen."""

POLL = b"98000001\r\n"
"""A price of nothing, and its check. Not for detection: it puts the price on the display."""

_ANSWER = re.compile(rb"99([01])(\d{5})[01]\d{6}[0-?]", re.ASCII)


class Dibal(FrameParser):
    """Parser of one scale that speaks TISA.

    A weight of zero is not believed: a scale of this family may also answer so when it is overloaded or
    below zero. ``zero="empty"`` believes one that comes with S 0, for a model known to send 1 then, as its
    manual says.
    """

    __slots__ = ("_zero_is_empty",)
    protocol = "dibal"

    def __init__(self, *, zero: str = "unknown") -> None:
        super().__init__(LineFramer(CEILING))
        self._zero_is_empty = zero == "empty"

    def _parse(self, frame: bytes) -> Event | None:
        match = _ANSWER.fullmatch(frame)
        if match is None or reduce(xor, frame) != 0:
            return None
        fit, grams = match[1] == b"0", match[2].decode()
        value = Decimal(f"{grams[:2]}.{grams[2:]}")
        if not value and not (fit and self._zero_is_empty):
            return no_weight(Status.NOT_READY, raw=frame)
        return reading(value, "kg", stable=fit, raw=frame, status=() if value else {Status.ZERO})


PROFILE = DeviceProfile(
    name="dibal",
    title="Dibal DPOS and G, Epelsa and other retail scales with the TISA protocol",
    kind=DeviceKind.SCALE,
    new_parser=Dibal,
    poll_command=POLL,
    poll_interval_s=0.5,
    silent_after_s=8.0,
    switches=(
        Switch(
            name="zero",
            values=("unknown", "empty"),
            meaning="whether a zero that the scale calls correct is an empty pan; some send it on overload",
        ),
    ),
    cannot_tell=(
        "an empty pan, unless the switch says so",
        "a weight that moves from one that was given before and still lies there",
        "overload from negative, minimum or error",
        "whether a value is net",
        "a division wider than a gram",
    ),
    source="Dibal DPOS400 test and adjustments manual, TISA protocol",
)
