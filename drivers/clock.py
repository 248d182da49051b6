"""The one place of this package that asks the system what time it is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class MonotonicClock(Protocol):
    """Time that never jumps: good for waits and ages, meaningless as a date."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since a moment that stays the same while the machine runs."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long; cancellation passes through."""
        ...


class WallClock(Protocol):
    """The date and time, which may jump: good for records, wrong for waits."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class DeviceClock:
    """The machine's own clocks."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
