"""Mettler-Toledo's MT-SICS.

Source: Mettler-Toledo, "MT-SICS Reference Manual".
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, LINE, Reply, Showing, Speech

SERIAL_NUMBER = "SIM0001"


def _mt_sics(showing: Showing) -> bytes:
    if not showing.usable:
        return b"S +\r\n" if showing.over else b"S -\r\n" if showing.under else b"S I\r\n"
    return f"S {'S' if showing.stable else 'D'} {showing.value:>10f} {showing.unit}\r\n".encode()


def _mt_sics_answer(command: bytes, showing: Showing) -> Reply:
    shown, still = _mt_sics(showing), showing.stable
    serial = f'I4 A "{SERIAL_NUMBER}"\r\n'.encode()
    tared = f"T S {showing.value + showing.tare:>10f} {showing.unit}\r\n".encode()
    return {
        b"SI": Reply(data=shown, stream=False),
        b"SIR": Reply(data=shown, stream=True),
        # A real scale waits for the load to settle; what it says when it gave up is the same.
        b"S": Reply(data=shown if still else b"S I\r\n", stream=False),
        b"Z": Reply(data=b"Z A\r\n", act="zero") if still else Reply(data=b"Z I\r\n"),
        b"T": Reply(data=tared, act="tare") if still else Reply(data=b"T I\r\n"),
        b"TAC": Reply(data=b"TAC A\r\n", act="clear"),
        b"@": Reply(data=serial, stream=False),
        b"I4": Reply(data=serial),
    }.get(command, Reply(data=b"ES\r\n"))


MT_SICS = Speech(
    name="mt-sics",
    frame=_mt_sics,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=LINE,
    answer=_mt_sics_answer,
    source="MT-SICS Reference Manual, levels 0 and 1",
)
