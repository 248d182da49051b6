"""A decision that is on disk."""

from __future__ import annotations

from dataclasses import dataclass

from agent.domain.decision.values import Verdict
from sync.log.entries import Entry
from sync.log.statement import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An entry that is on disk, and what it says, so that nobody has to decode it to learn that."""

    entry: Entry
    statement: Decision
    """What ``entry`` carries, at its place in the log."""
    verdict: Verdict
    durable_ns: int
    """The monotonic time just after its COMMIT."""
