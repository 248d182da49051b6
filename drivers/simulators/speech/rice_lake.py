"""Rice Lake's stream.

Source: Rice Lake, "482 Installation Manual".
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Showing, Speech

_RICE_LAKE_UNITS = {"lb": "L", "kg": "K", "g": "G", "oz": "O"}


def _rice_lake(showing: Showing) -> bytes:
    state = " "
    for holds, letter in (
        (showing.zero, "Z"),
        (not showing.stable, "M"),
        (showing.over or showing.under, "O"),
        (showing.error, "I"),
    ):
        state = letter if holds else state
    unit, mode = _RICE_LAKE_UNITS[showing.unit], "N" if showing.net else "G"
    return f"\x02{showing.minus}{showing.digits:>7}{unit}{mode}{state}\r\n".encode()


RICE_LAKE = Speech(
    name="rice-lake",
    frame=_rice_lake,
    tells=EVERYTHING - {"tare"},
    streams=True,
    units=("lb", "kg", "g", "oz"),
    source="Rice Lake 482, stream format",
)
