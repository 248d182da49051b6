"""How long decisions take: a histogram for collectors, the newest values for ``status``."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from prometheus_client import Histogram

from agent.runtime.percentile import percentile

BUCKETS_S = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Upper bounds in seconds: a decision takes milliseconds; above a second something is wrong."""
NEWEST = 10_000
"""Values that the summary looks back on."""


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Median and 99th percentile of the newest values, in nanoseconds; 0 for none."""

    count: int
    p50_ns: int
    p99_ns: int


class LatencyMeter:
    """Last device byte of a scan to its decision on disk."""

    def __init__(self) -> None:
        # In no registry: a process may hold several hubs, and /metrics is asked of one.
        self.histogram = Histogram(
            "preclear_decision_duration_seconds",
            "Last byte of a scan to its decision on disk",
            buckets=BUCKETS_S,
            registry=None,
        )
        self._newest_ns: deque[int] = deque(maxlen=NEWEST)

    def note(self, took_ns: int) -> None:
        """Count one decision."""
        self.histogram.observe(took_ns / 1e9)
        self._newest_ns.append(took_ns)

    def summary(self) -> LatencySummary:
        """What the newest decisions took."""
        newest = list(self._newest_ns)
        return LatencySummary(len(newest), percentile(newest, 500), percentile(newest, 990))
