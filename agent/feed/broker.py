"""Passes messages to every subscribed screen, and keeps the states for screens that connect later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.feed.messages import Message, StateMessage, encode

ROOM = 256
"""Messages a slow screen may lag by; past that it is dropped and catches up by sequence."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message and its text, which is encoded once for all screens."""

    message: Message
    text: str


class Subscriber:
    """One screen."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Outgoing | None] = asyncio.Queue(ROOM)
        self._lost = False

    def put(self, outgoing: Outgoing) -> None:
        """Add one message; one too many and the screen is lost: nothing that waits will reach it."""
        if self._lost:
            return
        try:
            self._queue.put_nowait(outgoing)
        except asyncio.QueueFull:
            self._lost = True
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(None)

    async def next(self) -> Outgoing | None:
        """The next message; None at the end, when the screen was too slow."""
        return await self._queue.get()

    def take(self) -> Message | None:
        """A message that waits already; None where none does."""
        outgoing = None if self._queue.empty() else self._queue.get_nowait()
        return None if outgoing is None else outgoing.message


class Broker:
    """Publishes to every subscriber; a screen never holds up a lane."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._states: dict[str, StateMessage] = {}

    def publish(self, message: Message) -> None:
        """Send a message to those who are subscribed now."""
        if not self._subscribers:
            return
        outgoing = Outgoing(message, encode(message))
        for subscriber in self._subscribers:
            subscriber.put(outgoing)

    def publish_state(self, message: StateMessage) -> None:
        """Send a state unless it is what it was, and keep it for those who subscribe later."""
        if self._states.get(message.key) != message:
            self._states[message.key] = message
            self.publish(message)

    def states(self) -> list[StateMessage]:
        """The states that hold now."""
        return list(self._states.values())

    @contextmanager
    def subscribe(self) -> Iterator[Subscriber]:
        """Messages from now on."""
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
