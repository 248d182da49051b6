"""Datalogic's scanner scale.

Source: Datalogic, "Magellan 8500 Product Reference Guide".
"""

from __future__ import annotations

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
