"""Tongues with commas, and Rinstrum: A&D, the family that copied it, and format 1 of the R300.

Sources: A&D, "EK-L" manual (standard format); Tiger, "TI-02-P" manual (auto weight format); Rinstrum, "R320
Reference Manual" (FMT_1).
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


def _comma(showing: Showing) -> bytes:
    """Stability, gross or net, sign, seven columns, unit in two."""
    over = not showing.usable
    header = "OL" if over else "ST" if showing.stable else "US"
    sign = "-" if showing.under or showing.value < 0 else " "
    digits = "-------" if over else f"{showing.digits:>7}"
    return f"{header},{'NT' if showing.net else 'GS'}{sign}{digits},{showing.unit:<2}\r\n".encode()


COMMA = Speech(
    name="comma",
    frame=_comma,
    tells=EVERYTHING - {"tare", "zero"},
    streams=True,
    units=("kg", "lb", "oz", "g"),
    source="TI-02-P manual, auto weight format string",
)


def _rinstrum(showing: Showing) -> bytes:
    """One letter is all that is said beside the number: of a net load that moves, that it moves."""
    state = "N" if showing.net else "G"
    for holds, letter in (
        (not showing.stable, "M"),
        (showing.over, "O"),
        (showing.under, "U"),
        (showing.error, "E"),
    ):
        state = letter if holds else state
    return f"\x02{showing.minus}{showing.digits:>7}{state}\x03".encode()


RINSTRUM = Speech(
    name="rinstrum",
    frame=_rinstrum,
    tells=EVERYTHING - {"unit", "tare", "zero"},
    streams=True,
    units=("kg", "g", "lb"),
    source="R320 Reference Manual, FMT_1",
)
