"""Format 1 of the Rinstrum R300.

Source: Rinstrum, "R320 Reference Manual" (FMT_1).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Showing, Speech


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
