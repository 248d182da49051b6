"""Toledo's continuous output.

Source: Ohaus, "Defender 5000" manual (continuous output).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Showing, Speech

_INCREMENTS = {1: 1, 2: 2, 5: 3}
_UNITS = {"lb": 0, "kg": 0, "g": 1, "oz": 3}


def _continuous(showing: Showing) -> bytes:
    word_a = 0x20 | _INCREMENTS[1] << 3 | (showing.decimals + 2)
    word_b = 0x20 | (0x10 if showing.unit == "kg" else 0)
    for holds, bit in (
        (showing.net, 0),
        (showing.value < 0 or showing.under, 1),
        (showing.over or showing.under, 2),
        (not showing.stable, 3),
    ):
        word_b |= holds << bit
    word_c = 0x20 | _UNITS[showing.unit]
    tare = int(showing.tare.scaleb(showing.decimals))
    return _summed(bytes([2, word_a, word_b, word_c]) + f"{showing.whole:06}{tare:06}\r".encode())


def _summed(body: bytes) -> bytes:
    """The sum of the low seven bits of all bytes, the check among them, is zero."""
    return body + bytes([-sum(body) & 0x7F])


TOLEDO_CONTINUOUS = Speech(
    name="toledo-continuous",
    frame=_continuous,
    tells=EVERYTHING - {"zero", "error"},
    streams=True,
    parity="even",
    spoil=lambda frame: frame[:-1] + bytes([frame[-1] ^ 0x15]),
    source="Ohaus Defender 5000 manual, continuous output",
)
