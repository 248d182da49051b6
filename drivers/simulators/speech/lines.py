"""Tongues that speak in text lines: MT-SICS, Ohaus, Sartorius SBI, Radwag, Adam and the two of Kern.

Sources: Mettler-Toledo, "MT-SICS Reference Manual"; Ohaus, "Defender 3000" manual; Sartorius, "Entris II" and
"GC 803S" manuals; Radwag, terminal manuals (communication protocol); Adam Equipment, "CPWplus" manual; Kern,
"KDE-T" (rE Cr) and "EW-N" manuals.
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


def _ohaus(showing: Showing) -> bytes:
    """Polarity, seven columns of weight, unit in five, stability, legend; nothing is printed out of range."""
    if not showing.usable:
        return b""
    mark, legend = " " if showing.stable else "?", "N" if showing.net else "G"
    return f"{showing.minus}{showing.digits:>7} {showing.unit:<5}{mark}{legend}\r\n".encode()


def _ohaus_answer(command: bytes, showing: Showing) -> Reply:
    shown, still = _ohaus(showing), showing.stable
    return {
        b"IP": Reply(data=shown),
        b"P": Reply(data=shown),
        b"SP": Reply(data=shown if still else b""),
        b"CP": Reply(stream=True),
        b"0P": Reply(stream=False),
        b"Z": Reply(act="zero" if still else None),
        b"T": Reply(act="tare" if still else None),
    }.get(command, Reply(data=b"ES\r\n"))


OHAUS = Speech(
    name="ohaus",
    frame=_ohaus,
    tells=EVERYTHING - {"tare", "zero", "over", "under", "error"},
    command=LINE,
    answer=_ohaus_answer,
    source="Defender 3000 manual, output format; captures of a Defender 3000",
)


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

_VIBRA_UNITS = {"g": " G", "kg": "KG", "lb": "LB", "oz": "OZ"}


def _kern_vibra(showing: Showing) -> bytes:
    """Sign, seven columns, unit, comparator, and S, U or E."""
    state = "E" if not showing.usable else "S" if showing.stable else "U"
    digits = showing.digits.zfill(7)
    return f"{showing.plus}{digits}{_VIBRA_UNITS[showing.unit]} {state}\r\n".encode()


def _kern_vibra_answer(command: bytes, showing: Showing) -> Reply:
    match command:
        case b"O0":
            return Reply(data=b"A00\r\n", stream=False)
        case b"O1":
            return Reply(data=b"A00\r\n", stream=True)
        case b"O8":
            return Reply(data=b"A00\r\n" + _kern_vibra(showing))
    return Reply(data=b"E01\r\n")


KERN_VIBRA = Speech(
    name="kern-vibra",
    frame=_kern_vibra,
    tells=EVERYTHING - {"net", "tare", "zero"},
    command=LINE,
    answer=_kern_vibra_answer,
    streams=True,
    units=("g", "kg", "lb", "oz"),
    source="EW-N manual, six-digit data format",
)
