"""What a device said, once its bytes are understood."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable


class Status(StrEnum):
    """What a scale says beside, or instead of, a value."""

    MOTION = "motion"
    ZERO = "zero"
    NET = "net"
    NEGATIVE = "negative"
    TARE = "tare"
    OVERLOAD = "overload"
    UNDERLOAD = "underload"
    OUT_OF_RANGE = "out_of_range"
    NOT_READY = "not_ready"
    ERROR = "error"
    NOT_WEIGHT = "not_weight"
    """The device shows a count, a percentage or a price."""
    HIGH_RESOLUTION = "high_resolution"
    """Digits finer than the verified division: an expanded display, or a marked auxiliary digit."""
    PRINT = "print"
    """Somebody pressed the device's print key."""


NO_WEIGHT = frozenset(
    {
        Status.OVERLOAD,
        Status.UNDERLOAD,
        Status.OUT_OF_RANGE,
        Status.NOT_READY,
        Status.ERROR,
        Status.NOT_WEIGHT,
    }
)
"""With one of these a reading carries no value, whatever digits the device sent along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightReading:
    """One answer of a scale.

    ``value`` keeps the device's digits, trailing zeros included (they carry the division), in ``unit``, which
    is spelt as ``drivers.weighing.units`` spells it where it is known there. ``stable`` is the device's own
    word; None where it cannot tell. ``raw`` is the frame without its terminator.

    ``unit_source`` says whether the device named the unit or the site's configuration did. ``tare``, in the
    same unit, ``device_time`` and ``record`` (an alibi memory's number) are as the device sent them, None
    where it sends none.
    """

    value: Decimal | None
    unit: str | None
    stable: bool | None
    status: frozenset[Status]
    raw: bytes
    unit_source: Literal["device", "configuration"] = "device"
    tare: Decimal | None = None
    device_time: str | None = None
    record: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and self.status & NO_WEIGHT:
            raise ValueError(f"a reading that is {', '.join(sorted(self.status & NO_WEIGHT))} has no value")
        if self.value is not None and not self.value.is_finite():
            raise ValueError(f"{self.value} is not a weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A scale's answer to a command that asks for something else than the weight.

    ``command`` is the command's own name (``I4``, ``Z``, ``T``), ``text`` what follows its status letter.
    """

    command: str
    done: bool
    text: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRead:
    """One message of a barcode scanner.

    ``aim`` is the AIM symbology identifier (``]C1``; ISO/IEC 15424), split off from ``payload``; None where
    the scanner sends none. ``text`` is the payload decoded as ``encoding`` says; a GS (0x1D) stays in it.

    ``authenticated`` is False where anybody within reach could have sent the message: over a network without
    a key, say, and not over a cable. ``origin`` tells apart the devices that share one port; None where a
    port has one device.
    """

    aim: str | None
    payload: bytes
    text: str
    encoding: Literal["utf-8", "latin-1"]
    raw: bytes
    authenticated: bool = True
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRead:
    """The scanner says that it saw no barcode it could read."""

    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Bytes that meant nothing: how many were thrown away, and why (a code, never a sentence)."""

    discarded: int
    reason: str


Event = WeightReading | Answer | ScanRead | NoRead | Noise


class Parser(Protocol):
    """A protocol: bytes in any cut in, events out. It never raises, and never holds more than one frame."""

    def feed(self, data: bytes) -> list[Event]:
        """Every event that these bytes complete, in order."""
        ...

    def idle(self) -> list[Event]:
        """What the silence of the line completes.

        Most frames end with a byte of their own, and then this is nothing. A frame that may or may not be
        followed by one more byte is held until that byte comes, or until the line has been idle.
        """
        ...

    def held_bytes(self) -> int:
        """Bytes kept of what has not ended yet."""
        ...


@runtime_checkable
class Replying(Protocol):
    """A parser of a protocol in which the host answers: asked after every ``feed`` and ``idle``."""

    def pending_output(self) -> bytes:
        """Bytes to send to the device now; each is given once."""
        ...
