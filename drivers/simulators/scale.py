"""A scale computed from the time it is asked for: its physics; ``speech`` turns them into bytes. No I/O."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from drivers.randomness import Randomness
from drivers.simulators.speech import SPEECHES, Reply, Showing, Speech
from drivers.simulators.speech.showing import STEPS, in_unit

_SETTLED = 5.0
"""Time constants of the settling curve in one settling time: what is left of a change is then e^-5, 0.7 %."""

_MUTE_S = 2.0
_NOISE_BYTES = 12
_POWER_UP = b"\x00\x00\x7f\x7f"
_RECEIVED_CEILING = 64
_UNDER_PART = 0.02
"""Of its capacity a scale goes below zero before it says so."""

FAULTS = ("cut_frame", "noise", "power_up", "silence", "wrong_checksum")
"""What can go wrong with the bytes; a lost plug and the parity of the line are the process's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """A parcel scale of 30 kg by 1 g that settles in 0.8 s; ``speed`` divides every duration.

    ``unit`` None is the protocol's usual one; ``division`` is in that unit, None for the unit's usual one.
    """

    protocol: str = "mt-sics"
    unit: str | None = None
    division: Decimal | None = None
    rate_hz: float = 20.0
    speed: float = 1.0
    settle_s: float = 0.8
    capacity_g: int = 30_000
    noise_g: float = 0.2

    def __post_init__(self) -> None:
        if self.rate_hz <= 0 or self.speed <= 0 or self.settle_s <= 0:
            raise ValueError("rate_hz, speed and settle_s must be above 0")
        if self.protocol not in SPEECHES:
            raise ValueError(f"no simulated scale speaks {self.protocol!r}; use one of {', '.join(SPEECHES)}")
        if self.unit is not None and self.unit not in self.speech.units:
            raise ValueError(
                f"{self.protocol} does not show {self.unit!r}; use one of {', '.join(self.speech.units)}"
            )

    @property
    def speech(self) -> Speech:
        return SPEECHES[self.protocol]


class ScaleModel:
    """One simulated scale. Times given to it, in monotonic nanoseconds, never run backwards."""

    def __init__(self, randomness: Randomness, settings: ScaleSettings | None = None) -> None:
        self._randomness = randomness
        self._settings = settings or ScaleSettings()
        self.speech = self._settings.speech
        self._unit = self._settings.unit or self.speech.units[0]
        self._step = self._settings.division or STEPS[self._unit]
        self._command = re.compile(self.speech.command)
        self._received = b""
        self._from_g = 0.0
        self._to_g = 0.0
        self._changed_ns = 0
        self._zero_g = 0.0
        self._tare_g = 0.0
        self._drift_g_per_s = 0.0
        self._drift_ns = 0
        self._stuck = False
        self._streaming = self.speech.streams
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

    def tare(self, on: bool, at_ns: int) -> None:
        """Take what lies there as the tare, or forget the tare."""
        self._tare_g = self._on_pan_g(at_ns) - self._zero_g if on else 0.0

    def drift(self, grams_per_s: float, at_ns: int) -> None:
        """Let the zero walk from now on; at 0 it stays where it has got to. ``speed`` applies."""
        self._zero_g -= self._walked_g(at_ns)
        self._drift_g_per_s = grams_per_s
        self._drift_ns = at_ns

    def stick(self, on: bool) -> None:
        """Let the scale call itself stable whatever its load does, as some do."""
        self._stuck = on

    def power_on(self) -> None:
        """As after a power cut: the load stays; a stream that was asked for, and the tare, do not."""
        self._streaming = self.speech.streams
        self._received = b""
        self._tare_g = 0.0

    def fault(self, name: str, at_ns: int) -> None:
        """Let one thing go wrong.

        ``cut_frame`` sends half of the next reading and no end, ``noise`` sends random bytes before it,
        ``power_up`` what a converter sends when it is switched on, ``wrong_checksum`` sends it with another
        check. ``silence`` ends a stream that was asked for, sends nothing and leaves commands unanswered for
        two seconds.

        Raises:
            ValueError: There is no such fault, or the protocol has no checksum.
        """
        if name not in FAULTS:
            raise ValueError(f"no fault is called {name!r}; use one of {', '.join(FAULTS)}")
        if name == "wrong_checksum" and self.speech.spoil is None:
            raise ValueError(f"{self.speech.name} has no checksum that could be wrong")
        if name == "silence":
            self._streaming = self.speech.streams
            self._mute_until_ns = at_ns + int(_MUTE_S / self._settings.speed * 1e9)
        else:
            self._faults.append(name)

    def held_bytes(self) -> int:
        """Bytes kept of a command that has not ended yet."""
        return len(self._received)

    def receive(self, data: bytes, at_ns: int) -> bytes:
        """The answers to the commands that these bytes complete."""
        self._received += data
        answers: list[bytes] = []
        while command := self._command.search(self._received):
            self._received = self._received[command.end() :]
            if at_ns >= self._mute_until_ns:
                answers.append(self._obey(command[0].strip(b"\r\n"), at_ns))
        self._received = self._received[-_RECEIVED_CEILING:]
        return b"".join(answers)

    def tick(self, at_ns: int) -> bytes:
        """What the stream sends now; to be called at ``rate_hz``."""
        if not self._streaming or at_ns < self._mute_until_ns:
            return b""
        return self._damaged(self.speech.frame(self.showing(at_ns)))

    def showing(self, at_ns: int) -> Showing:
        """What the display shows now."""
        moving = self._moving(at_ns)
        gross = self._on_pan_g(at_ns) - self._zero_g
        if moving:
            gross += self._chance() * 20 * self._settings.noise_g
        gross += self._chance() * self._settings.noise_g
        value = in_unit(gross - self._tare_g, self._unit, self._step)
        stable = self._stuck or not moving
        return Showing(
            value=value,
            unit=self._unit,
            stable=stable,
            zero=stable and value == 0,
            net=self._tare_g != 0,
            tare=in_unit(self._tare_g, self._unit, self._step),
            over=gross > self._settings.capacity_g,
            under=gross < -_UNDER_PART * self._settings.capacity_g,
        )

    def _obey(self, command: bytes, at_ns: int) -> bytes:
        showing = self.showing(at_ns)
        reply: Reply = self.speech.answer(command, showing)
        if reply.stream is not None:
            self._streaming = reply.stream
        match reply.act:
            case "zero":
                self._zero_g = self._on_pan_g(at_ns)
                self._tare_g = 0.0
            case "tare" | "clear":
                self.tare(reply.act == "tare", at_ns)
        # Only a reading is damaged: a handshake is too short to be cut.
        return self._damaged(reply.data) if reply.data == self.speech.frame(showing) else reply.data

    def _damaged(self, frame: bytes) -> bytes:
        """The frame with every fault that waits for one."""
        if not frame:
            return frame
        for fault in self._faults:
            match fault:
                case "cut_frame":
                    frame = frame[: len(frame) // 2]
                case "wrong_checksum" if self.speech.spoil is not None:
                    frame = self.speech.spoil(frame)
                case "power_up":
                    frame = _POWER_UP + frame
                case "noise":
                    frame = self._noise() + frame
        self._faults.clear()
        return frame

    def _chance(self) -> float:
        return self._randomness.random() * 2 - 1

    def _on_pan_g(self, at_ns: int) -> float:
        return self._load_g(at_ns) + self._walked_g(at_ns)

    def _walked_g(self, at_ns: int) -> float:
        return self._drift_g_per_s * (at_ns - self._drift_ns) / 1e9 * self._settings.speed

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
