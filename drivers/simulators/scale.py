"""A scale that answers MT-SICS as a real one does, computed from the time it is asked for; no I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.frames import LineFramer
from drivers.randomness import Randomness

_SETTLED = 5.0
"""Time constants of the settling curve in one settling time: what is left of a change is then e^-5, 0.7 %."""

_MUTE_S = 2.0
_NOISE_BYTES = 12

FAULTS = ("cut_frame", "noise", "silence")
"""What can go wrong with the bytes; a lost plug is the process's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """A parcel scale of 30 kg by 1 g that settles in 0.8 s; ``speed`` divides every duration."""

    rate_hz: float = 20.0
    speed: float = 1.0
    settle_s: float = 0.8
    capacity_g: int = 30_000
    noise_g: float = 0.2
    serial_number: str = "SIM0001"

    def __post_init__(self) -> None:
        if self.rate_hz <= 0 or self.speed <= 0 or self.settle_s <= 0:
            raise ValueError("rate_hz, speed and settle_s must be above 0")


class ScaleModel:
    """One simulated scale. Times given to it, in monotonic nanoseconds, never run backwards."""

    def __init__(self, randomness: Randomness, settings: ScaleSettings | None = None) -> None:
        self._randomness = randomness
        self._settings = settings or ScaleSettings()
        self._framer = LineFramer(64)
        self._from_g = 0.0
        self._to_g = 0.0
        self._changed_ns = 0
        self._zero_g = 0.0
        self._streaming = False
        self._mute_until_ns = 0
        self._faults: list[str] = []

    def lay(self, grams: float, at_ns: int) -> None:
        """Put a load of so many grams on the pan in place of what lies there."""
        self._from_g = self._load_g(at_ns)
        self._to_g = grams
        self._changed_ns = at_ns

    def take(self, at_ns: int) -> None:
        """Lift the load off."""
        self.lay(0, at_ns)

    def power_on(self) -> None:
        """As after a power cut: the load stays, the stream does not."""
        self._streaming = False
        self._framer = LineFramer(64)

    def fault(self, name: str, at_ns: int) -> None:
        """Let one thing go wrong.

        ``cut_frame`` sends half of the next reading and no line end, ``noise`` sends random bytes before it,
        ``silence`` ends the stream and leaves commands unanswered for two seconds.

        Raises:
            ValueError: There is no such fault.
        """
        if name not in FAULTS:
            raise ValueError(f"no fault is called {name!r}; use one of {', '.join(FAULTS)}")
        if name == "silence":
            self._streaming = False
            self._mute_until_ns = at_ns + int(_MUTE_S / self._settings.speed * 1e9)
        else:
            self._faults.append(name)

    def receive(self, data: bytes, at_ns: int) -> bytes:
        """The answers to the commands that these bytes complete."""
        lines = [frame for frame in self._framer.feed(data) if isinstance(frame, bytes)]
        if at_ns < self._mute_until_ns:
            return b""
        return b"".join(self._answer(line, at_ns) for line in lines)

    def tick(self, at_ns: int) -> bytes:
        """What the stream sends now; to be called at ``rate_hz``."""
        if not self._streaming:
            return b""
        line = self._reading(at_ns)
        for fault in self._faults:
            line = line[: len(line) // 2] if fault == "cut_frame" else self._noise() + line
        self._faults.clear()
        return line

    def _answer(self, command: bytes, at_ns: int) -> bytes:
        if command in {b"S", b"SI", b"SIR", b"@"}:
            # Any of these ends the repetition that was asked for before.
            self._streaming = command == b"SIR"
        match command:
            case b"SI" | b"SIR":
                return self._reading(at_ns)
            case b"S":
                # A real scale waits for the load to settle; what it says when it gave up is the same.
                return b"S I\r\n" if self._moving(at_ns) else self._reading(at_ns)
            case b"Z":
                if self._moving(at_ns):
                    return b"Z I\r\n"
                self._zero_g = self._load_g(at_ns)
                return b"Z A\r\n"
            case b"@" | b"I4":
                return f'I4 A "{self._settings.serial_number}"\r\n'.encode()
            case _:
                return b"ES\r\n"

    def _reading(self, at_ns: int) -> bytes:
        moving = self._moving(at_ns)
        grams = self._load_g(at_ns) - self._zero_g
        if moving:
            grams += (self._randomness.random() * 2 - 1) * 20 * self._settings.noise_g
        grams += (self._randomness.random() * 2 - 1) * self._settings.noise_g
        if grams > self._settings.capacity_g:
            return b"S +\r\n"
        return f"S {'D' if moving else 'S'} {round(grams) / 1000:10.3f} kg\r\n".encode()

    def _load_g(self, at_ns: int) -> float:
        """The settling curve: the old load gives way to the new one, without overshoot."""
        elapsed = (at_ns - self._changed_ns) / 1e9 * self._settings.speed / self._settings.settle_s
        return self._to_g + (self._from_g - self._to_g) * math.exp(-_SETTLED * elapsed)

    def _moving(self, at_ns: int) -> bool:
        return abs(self._load_g(at_ns) - self._to_g) > 0.5

    def _noise(self) -> bytes:
        # Line ends are left out, so that the noise meets the frame behind it.
        return bytes(0x80 + int(self._randomness.random() * 0x80) for _ in range(_NOISE_BYTES))


def with_parity(data: bytes, parity: str) -> bytes:
    """The bytes as a line with 7 data bits and an ``even`` or ``odd`` parity bit shows them to one read as
    8N1.

    >>> with_parity(b"S ", "even")
    b'S\\xa0'
    """
    if parity not in {"even", "odd"}:
        raise ValueError(f"no parity is called {parity!r}; use even or odd")
    wanted = parity == "odd"
    return bytes((b & 0x7F) | (0x80 if (b & 0x7F).bit_count() % 2 != wanted else 0) for b in data)
