"""What goes over the control socket: the requests, the lines of a streamed answer, and how an error travels.

A short answer is one JSON object. A streamed one is lines of JSON: progress, and at the end the report or the
failure. A failure carries the version of the protocol, since a hub that was not restarted after an update
still answers as it did before.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.domain.consignment.effective import SourceRole
from agent.errors import AgentError, HubRefused
from agent.intake.protocol import Fault, FileHeader, Progress
from agent.intake.removal import Going

FILE = "control.sock"
VERSION = 2
"""Version 1 sent the exit code of an error; 2 sends the names of its classes."""

LINE_BYTES = 64 << 20
"""Of one line; a part of a file has a few hundred faulty rows at most."""

REFUSED = 409
"""The HTTP status of a failure."""


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """Request of ``decide``."""

    barcode: str
    grams: int | None = None
    record: bool = True


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """Request of ``transcript``; ``place`` is STATION/ROLE."""

    place: str


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """Request of ``import``; ``faults`` asks for every refused or corrected row, not the report alone."""

    path: str
    party: str | None = None
    role: SourceRole | None = None
    signature: bytes | None = None
    transport: str | None = None
    profile: str | None = None
    profiles: tuple[tuple[str, str], ...] = ()
    faults: bool = False


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the hub: its message, and the names of its classes, the narrowest first."""

    error: str
    kinds: tuple[str, ...] = ()
    v: int = 1

    def as_error(self) -> HubRefused:
        """The error that the command ends with."""
        if self.v == VERSION:
            return HubRefused(self.error, self.kinds)
        return HubRefused(f"{self.error} (the running hub has another version; restart it)", self.kinds)


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a streamed answer; ``error``, ``kinds`` and ``v`` are those of a failure."""

    begun: FileHeader | None = None
    progress: Progress | None = None
    faults: tuple[Fault, ...] | None = None
    going: Going | None = None
    report: dict[str, Any] | None = None
    error: str | None = None
    kinds: tuple[str, ...] = ()
    v: int = 1

    @staticmethod
    def of_failure(failure: Failure) -> AnswerLine:
        """The last line of a stream that failed."""
        return AnswerLine(error=failure.error, kinds=failure.kinds, v=failure.v)

    def failure(self) -> Failure | None:
        """The failure that ends the stream here."""
        return None if self.error is None else Failure(error=self.error, kinds=self.kinds, v=self.v)


def failure_of(error: AgentError) -> Failure:
    """How an error of the hub travels."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, AgentError)]
    return Failure(error=str(error), kinds=tuple(kinds), v=VERSION)
