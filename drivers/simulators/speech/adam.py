"""Adam Equipment.

Source: Adam Equipment, "CPWplus" manual.
"""

from __future__ import annotations

from drivers.simulators.speech.showing import LINE, Reply, Showing, Speech


def _adam(showing: Showing, name: str | None = None) -> bytes:
    """No mark of stability; out of range there is nothing to send."""
    if not showing.usable:
        return b""
    name = name or ("N" if showing.net else "G")
    return f"{name}    {showing.plus}{showing.digits:>8} {showing.unit:<2}\r\n".encode()


def _adam_answer(command: bytes, showing: Showing) -> Reply:
    match command:
        case b"G" | b"N":
            return Reply(data=_adam(showing))
        case b"Z":
            return Reply(act="zero" if showing.stable else None)
    return Reply()


ADAM = Speech(
    name="adam",
    frame=_adam,
    tells=frozenset({"unit", "moving", "negative", "net"}),
    command=LINE,
    answer=_adam_answer,
    units=("kg", "lb"),
    source="CPWplus manual, output format",
)
