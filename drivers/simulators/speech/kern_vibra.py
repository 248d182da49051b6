"""Kern balances that speak as Vibra does.

Source: Kern, "EW-N" manual.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech

_VIBRA_UNITS = {"g": " G", "kg": "KG", "lb": "LB", "oz": "OZ"}


def _kern_vibra(showing: Showing) -> bytes:
    """Sign, seven columns, unit, comparator, and S, U or E."""
    state = "E" if not showing.usable else "S" if showing.stable else "U"
    digits = showing.digits.zfill(7)
    return f"{showing.plus}{digits}{_VIBRA_UNITS[showing.unit]} {state}\r\n".encode()


def _kern_vibra_answer(command: bytes, showing: Showing) -> Reply:
    match command:
        case b"O0":
            return Reply(data=b"A00\r\n", stream=False)
        case b"O1":
            return Reply(data=b"A00\r\n", stream=True)
        case b"O8":
            return Reply(data=b"A00\r\n" + _kern_vibra(showing))
    return Reply(data=b"E01\r\n")


KERN_VIBRA = Speech(
    name="kern-vibra",
    frame=_kern_vibra,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=LINE,
    answer=_kern_vibra_answer,
    streams=True,
    units=("g", "kg", "lb", "oz"),
    source="EW-N manual, six-digit data format",
)
