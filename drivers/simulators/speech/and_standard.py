"""A&D's standard format.

Source: A&D, "EK-L" manual (standard format).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech


def _and(showing: Showing) -> bytes:
    if showing.over or showing.under:
        return f"OL,{'-' if showing.under else '+'}9999999E+19\r\n".encode()
    if showing.error:
        return b"EC,E11\r\n"
    return (
        f"{'ST' if showing.stable else 'US'},{showing.plus}{showing.digits:0>8}{showing.unit:>3}\r\n".encode()
    )


def _and_answer(command: bytes, showing: Showing) -> Reply:
    shown, still = _and(showing), showing.stable
    zeroed = Reply(data=command + b"\r\n", act="zero" if still else None)
    return {
        b"Q": Reply(data=shown),
        b"SI": Reply(data=shown),
        b"S": Reply(data=shown if still else b""),
        b"SIR": Reply(data=shown, stream=True),
        b"C": Reply(stream=False),
        b"Z": zeroed,
        b"R": zeroed,
        b"T": Reply(data=b"T\r\n", act="tare" if still else None),
    }.get(command, Reply(data=b"EC,E01\r\n"))


AND = Speech(
    name="and",
    frame=_and,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=LINE,
    answer=_and_answer,
    units=("kg", "g", "lb", "oz"),
    parity="even",
    source="EK-L manual, A&D standard format",
)
