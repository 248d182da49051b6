"""Sartorius SBI.

Source: Sartorius, "Entris II" and "GC 803S" manuals.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _sbi(showing: Showing) -> bytes:
    """Twenty columns. A load that moves has no unit."""
    if not showing.usable:
        state = "High" if showing.over else "Low" if showing.under else "Err 054"
        return f"Stat     {state:<11}\r\n".encode()
    name, unit = "N" if showing.net else "G", showing.unit if showing.stable else ""
    return f"{name:<6}{showing.plus} {showing.digits:>8} {unit:<3}\r\n".encode()


def _sbi_answer(command: bytes, showing: Showing) -> Reply:
    match command[1:2]:
        case b"P":
            return Reply(data=_sbi(showing))
        case b"V":
            return Reply(act="zero" if showing.stable else None)
        case b"T" | b"U":
            return Reply(act="tare" if showing.stable else None)
    return Reply()


SBI = Speech(
    name="sbi",
    frame=_sbi,
    tells=EVERYTHING - {"tare", "zero"},
    command=rb"\x1b[A-Z]",
    answer=_sbi_answer,
    units=("g", "kg", "lb"),
    parity="odd",
    source="Entris II manual, output formats with 16 and 22 characters",
)
