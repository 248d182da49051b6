"""What a scanner sends for a label, as lines or as packets that wait to be acknowledged; no I/O.

Source of the packets: Zebra, "Simple Serial Interface (SSI) Programmer's Guide".
"""

from __future__ import annotations

from dataclasses import dataclass

SUFFIXES = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "etx": b"\x03", "none": b""}
PREFIXES = {"none": b"", "stx": b"\x02"}

DECODE_DATA, ACK, NAK = 0xF3, 0xD0, 0xD1
_OF_SCANNER, _OF_HOST = 0, 4
_SENT_AGAIN = 0x01
_RESEND, _DENIED = 1, 6
_TRIES = 3
_SHORTEST, _LONGEST = 4, 255
"""Bytes of a packet without its check; the first byte counts them, itself among them."""
_SYMBOLOGIES = {
    "]C0": 0x03,
    "]C1": 0x0F,
    "]E0": 0x0B,
    "]E4": 0x0A,
    "]d1": 0x1B,
    "]d2": 0x1B,
    "]Q1": 0x1C,
    "]A0": 0x01,
}
_UNDEFINED = 0x00
_KNOWN_COMMANDS = frozenset({0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSettings:
    """How the scanner was set up by its barcodes; names of ``PREFIXES`` and ``SUFFIXES``.

    ``aim`` says whether the AIM identifier is sent. ``ack_timeout_s`` is how long a packet waits before it is
    sent again.
    """

    prefix: str = "none"
    suffix: str = "crlf"
    aim: bool = True
    ack_timeout_s: float = 2.0

    def __post_init__(self) -> None:
        if self.prefix not in PREFIXES or self.suffix not in SUFFIXES:
            raise ValueError(
                f"a prefix is one of {', '.join(PREFIXES)}, a suffix one of {', '.join(SUFFIXES)}"
            )
        if self.ack_timeout_s <= 0:
            raise ValueError("ack_timeout_s must be above 0")

    def line(self, text: str, aim: str) -> bytes:
        """The label as a line."""
        body = label_bytes(text, aim=aim if self.aim else "", suffix=SUFFIXES[self.suffix])
        return PREFIXES[self.prefix] + body


def label_bytes(text: str, *, aim: str = "", suffix: bytes = b"\r\n") -> bytes:
    """AIM identifier, the label's text as UTF-8, and the line end.

    >>> label_bytes("RR473124829GB", aim="]C0")
    b']C0RR473124829GB\\r\\n'
    """
    return aim.encode("ascii") + text.encode() + suffix


def packet(opcode: int, data: bytes = b"", *, source: int = _OF_SCANNER, status: int = 0) -> bytes:
    """One SSI packet.

    Raises:
        ValueError: It would be longer than its first byte can say.

    >>> packet(0xD0, source=4).hex(" ")
    '04 d0 04 00 ff 28'
    """
    length = _SHORTEST + len(data)
    if length > _LONGEST:
        raise ValueError(f"{len(data)} bytes do not fit into one packet; a label has at most {_LONGEST - 5}")
    body = bytes([length, opcode, source, status]) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(2, "big")


class SsiModel:
    """A scanner that speaks SSI with its handshake on: it holds a label until the host acknowledges it."""

    def __init__(self, settings: ScannerSettings) -> None:
        self._settings = settings
        self._received = bytearray()
        self._waiting: list[bytes] = []
        self._tries = 0
        self._due_ns = 0

    def scan(self, text: str, aim: str, at_ns: int) -> bytes:
        """What is sent now that a label was read: nothing while the one before waits for its answer."""
        shown = label_bytes(text, aim=aim if self._settings.aim else "", suffix=b"")
        self._waiting.append(bytes([_SYMBOLOGIES.get(aim, _UNDEFINED)]) + shown)
        packet(DECODE_DATA, self._waiting[-1])
        return self._send(at_ns) if len(self._waiting) == 1 else b""

    def receive(self, data: bytes, at_ns: int) -> bytes:
        """What the scanner answers to the packets that these bytes complete."""
        self._received += data
        answers = b""
        while self._received:
            length = self._received[0]
            if length < _SHORTEST:
                del self._received[0]
                continue
            if len(self._received) < length + 2:
                break
            whole = bytes(self._received[: length + 2])
            del self._received[: length + 2]
            answers += self._take(whole, at_ns)
        return answers

    def tick(self, at_ns: int) -> bytes:
        """The label again, if it was not acknowledged in time; after three times it is given up."""
        if not self._waiting or at_ns < self._due_ns:
            return b""
        return self._send(at_ns) if self._tries < _TRIES else self._next(at_ns)

    def power_on(self) -> None:
        """As after a power cut: what waited is forgotten."""
        self._received.clear()
        self._waiting.clear()
        self._tries = 0

    def _take(self, whole: bytes, at_ns: int) -> bytes:
        body, opcode = whole[:-2], whole[1]
        if (sum(body) + int.from_bytes(whole[-2:], "big")) & 0xFFFF:
            return packet(NAK, bytes([_RESEND]))
        if opcode == ACK:
            return self._next(at_ns)
        if opcode == NAK:
            again = self._waiting and body[4:5] == bytes([_RESEND]) and self._tries < _TRIES
            return self._send(at_ns) if again else self._next(at_ns)
        return packet(ACK) if opcode in _KNOWN_COMMANDS else packet(NAK, bytes([_DENIED]))

    def _send(self, at_ns: int) -> bytes:
        self._tries += 1
        self._due_ns = at_ns + int(self._settings.ack_timeout_s * 1e9)
        return packet(DECODE_DATA, self._waiting[0], status=_SENT_AGAIN if self._tries > 1 else 0)

    def _next(self, at_ns: int) -> bytes:
        """What waited is over; the one behind it goes out."""
        if self._waiting:
            self._waiting.pop(0)
        self._tries = 0
        return self._send(at_ns) if self._waiting else b""
