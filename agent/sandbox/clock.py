"""A clock whose time passes only when it is advanced."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class ManualClock:
    """Stands at ``START`` until it is advanced; those who sleep on it wake only then."""

    at: datetime = START
    ns: int = 1_000_000_000_000
    _sleepers: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake those who slept that long."""
        self.at += timedelta(seconds=seconds)
        self.ns += round(seconds * 1e9)
        due = [woken for until, woken in self._sleepers if until <= self.ns and not woken.done()]
        self._sleepers = [s for s in self._sleepers if s[0] > self.ns]
        for woken in due:
            woken.set_result(None)

    def now(self) -> datetime:
        return self.at

    def monotonic_ns(self) -> int:
        return self.ns

    def boot(self) -> tuple[str, int]:
        return "00c0ffee00c0ffee", self.ns

    def trust(self) -> tuple[str, int | None]:
        return "ntp", 20

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.ns + round(seconds * 1e9), woken))
        await woken
