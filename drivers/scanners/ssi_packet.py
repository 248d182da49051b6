"""Zebra's Simple Serial Interface, from the host's side: packets, and the commands we send.

A packet is its length without the checksum, an opcode, its source (0 the scanner, 4 the host), a status,
data, and the two's complement of the sum of all that in two bytes, high byte first.

Source: Zebra, "Simple Serial Interface Programmer's Guide" 72E-40451, and the "SSI Interface" chapters of the
product reference guides.
"""

from __future__ import annotations

from enum import IntEnum

HEADER = 4
CHECKSUM = 2
LARGEST = 255 + CHECKSUM

RETRANSMITTED = 0x01
"""Status: the same packet was sent before and had no answer in time."""

CONTINUED = 0x02
"""Status: more packets of the same message follow."""


class Opcode(IntEnum):
    """The messages that a scanner sends, and the commands that we do."""

    LOG_DATA = 0x14
    SEGMENT = 0x73
    SEGMENT_ACK = 0x74
    MANAGEMENT = 0x80
    INIT = 0x91
    TEMPORARY = 0x93
    REVISION = 0xA4
    ID_REPLY = 0xA6
    IMAGE = 0xB1
    VIDEO = 0xB4
    PARAMETERS = 0xC6
    ACK = 0xD0
    NAK = 0xD1
    CAPABILITIES = 0xD4
    BATCH_DATA = 0xD6
    BEEP = 0xE6
    LED_ON = 0xE7
    LED_OFF = 0xE8
    SCAN_ENABLE = 0xE9
    SCAN_DISABLE = 0xEA
    DECODE_DATA = 0xF3
    REMOTE_KEY = 0xF5
    EVENT = 0xF6


FROM_SCANNER = frozenset(Opcode) - {
    Opcode.SEGMENT_ACK,
    Opcode.BEEP,
    Opcode.LED_ON,
    Opcode.LED_OFF,
    Opcode.SCAN_ENABLE,
    Opcode.SCAN_DISABLE,
}

UNANSWERED = frozenset(
    {Opcode.ACK, Opcode.NAK, Opcode.INIT, Opcode.REVISION, Opcode.ID_REPLY, Opcode.CAPABILITIES}
)
"""These answer us; an answer is not acknowledged."""


class Beep(IntEnum):
    """Some of the beep sequences: high tones are good, low ones bad."""

    SHORT_HIGH = 0x00
    THREE_SHORT_HIGH = 0x02
    SHORT_LOW = 0x05
    THREE_LONG_LOW = 0x11
    FAST_WARBLE = 0x14


def packet(opcode: int, data: bytes = b"", *, source: int = 4, status: int = 0) -> bytes:
    """One packet, whole; from the host unless told otherwise.

    Raises:
        ValueError: More data than the length byte can say.

    >>> packet(Opcode.ACK).hex(" ")
    '04 d0 04 00 ff 28'
    """
    length = HEADER + len(data)
    if length > LARGEST - CHECKSUM:
        raise ValueError(
            f"an SSI packet holds {LARGEST - CHECKSUM - HEADER} bytes, not {len(data)}; part them"
        )
    body = bytes([length, opcode, source, status]) + data
    return body + checksum(body)


def checksum(body: bytes) -> bytes:
    """The two bytes that end a packet."""
    return (-sum(body) & 0xFFFF).to_bytes(CHECKSUM, "big")


def beep(sequence: int) -> bytes:
    """Sound one of the sequences, 0x00 to 0x19."""
    return packet(Opcode.BEEP, bytes([sequence]))


def led(mask: int, *, on: bool) -> bytes:
    """Switch the lamps of a mask; bit 0 is the decode lamp."""
    return packet(Opcode.LED_ON if on else Opcode.LED_OFF, bytes([mask]))


def scanning(*, on: bool) -> bytes:
    """Let the scanner read, or not."""
    return packet(Opcode.SCAN_ENABLE if on else Opcode.SCAN_DISABLE)


ACK = packet(Opcode.ACK)
SEGMENT_ACK = packet(Opcode.SEGMENT_ACK)
RESEND = packet(Opcode.NAK, b"\x01")
"""Refused for its checksum: send it again."""


def size_at(start: bytes) -> int:
    """Bytes of the packet that these begin, checksum included; 0 where a scanner's packet cannot begin so.

    ``start`` may be short, and then it says so far as it can.
    """
    segment = start[1:2] == bytes([Opcode.SEGMENT])
    # In a segment the third byte holds flags, and data begin with an index; elsewhere it is the source.
    begins = (
        start[0] >= HEADER + segment
        and (len(start) < 2 or start[1] in FROM_SCANNER)
        and (len(start) < 3 or start[2] <= 3 * segment)
    )
    return start[0] + CHECKSUM if begins else 0
