"""Toledo 8217 and PS60 (EH-SCP): asked for each weight.

Source: PSC, "Magellan 8500 Product Reference Guide" (8217 status byte); Mettler-Toledo, "PS60 User's Guide".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from drivers.simulators.speech.showing import EVERYTHING, Reply, Showing, Speech

_MOTION, _OVER, _UNDER, _NO_ZERO, _AT_ZERO, _NET = (1 << bit for bit in range(6))
_ALWAYS = 0x40


def _status(showing: Showing, *, fifth_is_net: bool) -> bytes:
    bits = _ALWAYS | (_NET if showing.net or not fifth_is_net else 0)
    for holds, bit in (
        (not showing.stable, _MOTION),
        (showing.over, _OVER),
        (showing.under or showing.value < 0, _UNDER),
        (showing.error, _NO_ZERO),
        (showing.zero, _AT_ZERO),
    ):
        bits |= bit if holds else 0
    return b"\x02?" + bytes([bits]) + b"\r"


def _weight(showing: Showing, *, fifth_is_net: bool) -> bytes:
    """Six characters with leading zeros, no unit and no sign; a status where there is no weight."""
    if not showing.stable or not showing.usable or showing.value < 0:
        return _status(showing, fifth_is_net=fifth_is_net)
    return f"\x02{showing.digits:0>6}{'N' if showing.net else ''}\r".encode()


def _answer(command: bytes, showing: Showing, *, fifth_is_net: bool) -> Reply:
    status = Reply(data=_status(showing, fifth_is_net=fifth_is_net))
    still = showing.stable
    return {
        b"W": Reply(data=_weight(showing, fifth_is_net=fifth_is_net)),
        b"Z": replace(status, act="zero" if still else None),
        b"T": replace(status, act="tare" if still else None),
        b"C": replace(status, act="clear"),
    }.get(command, status)


def _asked(name: str, *, fifth_is_net: bool) -> Speech:
    return Speech(
        name=name,
        frame=partial(_weight, fifth_is_net=fifth_is_net),
        tells=EVERYTHING - {"unit", "moving", "negative", "tare", "zero"},
        command=rb"[WZTCS]",
        answer=partial(_answer, fifth_is_net=fifth_is_net),
        units=("lb", "kg"),
        parity="even",
        source="Magellan 8500 Product Reference Guide; PS60 User's Guide",
    )


TOLEDO_8217 = _asked("toledo-8217", fifth_is_net=True)
TOLEDO_PS60 = _asked("toledo-ps60", fifth_is_net=False)
