"""The hub's clock: aware UTC for records, monotonic time for waits, and how far either may be trusted."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from agent.runtime.ids import new_boot_id

_BOOT_LIMIT_NS = 2**52
"""A boot id is renewed before its nanoseconds leave the integers that every JSON reader keeps (52 days)."""
_TRUST_FOR_NS = 60_000_000_000
_STA_UNSYNC = 0x0040


class Clock(Protocol):
    """Where the hub reads the time; tests bring their own."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Never goes back; for waits and latencies."""
        ...

    def boot(self) -> tuple[str, int]:
        """Id of this run of the clock, and nanoseconds since it began (below 2^53)."""
        ...

    def trust(self) -> tuple[str, int | None]:
        """Source of the wall clock (``ntp``, ``unsynchronised``, ``unknown``) and its uncertainty in ms."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


def iso(at: datetime) -> str:
    """Milliseconds, in UTC.

    >>> iso(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    '2026-03-01T09:30:00.000Z'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Timex(ctypes.Structure):
    """Head of ``struct timex`` (adjtimex(2)); the rest is padding for the kernel to write into."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def _kernel_trust() -> tuple[str, int | None]:
    if sys.platform != "linux":
        return "unknown", None
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state < 0:
        return "unknown", None
    if timex.status & _STA_UNSYNC:
        return "unsynchronised", None
    return "ntp", -(-timex.maxerror // 1000)


@dataclass
class SystemClock:
    """The machine's own clocks."""

    _boot_id: str = field(default_factory=new_boot_id)
    _boot_ns: int = field(default_factory=time.monotonic_ns)
    _trust: tuple[str, int | None] = ("unknown", None)
    _trust_ns: int | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def boot(self) -> tuple[str, int]:
        since = time.monotonic_ns() - self._boot_ns
        if since > _BOOT_LIMIT_NS:
            self._boot_id, self._boot_ns, since = new_boot_id(), time.monotonic_ns(), 0
        return self._boot_id, since

    def trust(self) -> tuple[str, int | None]:
        now_ns = time.monotonic_ns()
        if self._trust_ns is None or now_ns - self._trust_ns > _TRUST_FOR_NS:
            self._trust, self._trust_ns = _kernel_trust(), now_ns
        return self._trust

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
