"""How far the search for declarations without a current assessment has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class AssessmentBacklog:
    """A pass from the newest declaration down to where all are assessed; used by the writer's thread only."""

    read: str = ""
    floor: int = 0
    """Everything below is assessed."""
    at: int | None = None
    """Where the present pass continues, downwards; None between passes."""
    next_floor: int = 0
    """The floor once the present pass is done."""

    def arrived_after(self, last: int) -> None:
        """Declarations were stored after ``last``, or in its place."""
        if self.at is None:
            self.floor = min(self.floor, last)
        else:
            self.next_floor = min(self.next_floor, last)
