"""How far the search for declarations that are not assessed has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Walk:
    """A walk from the newest declaration down to where all are assessed; the writer's thread alone has it."""

    read: str = ""
    floor: int = 0
    """Everything below is assessed."""
    at: int | None = None
    """Where the present walk goes on, downwards; None between walks."""
    next_floor: int = 0
    """The floor once the present walk is done."""

    def arrived_after(self, last: int) -> None:
        """Declarations were stored behind ``last``, or in its place."""
        if self.at is None:
            self.floor = min(self.floor, last)
        else:
            self.next_floor = min(self.next_floor, last)
