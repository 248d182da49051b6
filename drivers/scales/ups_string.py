"""The weight string that UPS WorldShip reads: Fairbanks scales set to "UPS", Detecto AS-330D.

Weight, unit, GR in upper case when stable and in lower case in motion, CR LF, and sometimes an EOT::

    __12.35_lb_GR__        -__0.20_kg_GR__        ____12.35_LB_gr__

Fairbanks sends EOT only when the scale is over its capacity or was not zeroed; there it forbids the weight.
Detecto sends it behind every string, where it says nothing. The text does not tell them apart: hence the
switch ``eot``, usually set so that a weight is rather refused than believed.

Sources: Fairbanks FB2255 manual, "UPS" (asked by CR; seven columns; 9600 7E1); Detecto AS-330D/AS-334D manual
(asked by W; nine columns; 7O2; its ``^N`` and ``^O``, which start and stop a stream, are not used here).
"""

from __future__ import annotations

import re

from drivers.events import Event, Noise, Status, WeightReading
from drivers.framing.frames import CR, EOT, LF, QUIET, LineFramer
from drivers.framing.parser import refused
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile, Switch
from drivers.scales.reading import number, reading

CEILING = 32
"""Bytes; the longest string has 17."""

POLL = b"\r"
"""What a Fairbanks scale answers with its weight."""

DETECTO_POLL = b"W"
"""What a Detecto scale answers; a site that has one replaces the profile's question and line settings."""

DETECTO_SETTINGS = LineSettings(byte_size=7, parity="O", stop_bits=2)

_STRING = re.compile(rb"([ \d.-]{7}|[ \d.-]{9}) (lb|kg|LB|KG|Lb|Kg) (GR|gr) {0,3}", re.ASCII)
_ENDS = re.compile(rb"[\r\n\x04]")


class UpsString:
    """Parser of one scale.

    Args:
        eot: What an EOT behind a string says: that the scale is over its capacity or not zeroed (``over``),
            or nothing (``every``). For ``over`` a string is held until more comes, or the line rests.
    """

    __slots__ = ("_framer", "_held", "_holds")
    protocol = "ups-string"

    def __init__(self, *, eot: str = "over") -> None:
        self._framer = LineFramer(CEILING, ends=CR + LF + EOT)
        self._holds = eot == "over"
        self._held: WeightReading | None = None

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        start = 0
        for end in _ENDS.finditer(data):
            self._take(data[start : end.end()], events)
            if end[0] == EOT:
                self._release(events, over=True)
            start = end.end()
        self._take(data[start:], events)
        return events

    def idle(self) -> list[Event]:
        events: list[Event] = []
        self._release(events, over=False)
        return events

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        return self._framer.held_bytes()

    def _take(self, data: bytes, events: list[Event]) -> None:
        """Part of a string, up to its end at most."""
        if data.strip(QUIET + EOT):
            # Something else began: no EOT will follow what is held.
            self._release(events, over=False)
        for frame in self._framer.feed(data):
            if isinstance(frame, Noise):
                events.append(frame)
            elif (read := _parse(frame)) is None:
                events.append(refused(frame, self.protocol))
            elif self._holds:
                self._held = read
            else:
                events.append(read)

    def _release(self, events: list[Event], *, over: bool) -> None:
        held, self._held = self._held, None
        if held is not None:
            status = {*held.status, Status.OVERLOAD} if over else held.status
            events.append(reading(held.value, held.unit, stable=held.stable, raw=held.raw, status=status))


def _parse(frame: bytes) -> WeightReading | None:
    match = _STRING.fullmatch(frame)
    value = number(match[1]) if match else None
    if match is None or value is None:
        return None
    return reading(value, match[2], stable=match[3] == b"GR", raw=frame)


PROFILE = DeviceProfile(
    name="ups-string",
    title='Fairbanks scales set to "UPS" (WorldShip); Detecto AS-330D, set to 7O2 and asked with W',
    kind=DeviceKind.SCALE,
    new_parser=UpsString,
    settings=LineSettings(byte_size=7, parity="E"),
    poll_command=POLL,
    probe_command=POLL,
    idle_gap_s=0.05,
    switches=(
        Switch(
            name="eot",
            values=("over", "every"),
            meaning=(
                "what EOT behind a weight says: over capacity or not zeroed (Fairbanks), or nothing, since "
                "every weight has one (Detecto). Set to every on a Fairbanks scale, an overload is believed"
            ),
        ),
    ),
    cannot_tell=(
        "whether an EOT means too much load or no zero",
        "whether a value is gross or net",
        "whether the pan is at zero",
        "a division wider than the last digit",
        "the time of the weighing",
    ),
    source='Fairbanks, "FB2255 series operator\'s manual", UPS output; Detecto AS-330D manual',
)
