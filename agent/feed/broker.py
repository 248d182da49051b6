"""What screens are told: decisions by their number in the log, and states that pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ROOM = 256
"""Messages a slow screen may lag behind; past that it is dropped and catches up by sequence."""


class Subscriber:
    """One screen."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(ROOM)
        self.lost = False

    def put(self, message: dict[str, Any]) -> None:
        if self.lost:
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.lost = True
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class Notices:
    """Publishes to every subscriber; a screen never holds up a lane."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._states: dict[str, dict[str, Any]] = {}

    def publish(self, message: dict[str, Any]) -> None:
        """Tell everybody once."""
        for subscriber in self._subscribers:
            subscriber.put(message)

    def state(self, key: str, message: dict[str, Any]) -> None:
        """Tell everybody, and whoever comes later, until another state takes its place."""
        if self._states.get(key) != message:
            self._states[key] = message
            self.publish(message)

    def states(self) -> list[dict[str, Any]]:
        """The states that hold now."""
        return list(self._states.values())

    @contextmanager
    def subscribe(self) -> Iterator[Subscriber]:
        """Messages from now on; the queue ends with None when the subscriber was too slow."""
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
