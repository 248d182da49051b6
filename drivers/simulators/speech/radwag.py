"""Radwag.

Source: Radwag, terminal manuals (communication protocol).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech


def _radwag_line(name: str, showing: Showing) -> bytes:
    mark = " " if showing.stable else "?"
    for holds, sign in ((showing.over, "^"), (showing.under, "v")):
        mark = sign if holds else mark
    return f"{name:<3}{mark} {showing.minus}{showing.digits:>9} {showing.unit:<3}\r\n".encode()


def _radwag(showing: Showing) -> bytes:
    return b"SI I\r\n" if showing.error else _radwag_line("SI", showing)


def _radwag_answer(command: bytes, showing: Showing) -> Reply:
    """A command is accepted first; D says that it was done, E that the load did not settle in time."""
    still = showing.stable
    return {
        b"SI": Reply(data=_radwag(showing)),
        b"S": Reply(data=b"S A\r\n" + (_radwag_line("S", showing) if still else b"S E\r\n")),
        b"C1": Reply(data=b"C1 A\r\n", stream=True),
        b"C0": Reply(data=b"C0 A\r\n", stream=False),
        b"Z": Reply(data=b"Z A\r\nZ D\r\n", act="zero") if still else Reply(data=b"Z A\r\nZ E\r\n"),
        b"T": Reply(data=b"T A\r\nT D\r\n", act="tare") if still else Reply(data=b"T A\r\nT E\r\n"),
    }.get(command, Reply(data=b"ES\r\n"))


RADWAG = Speech(
    name="radwag",
    frame=_radwag,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=LINE,
    answer=_radwag_answer,
    source="Radwag communication protocol, mass frame",
)
