"""What most parsers have in common: frames come out of a framer, and each is understood by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod

from drivers.events import Event, Noise
from drivers.framing.frames import Framer, parity_hint


class FrameParser(ABC):
    """A protocol whose frames stand alone. A subclass gives ``_parse`` and hands its framer on.

    ``protocol`` names the grammar in the reason of a frame that is not of it.
    """

    __slots__ = ("_framer",)
    protocol = "frame"

    def __init__(self, framer: Framer) -> None:
        self._framer = framer

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for frame in self._framer.feed(data):
            if isinstance(frame, Noise):
                events.append(frame)
            else:
                events.append(self._parse(frame) or self._refused(frame))
        return events

    def idle(self) -> list[Event]:
        return []

    def held_bytes(self) -> int:
        return self._framer.held_bytes()

    @abstractmethod
    def _parse(self, frame: bytes) -> Event | None:
        """What one whole frame says; None for a frame of another grammar."""

    def _refused(self, frame: bytes) -> Noise:
        return refused(frame, self.protocol)


def refused(frame: bytes, protocol: str) -> Noise:
    """A frame that is not of the grammar; it says so if the line's parity explains it."""
    parity = parity_hint(frame)
    reason = f"parity_{parity}" if parity else f"not_{protocol.replace('-', '_')}"
    return Noise(discarded=len(frame), reason=reason)
