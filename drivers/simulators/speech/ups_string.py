"""The string that UPS asks of its scales.

Source: Fairbanks, "Ultegra" manual.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _ups(showing: Showing) -> bytes:
    """EOT follows a frame that may not be used: over the capacity, under it, or not zeroed."""
    mark = "GR" if showing.stable else "gr"
    unusable = not showing.usable
    shown = f"{showing.minus}{showing.digits:>6} {showing.unit:<2} {mark}  \r\n"
    return shown.encode() + (b"\x04" if unusable else b"")


UPS = Speech(
    name="ups-string",
    frame=_ups,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=rb"[\rW]",
    answer=lambda _command, showing: Reply(data=_ups(showing)),
    units=("lb", "kg"),
    source="Fairbanks Ultegra manual, UPS WorldShip string",
)
