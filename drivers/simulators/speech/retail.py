"""Tongues of shop scales and of USB: Magellan, CAS PD-II, Dibal and the HID scale page.

Sources: Datalogic, "Magellan 8500 Product Reference Guide"; CAS, "SW-II" manual; Dibal, "DPOS-400" manual
(TISA); USB Implementers Forum, "Device Class Definition for HID: Point of Sale Usage Tables" (page 0x8D).
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech


def _bare(showing: Showing) -> str:
    """A weight without its point: hundredths of a pound in four digits, grams in five."""
    return f"{showing.whole:0{5 if showing.unit == 'kg' else 4}}"


def _magellan(showing: Showing) -> bytes:
    """What ``S14`` is answered: one digit of state, and the weight where there is one."""
    for holds, state in (
        (showing.error, "0"),
        (not showing.stable, "1"),
        (showing.over, "2"),
        (showing.under or showing.value < 0, "5"),
        (showing.value == 0, "3"),
    ):
        if holds:
            return f"S14{state}\r".encode()
    return f"S144{_bare(showing)}\r".encode()


def _magellan_answer(command: bytes, showing: Showing) -> Reply:
    match command:
        case b"S14":
            return Reply(data=_magellan(showing))
        case b"S11":
            weighed = showing.stable and showing.value >= 0 and showing.usable
            return Reply(data=f"S11{_bare(showing)}\r".encode() if weighed else _magellan(showing))
    return Reply()


MAGELLAN = Speech(
    name="magellan",
    frame=_magellan,
    tells=EVERYTHING - {"unit", "moving", "negative", "net", "tare"},
    command=LINE,
    answer=_magellan_answer,
    units=("lb", "kg"),
    parity="odd",
    source="Magellan 8500 Product Reference Guide, single-cable scale",
)


def _cas(showing: Showing) -> bytes:
    """State, sign, six columns, unit; the check is the exclusive or of these ten bytes."""
    state = "F" if not showing.usable else "S" if showing.stable else "U"
    body = f"{state}{showing.minus}{showing.digits:>6}{showing.unit:>2}".encode()
    return b"\x01\x02" + body + bytes([reduce(xor, body)]) + b"\x03\x04"


def _cas_answer(command: bytes, showing: Showing) -> Reply:
    return Reply(data=b"\x06" if command == b"\x05" else _cas(showing))


CAS_PD2 = Speech(
    name="cas-pd2",
    frame=_cas,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=rb"[\x05\x11]",
    answer=_cas_answer,
    units=("kg", "lb"),
    spoil=lambda frame: frame[:-3] + bytes([frame[-3] ^ 0x15]) + frame[-2:],
    source="SW-II manual, serial interface",
)


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
