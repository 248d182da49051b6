"""Everything a decision needs, in one place; built by ``app``, passed to every task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol
from weakref import WeakValueDictionary

from agent.assessment.assessments import Assessments
from agent.evidence.log import EvidenceLog
from agent.evidence.recorded import Recorded
from agent.feed.broker import Broker
from agent.feed.messages import decision_message, repeat_message
from agent.reference.in_force import InForce, Reference
from agent.runtime.clock import Clock
from agent.runtime.latency import LatencyMeter
from agent.runtime.threads import in_thread
from agent.store.declarations import DeclarationStore
from agent.trust.senders import TrustedSenders
from drivers.transcripts.transcript import Recorder


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
    declarations: DeclarationStore
    assessments: Assessments
    reference_data: Reference
    """Policy, lists and models in force."""
    audit_key: bytes = field(repr=False)
    senders: TrustedSenders = field(default_factory=TrustedSenders)
    """Whose signatures on manifests are known."""
    feed: Broker = field(default_factory=Broker)
    """Messages to screens."""
    new_entries: asyncio.Event = field(default_factory=asyncio.Event)
    to_assess: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was declared, or put in force, so that not everything may be assessed."""
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
    _swapping: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.reference_data.follow(self.to_assess.set)

    @asynccontextmanager
    async def deciding_on(self, piece: str) -> AsyncIterator[None]:
        """Between reading what stands on a piece and recording what follows, nobody else decides on it."""
        lock = self._locks.get(piece)
        if lock is None:
            lock = self._locks[piece] = asyncio.Lock()
        async with lock:
            yield

    async def put_in_force(self, loaded: InForce) -> None:
        """Swap policy, lists and models while the hub works.

        Decisions that are under way finish under what they began with; what is declared is assessed again.

        Raises:
            Outdated: the policy or a list is older than one that was in force here; nothing has changed.
        """
        async with self._swapping:
            self.reference_data.swap(await in_thread("in force", lambda: keep_issues(self.log, loaded)))

    def decided(self, recorded: Recorded, *, last_byte_ns: int | None = None) -> None:
        """A decision is on disk: count it, show it, wake what sends it to the centre.

        Args:
            recorded: The decision.
            last_byte_ns: When the last device byte that it waited for arrived; None where no device was read.
        """
        if last_byte_ns is not None:
            self.durable_ns = recorded.durable_ns
            self.latency.note(recorded.durable_ns - last_byte_ns)
        self.feed.publish(decision_message(recorded.statement))
        self.new_entries.set()

    def repeated(self, recorded: Recorded, *, station: str) -> None:
        """Show a verdict once more, at the station where the piece was scanned again."""
        self.feed.publish(repeat_message(decision_message(recorded.statement), station))


def keep_issues(log: EvidenceLog, loaded: InForce) -> InForce:
    """Remember in the log what is in force, and expect every list that ever was; waits for the disk.

    Raises:
        Outdated: the policy or a list is older than one that was in force here.
    """
    return replace(loaded, expected_lists=log.put_in_force(loaded.issues))
