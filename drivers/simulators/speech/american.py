"""Tongues of North American bench and parcel scales: NCI, SMA, the UPS string, Rice Lake and Cardinal.

Sources: Avery Weigh-Tronix, "7821 User Instructions"; Scale Manufacturers Association, SCP-0499; Fairbanks,
"Ultegra" manual; Rice Lake, "482 Installation Manual"; Cardinal, "200 Series" manual (SB-200).
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


def _ups(showing: Showing) -> bytes:
    """EOT follows a frame that may not be used: over the capacity, under it, or not zeroed."""
    mark = "GR" if showing.stable else "gr"
    unusable = not showing.usable
    shown = f"{showing.minus}{showing.digits:>6} {showing.unit:<2} {mark}  \r\n"
    return shown.encode() + (b"\x04" if unusable else b"")


UPS = Speech(
    name="ups-string",
    frame=_ups,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=rb"[\rW]",
    answer=lambda _command, showing: Reply(data=_ups(showing)),
    units=("lb", "kg"),
    source="Fairbanks Ultegra manual, UPS WorldShip string",
)

_RICE_LAKE_UNITS = {"lb": "L", "kg": "K", "g": "G", "oz": "O"}


def _rice_lake(showing: Showing) -> bytes:
    state = " "
    for holds, letter in (
        (showing.zero, "Z"),
        (not showing.stable, "M"),
        (showing.over or showing.under, "O"),
        (showing.error, "I"),
    ):
        state = letter if holds else state
    unit, mode = _RICE_LAKE_UNITS[showing.unit], "N" if showing.net else "G"
    return f"\x02{showing.minus}{showing.digits:>7}{unit}{mode}{state}\r\n".encode()


RICE_LAKE = Speech(
    name="rice-lake",
    frame=_rice_lake,
    tells=EVERYTHING - {"tare"},
    streams=True,
    units=("lb", "kg", "g", "oz"),
    source="Rice Lake 482, stream format",
)


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
