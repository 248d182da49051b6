"""Ohaus.

Source: Ohaus, "Defender 3000" manual.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech


def _ohaus(showing: Showing) -> bytes:
    """Polarity, seven columns of weight, unit in five, stability, legend; nothing is printed out of range."""
    if not showing.usable:
        return b""
    mark, legend = " " if showing.stable else "?", "N" if showing.net else "G"
    return f"{showing.minus}{showing.digits:>7} {showing.unit:<5}{mark}{legend}\r\n".encode()


def _ohaus_answer(command: bytes, showing: Showing) -> Reply:
    shown, still = _ohaus(showing), showing.stable
    return {
        b"IP": Reply(data=shown),
        b"P": Reply(data=shown),
        b"SP": Reply(data=shown if still else b""),
        b"CP": Reply(stream=True),
        b"0P": Reply(stream=False),
        b"Z": Reply(act="zero" if still else None),
        b"T": Reply(act="tare" if still else None),
    }.get(command, Reply(data=b"ES\r\n"))


OHAUS = Speech(
    name="ohaus",
    frame=_ohaus,
    tells=EVERYTHING - {"tare", "zero", "over", "under", "error"},
    command=LINE,
    answer=_ohaus_answer,
    source="Defender 3000 manual, output format; captures of a Defender 3000",
)
