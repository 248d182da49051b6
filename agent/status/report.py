"""What the hub reports of itself, read from log, store, policy, model, stations and link."""

from __future__ import annotations

from typing import Any

from agent import __version__
from agent.feed.messages import plain
from agent.hub import Hub
from agent.runtime.latency import LatencySummary
from agent.status.states import state_messages


async def status_of(hub: Hub) -> dict[str, Any]:
    """Log, receipts, reference data, policy, model, devices: plain JSON."""
    in_force = hub.reference_data.current
    policy, scorer = in_force.policy, in_force.scorer
    declarations, sources = await hub.declarations.counts()
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
        "lists": [{"id": each.id, "issued": each.issued.isoformat()} for each in in_force.lists],
        "model": None if scorer is None else {"version": scorer.version, "digest": scorer.digest},
        "devices": [report for station in hub.stations.values() for report in station.reports()],
        "states": [plain(state) for state in state_messages(hub)],
        "latency_ms": _latency(hub.latency.summary()),
    }


def _latency(summary: LatencySummary) -> dict[str, float | int]:
    return {
        "count": summary.count,
        "p50": round(summary.p50_ns / 1e6, 3),
        "p99": round(summary.p99_ns / 1e6, 3),
    }
