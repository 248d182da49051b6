"""CAS PD-II.

Source: CAS, "SW-II" manual.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _cas(showing: Showing) -> bytes:
    """State, sign, six columns, unit; the check is the exclusive or of these ten bytes."""
    state = "F" if not showing.usable else "S" if showing.stable else "U"
    body = f"{state}{showing.minus}{showing.digits:>6}{showing.unit:>2}".encode()
    return b"\x01\x02" + body + bytes([reduce(xor, body)]) + b"\x03\x04"


def _cas_answer(command: bytes, showing: Showing) -> Reply:
    return Reply(data=b"\x06" if command == b"\x05" else _cas(showing))


CAS_PD2 = Speech(
    name="cas-pd2",
    frame=_cas,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=rb"[\x05\x11]",
    answer=_cas_answer,
    units=("kg", "lb"),
    spoil=lambda frame: frame[:-3] + bytes([frame[-3] ^ 0x15]) + frame[-2:],
    source="SW-II manual, serial interface",
)
