"""Everything a decision needs, in one place; built by ``app``, passed to whoever works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from weakref import WeakValueDictionary

from agent.assessment.documents import Documents
from agent.domain.decision.values import RiskReason, RiskScore
from agent.evidence.log import EvidenceLog
from agent.feed.broker import Broker
from agent.reference.in_force import InForce
from agent.runtime.clock import Clock
from agent.runtime.latency import LatencyMeter
from agent.store.declarations import ReferenceStore
from agent.trust.senders import Senders
from drivers.transcripts.transcript import Recorder
from models.risk.features import PhysicalFacts, vector
from models.risk.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """Whether the centre answered the last attempt (if only to refuse), and what went wrong."""

    online: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportState:
    """How an import is getting on; ``rows`` were read, ``rejected`` of them refused."""

    file: str
    state: Literal["running", "done", "stopped", "refused"]
    percent: int
    rows: int
    rejected: int


class StationState(Protocol):
    """What a station answers when asked how it is."""

    @property
    def stopped(self) -> str | None:
        """Why it decides nothing more; None while it does."""
        ...

    def reports(self) -> list[dict[str, Any]]:
        """How its devices are, as plain JSON."""
        ...


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
    feed: Broker = field(default_factory=Broker)
    """Messages to screens."""
    new_entries: asyncio.Event = field(default_factory=asyncio.Event)
    declared: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was declared that may not be assessed yet."""
    taking_in: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Files are taken in one after the other, so that lanes share the machine with one at most."""
    latency: LatencyMeter = field(default_factory=LatencyMeter)
    """Last device byte to durable entry."""
    stations: dict[str, StationState] = field(default_factory=dict)
    """Each station by its name; a station adds itself."""
    link: LinkState = LinkState()
    """The link to the centre; written by the sync task."""
    importing: ImportState | None = None
    """The newest import; written by the import."""
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
