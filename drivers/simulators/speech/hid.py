"""The scale page of USB HID.

Source: USB Implementers Forum, "Device Class Definition for HID: Point of Sale Usage Tables" (page 0x8D).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Showing, Speech

_HID_UNITS = {"g": 2, "kg": 3, "oz": 11, "lb": 12}


def _hid(showing: Showing) -> bytes:
    """Input report 3 without an end: state, unit, power of ten, and sixteen bits that have no sign."""
    state = 4
    for holds, number in (
        (showing.zero, 2),
        (not showing.stable, 3),
        (showing.under or showing.value < 0, 5),
        (showing.over, 6),
        (showing.error, 1),
    ):
        state = number if holds else state
    count = min(showing.whole, 0xFFFF)
    return bytes([3, state, _HID_UNITS[showing.unit], -showing.decimals & 0xFF]) + count.to_bytes(2, "little")


HID = Speech(
    name="hid",
    frame=_hid,
    tells=EVERYTHING - {"negative", "net", "tare"},
    streams=True,
    units=("kg", "g", "lb", "oz"),
    source="HID Point of Sale Usage Tables, page 0x8D",
)
