"""Everything a decision needs, in one place; built by ``app``, passed to whoever works."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from agent.assessment.documents import Documents
from agent.domain.decision.values import RiskReason, RiskScore
from agent.evidence.log import EvidenceLog
from agent.feed.broker import Notices
from agent.reference.in_force import InForce
from agent.runtime.clock import Clock
from agent.store.declarations import ReferenceStore
from agent.trust.senders import Senders
from drivers.transcripts.transcript import Recorder
from models.risk.features import PhysicalFacts, vector
from models.risk.scorer import Scorer


@dataclass(kw_only=True)
class Hub:
    """One hub at work."""

    name: str
    clock: Clock
    log: EvidenceLog
    reference: ReferenceStore
    documents: Documents
    in_force: InForce
    scorer: Scorer | None
    audit_key: bytes = field(repr=False)
    senders: Senders = field(default_factory=Senders)
    """Whose signatures on manifests are known."""
    notices: Notices = field(default_factory=Notices)
    new_entries: asyncio.Event = field(default_factory=asyncio.Event)
    declared: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was declared that may not be assessed yet."""
    taking_in: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Files are taken in one after the other, so that lanes share the machine with one at most."""
    latencies_ns: deque[int] = field(default_factory=lambda: deque(maxlen=10_000))
    """Last device byte to durable entry, of the newest scans."""
    reports: dict[str, Callable[[], list[dict[str, Any]]]] = field(default_factory=dict)
    """Of each station: how its devices are."""
    recorders: dict[str, Recorder] = field(default_factory=dict)
    """Of each device, by its place (``lane-1/scale``): the bytes that passed last."""
    durable_ns: int = 0
    """When the newest entry of a scan was on disk; monotonic."""
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @asynccontextmanager
    async def one_at_a_time(self, piece: str) -> AsyncIterator[None]:
        """Between reading what stands on a piece and recording what follows, nobody else decides on it."""
        lock = self._locks.get(piece)
        if lock is None:
            lock = self._locks[piece] = asyncio.Lock()
        async with lock:
            yield

    def score(
        self, features: tuple[float, ...] | None, physical: PhysicalFacts, declared_g: int | None
    ) -> RiskScore | None:
        """Risk of one piece; None when the model is missing, refused, or not the one the policy names."""
        if self.scorer is None or features is None:
            return None
        risk = self.scorer.score(vector(features, physical, declared_g))
        return RiskScore(
            permille=risk.permille,
            reasons=tuple(RiskReason(group=r.group, milli=r.milli) for r in risk.reasons),
        )
