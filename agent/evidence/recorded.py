"""A decision that is on disk."""

from __future__ import annotations

from dataclasses import dataclass

from sync.log.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An entry that is on disk. ``durable_ns`` is the monotonic time just after its COMMIT."""

    entry: Entry
    durable_ns: int
