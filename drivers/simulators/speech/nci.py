"""NCI, as Avery Weigh-Tronix and Fairbanks speak it.

Source: Avery Weigh-Tronix, "7821 User Instructions".
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech


def _nci_status(showing: Showing) -> bytes:
    first = 0x30 | (not showing.stable) | showing.zero << 1 | showing.error << 2
    second = 0x30 | showing.under | showing.over << 1
    if not showing.net:
        return bytes([first, second])
    return bytes([first, second | 0x40, 0x30 | 1 << 2])


def _nci(showing: Showing) -> bytes:
    status = b"\n" + _nci_status(showing) + b"\r\x03"
    if showing.error:
        return status
    field = "_" * 7 if showing.under else f"{showing.value:f}".rjust(7)
    return f"\n{field}{showing.unit:<2}\r".encode() + status


def _nci_answer(command: bytes, showing: Showing) -> Reply:
    status, still = b"\n" + _nci_status(showing) + b"\r\x03", showing.stable
    return {
        b"W": Reply(data=_nci(showing)),
        b"S": Reply(data=status),
        b"Z": Reply(data=status, act="zero" if still else None),
        b"T": Reply(data=status, act="tare" if still else None),
    }.get(command, Reply(data=b"\n?\r\x03"))


NCI = Speech(
    name="nci",
    frame=_nci,
    tells=EVERYTHING - {"tare"},
    command=LINE,
    answer=_nci_answer,
    units=("lb", "kg", "oz", "g"),
    parity="even",
    source="7821 User Instructions, NCI Communications Protocol",
)
