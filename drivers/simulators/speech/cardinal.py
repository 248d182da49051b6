"""Cardinal: the 738 and the scoreboard.

Source: Cardinal, "200 Series" manual (SB-200).
"""

from __future__ import annotations

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech


def _cardinal(showing: Showing) -> bytes:
    """Six digits and the point within, with leading zeros."""
    state = " "
    for holds, letter in (
        (not showing.stable, "m"),
        (showing.over or showing.under, "o"),
        (showing.error, "e"),
    ):
        state = letter if holds else state
    digits = showing.digits.zfill(7 if showing.decimals else 6)
    mode = "n" if showing.net else "g"
    return f"\r{showing.minus}{digits}{state}{showing.unit:<2}{mode}\x03".encode()


CARDINAL = Speech(
    name="cardinal",
    frame=_cardinal,
    tells=EVERYTHING - {"tare", "zero"},
    streams=True,
    units=("lb", "kg", "oz", "g"),
    source="Cardinal 200 Series, SB-200 format",
)


def _scoreboard(showing: Showing) -> bytes:
    """Sign, six digits and the point within, unit, mode, and a state of two letters."""
    state = "  "
    for holds, letters in (
        (showing.zero, "CZ"),
        (not showing.stable, "MO"),
        (showing.over, "OC"),
        (showing.under, "BZ"),
        (showing.error, "ee"),
    ):
        state = letters if holds else state
    digits = showing.digits.zfill(7 if showing.decimals else 6)
    return f"{showing.minus}{digits}{showing.unit.upper():<2}{'N' if showing.net else 'G'}{state}\r".encode()


CARDINAL_SCOREBOARD = Speech(
    name="cardinal-scoreboard",
    frame=_scoreboard,
    tells=EVERYTHING - {"tare"},
    command=rb"\x05",
    answer=lambda _command, showing: Reply(data=_scoreboard(showing)),
    units=("lb", "kg", "oz", "g"),
    source="Cardinal 200 Series, SB-400 format; 190 Series, weight on demand",
)
