"""What the hub says of itself."""

from __future__ import annotations

from typing import Any

from agent import __version__
from agent.hub import Hub


async def status_of(hub: Hub) -> dict[str, Any]:
    """Log, receipts, reference data, policy, model, devices: plain JSON."""
    policy = hub.in_force.policy
    declarations, sources = await hub.reference.counts()
    return {
        "schema": "preclear.status",
        "version": __version__,
        "hub": hub.name,
        "running": True,
        "log_id": hub.log.log_id,
        "entries": hub.log.size(),
        "receipted": hub.log.receipted(),
        "unsent": hub.log.size() - hub.log.receipted(),
        "log_failed": hub.log.failed,
        "declarations": declarations,
        "sources": sources,
        "policy": {"id": policy.id, "sequence": policy.sequence, "issued": policy.issued.isoformat()},
        "lists": [{"id": found.id, "issued": found.issued.isoformat()} for found in hub.in_force.lists],
        "model": None if hub.scorer is None else {"version": hub.scorer.version, "digest": hub.scorer.digest},
        "devices": [report for reports in hub.reports.values() for report in reports()],
        "states": hub.notices.states(),
        "latency_ms": _latency(list(hub.latencies_ns)),
    }


def percentile(values: list[int], permille: int) -> int:
    """The value that ``permille`` of the sorted ``values`` do not exceed; 0 for none.

    >>> percentile([5, 1, 9, 3], 500), percentile([5, 1, 9, 3], 990)
    (3, 9)
    """
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * permille // 1000) - 1))]


def _latency(values: list[int]) -> dict[str, float | int]:
    return {
        "count": len(values),
        "p50": round(percentile(values, 500) / 1e6, 3),
        "p99": round(percentile(values, 990) / 1e6, 3),
    }
