"""Dibal's answer to a price.

Source: Dibal, "DPOS-400" manual (TISA).
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.simulators.speech.showing import LINE, Reply, Showing, Speech


def _dibal(showing: Showing) -> bytes:
    """Weight in grams, amount, and the exclusive or of all that went before; out of range it sends zeros."""
    unusable = not showing.usable or showing.value < 0
    unsure = unusable or not showing.stable
    body = f"99{unsure:d}{0 if unusable else showing.whole:05}0000000".encode()
    return body + bytes([reduce(xor, body)]) + b"\r\n"


DIBAL = Speech(
    name="dibal",
    frame=_dibal,
    tells=frozenset({"unit", "stable", "moving"}),
    command=LINE,
    answer=lambda command, showing: Reply(data=_dibal(showing) if command.startswith(b"98") else b""),
    units=("kg",),
    spoil=lambda frame: frame[:-3] + bytes([frame[-3] ^ 1]) + frame[-2:],
    source="DPOS-400 manual, TISA protocol",
)
