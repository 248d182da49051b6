"""Who follows an import while it runs."""

from __future__ import annotations

from typing import Protocol

from agent.intake.protocol import Fault, FileHeader, Progress


class Listener(Protocol):
    """Follows an import; every method is called in the importing thread."""

    def begun(self, header: FileHeader) -> None:
        """The file was recognised."""

    def faults(self, faults: tuple[Fault, ...]) -> None:
        """Rows were refused or corrected."""

    def progress(self, progress: Progress) -> None:
        """The import has come further; four times a second."""


class NullListener:
    """Does nothing with what it is given."""

    def begun(self, header: FileHeader) -> None: ...

    def faults(self, faults: tuple[Fault, ...]) -> None: ...

    def progress(self, progress: Progress) -> None: ...
