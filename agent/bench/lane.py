"""One lane, played by hand."""

from __future__ import annotations

import os

from agent.app import Opened
from agent.bench.bed import Wires
from agent.feed.broker import Subscriber
from agent.feed.messages import DecisionMessage
from agent.runtime.clock import Clock

STABLE = 4
"""Readings of one weight, until the hub takes it for settled."""


class Lane:
    """Plays a scale and a scanner by hand, so that the moment of the last byte is known."""

    def __init__(self, wires: Wires, opened: Opened, clock: Clock, screen: Subscriber) -> None:
        self._wires = wires
        self._hub = opened.hub
        self._clock = clock
        self._screen = screen

    async def clear(self, label: str, grams: int) -> int:
        """One parcel; nanoseconds from writing the last byte of its label to its entry on disk."""
        for _ in range(2):
            await self._reading(0)
        for _ in range(STABLE):
            await self._reading(grams)
        self._drain()
        sent_ns = self._clock.monotonic_ns()
        os.write(self._wires.scanner, f"]C0{label}\r\n".encode())
        while True:
            outgoing = await self._screen.next()
            if outgoing is not None and isinstance(outgoing.message, DecisionMessage):
                break
        return self._hub.durable_ns - sent_ns

    async def _reading(self, grams: int) -> None:
        os.write(self._wires.scale, f"S S {grams:10d} g\r\n".encode())
        await self._clock.sleep(0.004)

    def _drain(self) -> None:
        """The hub asks its scale to talk; we talk anyway."""
        try:
            while os.read(self._wires.scale, 4096):
                pass
        except BlockingIOError:
            pass
