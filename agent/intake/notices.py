"""Shows on the screens how an import is getting on."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Literal

from agent.errors import AgentError, ImportAbandoned
from agent.feed.messages import ImportMessage
from agent.hub import Hub, ImportState
from agent.intake.listener import Listener
from agent.intake.protocol import Progress


class PageProgress:
    """A listener that passes everything on to another one; owns the hub's state of the newest import.

    ``begun``, ``faults`` and ``progress`` are called in the importing thread, the other methods in the loop.
    """

    def __init__(self, hub: Hub, name: str, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._name = name
        self._loop = loop
        self.begun = listener.begun
        self.faults = listener.faults
        self._progress = listener.progress

    def progress(self, progress: Progress) -> None:
        """The import went on."""
        percent = 100 * progress.done // max(1, progress.total)
        state = self._state("running", percent, progress.rows, progress.rejected)
        self._loop.call_soon_threadsafe(self._show, state)
        self._progress(progress)

    def done(self, rows: int, rejected: int) -> None:
        """The whole file was read."""
        self._show(self._state("done", 100, rows, rejected))

    def failed(self, error: AgentError) -> None:
        """The import ended early: its client disconnected, or the file was refused."""
        self._show(self._state("stopped" if isinstance(error, ImportAbandoned) else "refused", 0, 0, 0))

    def _state(
        self, state: Literal["running", "done", "stopped", "refused"], percent: int, rows: int, rejected: int
    ) -> ImportState:
        return ImportState(file=self._name, state=state, percent=percent, rows=rows, rejected=rejected)

    def _show(self, state: ImportState) -> None:
        self._hub.importing = state
        self._hub.feed.publish_state(ImportMessage(**asdict(state)))
