"""The family that copied A&D, with commas between its fields.

Source: Tiger, "TI-02-P" manual (auto weight format).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Showing, Speech


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
