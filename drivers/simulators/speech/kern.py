"""Kern's older text line.

Source: Kern, "KDE-T" (rE Cr) manual.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _kern(showing: Showing) -> bytes:
    """Sixteen columns. A load that moves has no unit; out of range is an error."""
    if not showing.usable:
        return b"           Error\r\n"
    unit = showing.unit if showing.stable else ""
    return f" {showing.minus}{showing.digits:>10} {unit:<3}\r\n".encode()


def _kern_answer(command: bytes, showing: Showing) -> Reply:
    if command == b"t":
        return Reply(act="tare" if showing.stable else None)
    return Reply(data=_kern(showing) if command == b"w" or showing.stable else b"")


KERN = Speech(
    name="kern",
    frame=_kern,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=rb"[swt]",
    answer=_kern_answer,
    source="KDE-T manual, rE Cr",
)
