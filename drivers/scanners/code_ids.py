"""Code identifiers: the makers' own letters in front of a barcode, and the AIM identifiers they stand for.

The letters clash between makers (``E`` is UPC-E for one and Code 93 for the other) and may change with the
model, so a table is used only where a site's configuration names it. AIM identifiers need no table and are
always the better choice.

An identifier whose table entry is None covers symbols that AIM tells apart: plain and GS1 Data Matrix, say.
It is taken off the payload, which then has no AIM identifier rather than a guessed one. Modifiers that tell
of check digits are 0 throughout, since a code identifier does not tell of them.

Sources: ISO/IEC 15424 (AIM identifiers); Honeywell and Hand Held Products user guides, appendix "Symbology
Charts"; Zebra product reference guides, "Symbol Code Identifiers" and "Code Type IDs"; Datalogic product
reference guides, "Label ID Pre-loaded Sets", EU set, and PowerScan D8330 "Code Identifier Table".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HONEYWELL: Mapping[bytes, str | None] = MappingProxyType(
    {
        b"j": "]C0",  # Code 128; GS1-128 has a letter of its own
        b"I": "]C1",
        b"b": "]A0",
        b"c": "]E0",  # UPC-A, with or without an add-on
        b"d": "]E0",
        b"D": "]E4",
        b"E": "]E0",  # UPC-E
        b"e": "]I0",
        b"a": "]F0",
        b"i": "]G0",
        b"h": "]H0",
        b"g": "]M0",
        b"f": "]S0",
        b"t": "]B0",
        b"T": None,  # TLC39
        b"y": None,  # GS1 DataBar, and composite symbols of any kind
        b"r": "]L0",
        b"R": "]L0",
        b"w": None,  # Data Matrix, GS1 or not
        b"s": None,  # QR Code, GS1 or not
        b"z": None,  # Aztec, with or without FNC1
        b"x": "]U0",
        b"H": "]X0",
        b"M": "]X0",  # Intelligent Mail, and the other postal codes
        b"N": "]X0",
        b"P": "]X0",
        b"L": "]X0",
        b"K": "]X0",
        b"A": "]X0",
        b"B": "]X0",
        b"C": "]X0",
        b"J": "]X0",
    }
)

ZEBRA: Mapping[bytes, str | None] = MappingProxyType(
    {
        b"A": None,  # UPC-A, UPC-E, EAN-13 (``]E0``) and EAN-8 (``]E4``)
        b"B": "]A0",
        b"C": "]F0",
        b"D": "]C0",
        b"E": "]G0",
        b"F": "]I0",
        b"G": "]S0",
        b"H": "]H0",
        b"J": "]M0",
        b"K": "]C1",
        b"L": "]X0",
        b"M": "]X0",
        b"N": None,  # a coupon is two symbols
        b"R": "]e0",
        b"S": "]X0",
        b"T": None,
        b"U": "]X0",
        b"X": None,  # PDF417, and the EAN of a periodical
        b"z": None,
        b"P00": None,  # Data Matrix; scan engines older than P0G send GS1 Data Matrix so too
        b"P01": None,
        b"P02": "]U0",
        b"P08": "]X0",
        b"P0A": "]X0",
        b"P0C": "]X0",
        b"P0G": "]d2",
        b"P0H": "]X0",
        b"P0Q": "]Q3",
    }
)

DATALOGIC: Mapping[bytes, str | None] = MappingProxyType(
    {
        b"T": "]C0",
        b"k": "]C1",
        b"f": "]C4",
        b"V": "]A0",
        b"W": "]A4",
        b"N": "]I0",
        b"B": "]E0",
        b"L": "]E3",
        b"M": "]E3",
        b"A": "]E4",
        b"J": None,  # EAN-8 with an add-on has no AIM identifier of its own
        b"K": None,
        b"C": "]E0",
        b"F": "]E3",
        b"G": "]E3",
        b"D": "]E0",
        b"H": "]E3",
        b"I": "]E3",
        b"R": "]F0",
        b"S": "]F0",
        b"U": "]G0",
        b"b": "]H0",
        b"Z": "]M0",
        b"O": "]S0",
        b"P": "]X0",
        b"Q": "]X0",
        b"X": "]X0",
        b"Y": "]X0",
        b"t": "]e0",
        b"u": "]e0",
        b"v": "]e0",
    }
)
"""Linear symbols only: the letters of the two-dimensional ones differ between Datalogic's models."""

CODE_IDS: Mapping[str, Mapping[bytes, str | None]] = MappingProxyType(
    {"none": MappingProxyType({}), "honeywell": HONEYWELL, "zebra": ZEBRA, "datalogic": DATALOGIC}
)

SSI_TYPES: Mapping[int, str | None] = MappingProxyType(
    {
        0x01: "]A0",
        0x02: "]F0",
        0x03: "]C0",
        0x04: "]S0",
        0x05: "]S0",
        0x06: "]I0",
        0x07: "]G0",
        0x08: "]E0",
        0x09: "]E0",
        0x0A: "]E4",
        0x0B: "]E0",
        0x0C: "]H0",
        0x0E: "]M0",
        0x0F: "]C1",
        0x10: "]E0",
        0x11: "]L0",
        0x13: "]A4",
        0x15: "]X0",
        0x16: "]X0",
        0x19: "]C0",
        0x1A: "]L0",
        0x20: "]A0",
        0x21: "]C4",
        0x28: "]L0",
        0x30: "]e0",
        0x31: "]e0",
        0x32: "]e0",
        0x48: "]E3",
        0x49: "]E3",
        0x4B: "]E3",
        0x50: "]E3",
        0x72: "]X0",
        0x88: "]E3",
        0x89: "]E3",
        0x8B: "]E3",
        0x90: "]E3",
        0xC1: "]d2",
        0xC2: "]Q3",
    }
)
"""Zebra's code types, the first data byte of an SSI packet.

Left out, and so without an identifier: Data Matrix (0x1B) and QR Code (0x1C), which older scan engines also
say of GS1 symbols; composite symbols; and 0x23 to 0x25, which two of Zebra's tables give different meanings.
"""


def split_code_id(message: bytes, table: Mapping[bytes, str | None]) -> tuple[str | None, bytes] | None:
    """The AIM identifier that a message's code identifier stands for, and the payload after it.

    None where the message begins with no identifier of the table: it is then not known where the payload
    begins. The longest identifier wins.

    >>> split_code_id(b"K00340123450000000018", ZEBRA)
    (']C1', b'00340123450000000018')
    >>> split_code_id(b"P01https://example.org", ZEBRA)
    (None, b'https://example.org')
    """
    for length in (3, 2, 1):
        if (code := message[:length]) in table:
            return table[code], message[length:]
    return None
