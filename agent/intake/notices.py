"""How an import goes on, for the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from agent.feed.messages import VERSION
from agent.hub import Hub
from agent.intake.protocol import Fault, Header, Progress

NOTICE = "import/now"


class _Listener(Protocol):
    @property
    def begun(self) -> Callable[[Header], None]: ...

    @property
    def faults(self) -> Callable[[tuple[Fault, ...]], None]: ...

    @property
    def progress(self) -> Callable[[Progress], None]: ...


class Shown:
    """Passes on what it hears, and shows the progress on the page."""

    def __init__(self, hub: Hub, name: str, listener: _Listener, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._name = name
        self._loop = loop
        self.begun = listener.begun
        self.faults = listener.faults
        self._progress = listener.progress

    def progress(self, progress: Progress) -> None:
        percent = 100 * progress.done // max(1, progress.total)
        message = notice(self._name, "running", progress.rows, progress.rejected, percent)
        self._loop.call_soon_threadsafe(self._hub.notices.state, NOTICE, message)
        self._progress(progress)


def notice(name: str, state: str, rows: int, rejected: int, percent: int) -> dict[str, Any]:
    """What the page is told of an import; ``state`` is running, done, stopped or refused."""
    return {
        "v": VERSION,
        "type": "import",
        "file": name,
        "state": state,
        "percent": percent,
        "rows": rows,
        "rejected": rejected,
    }
