"""How one device is doing: what it is at, since when, and everything that was counted on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from drivers.events import Event, Noise, ScanRead

RATE_WINDOW_S = 5
"""Frames per second are counted over the last whole seconds, so many."""

FOREIGN_AFTER = 3
"""So many pieces of noise, and never a frame: the device speaks something else."""

GS = 0x1D

_FRAMING = {
    "parity_even": 'the device sends seven bits with even parity: set bits = 7, parity = "even"',
    "parity_odd": 'the device sends seven bits with odd parity: set bits = 7, parity = "odd"',
}
_FOREIGN = "nothing the device sends is of its protocol: check the speed (baud) and the protocol"


class DeviceState(StrEnum):
    """What a device is doing. SILENT is one that should talk and does not: off, asleep, or the wrong one."""

    OPENING = "opening"
    UP = "up"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """A device at one moment; times are monotonic nanoseconds, counters run since the start.

    Args:
        since_ns: When it came into its state.
        last_frame_ns: When it last said something that was understood.
        frames_per_s: Over the last seconds.
        noise_bytes: Bytes that were thrown away.
        parse_errors: How often that was.
        open_failures: Openings that failed; ``reconnects`` counts those that worked, but the first.
        driver_failures: How often a parser, or who was told of its events, failed; each is in the log.
        backlog_bytes: Received and not yet read.
        has_sent_gs: Whether a scan ever held a GS (0x1D). A scanner that reads GS1 codes and never shows one
            may have been set up to drop it.
        advice: What to change, where the noise itself says so.
        last_error: What port or driver said last.
        last_noise: The code of the last noise.
    """

    state: DeviceState
    since_ns: int
    last_byte_ns: int | None
    last_frame_ns: int | None
    frames: int
    frames_per_s: float
    noise_bytes: int
    parse_errors: int
    reconnects: int
    open_failures: int
    driver_failures: int
    backlog_bytes: int
    has_sent_gs: bool
    advice: str | None
    last_error: str | None
    last_noise: str | None

    def quiet_s(self, now_ns: int) -> float | None:
        """Age of the last byte; None if there was none."""
        return None if self.last_byte_ns is None else (now_ns - self.last_byte_ns) / 1e9


class HealthMeter:
    """Counts for one device; its owner takes a ``snapshot`` whenever somebody asks."""

    def __init__(self, now_ns: int) -> None:
        self.state = DeviceState.OPENING
        self.since_ns = now_ns
        self.last_byte_ns: int | None = None
        self.last_frame_ns: int | None = None
        self.frames = 0
        self.noise_bytes = 0
        self.parse_errors = 0
        self.reconnects = 0
        self.open_failures = 0
        self.driver_failures = 0
        self.has_sent_gs = False
        self.last_error: str | None = None
        self.last_noise: str | None = None
        self.backlog: Callable[[], int] = lambda: 0
        self._advice: str | None = None
        self._rate = _Rate()

    def snapshot(self, now_ns: int) -> DeviceHealth:
        return DeviceHealth(
            state=self.state,
            since_ns=self.since_ns,
            last_byte_ns=self.last_byte_ns,
            last_frame_ns=self.last_frame_ns,
            frames=self.frames,
            frames_per_s=self._rate.at(now_ns),
            noise_bytes=self.noise_bytes,
            parse_errors=self.parse_errors,
            reconnects=self.reconnects,
            open_failures=self.open_failures,
            driver_failures=self.driver_failures,
            backlog_bytes=self.backlog(),
            has_sent_gs=self.has_sent_gs,
            advice=self._advice,
            last_error=self.last_error,
            last_noise=self.last_noise,
        )

    def count(self, event: Event, at_ns: int) -> None:
        """Something the parser made of the bytes of that moment."""
        if isinstance(event, Noise):
            self.noise_bytes += event.discarded
            self.parse_errors += 1
            self.last_noise = event.reason
            if event.reason in _FRAMING:
                self._advice = _FRAMING[event.reason]
            elif self._advice is None and self.frames == 0 and self.parse_errors >= FOREIGN_AFTER:
                self._advice = _FOREIGN
            return
        self.frames += 1
        self.last_frame_ns = at_ns
        self._rate.count(at_ns)
        # It is understood, so whatever looked wrong before was a disturbance or is set right.
        self._advice = None
        if isinstance(event, ScanRead) and GS in event.payload:
            self.has_sent_gs = True


class _Rate:
    """Frames in each of the last seconds; of a fixed size however many there are."""

    def __init__(self) -> None:
        self._counts = [0] * (RATE_WINDOW_S + 1)
        self._second = 0

    def count(self, at_ns: int) -> None:
        self._turn_to(at_ns)
        self._counts[self._second % len(self._counts)] += 1

    def at(self, now_ns: int) -> float:
        self._turn_to(now_ns)
        # The second that still runs is left out: it is not whole.
        under_way = self._counts[self._second % len(self._counts)]
        return (sum(self._counts) - under_way) / RATE_WINDOW_S

    def _turn_to(self, at_ns: int) -> None:
        second = max(at_ns // 1_000_000_000, self._second)
        for passed in range(self._second + 1, min(second, self._second + len(self._counts)) + 1):
            self._counts[passed % len(self._counts)] = 0
        self._second = second
