"""The standard of the Scale Manufacturers Association.

Source: Scale Manufacturers Association, SCP-0499.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _sma(showing: Showing) -> bytes:
    state = " "
    for holds, letter in (
        (showing.zero, "Z"),
        (showing.over, "O"),
        (showing.under, "U"),
        (showing.error, "E"),
    ):
        state = letter if holds else state
    field = "-" * 10 if showing.error else f"{showing.value:f}".rjust(10)
    mode, moving = "N" if showing.net else "G", " " if showing.stable else "M"
    return f"\n{state}1{mode}{moving} {field}{showing.unit:<3}\r".encode()


def _sma_answer(command: bytes, showing: Showing) -> Reply:
    shown, still = _sma(showing), showing.stable
    return {
        b"W": Reply(data=shown),
        b"P": Reply(data=shown),
        b"R": Reply(data=shown, stream=True),
        b"\x1b": Reply(stream=False),
        b"Z": Reply(data=shown, act="zero" if still else None),
        b"T": Reply(data=shown, act="tare" if still else None),
        b"C": Reply(data=shown, act="clear"),
        b"A": Reply(data=b"\nSMA:2/1.0 \r"),
    }.get(command, Reply(data=b"\n?\r"))


SMA = Speech(
    name="sma",
    frame=_sma,
    tells=EVERYTHING - {"tare"},
    command=rb"\x1b|\n[^\r\n]+\r",
    answer=_sma_answer,
    units=("lb", "kg", "oz", "g"),
    source="SCP-0499, standard scale response",
)
