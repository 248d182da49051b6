"""A hub's log in memory, and the reference centre on a loopback port."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sync import keys as sync_keys
from sync.central.http import Settings, create_app
from sync.central.identity import DATABASE, init_centre
from sync.central.store import queries as store
from sync.central.store.schema import open_store
from sync.central.store.writing import in_transaction
from sync.keys import Keyring, PrivateKey, PublicKey, Role, read_card
from sync.log import sealed, statement
from sync.log.entries import Entry, sign_entry
from sync.log.merkle import root_of
from sync.log.note import Checkpoint, origin_of, sign_checkpoint
from sync.log.statement import LogPlace
from sync.sqlite import Connection
from sync.transport import wire
from sync.transport.client import Client

CENTRE = "centre/test"
LOG_ID = "00112233445566778899aabbccddeeff"
AT = 1_760_000_000
DIGESTS = {"policy": "a" * 64, "lists": "b" * 64, "model": None, "inputs": "c" * 64, "scan": "d" * 64}


@dataclass
class MemoryLog:
    """A hub's log as the client sees it, with real keys; ``copy`` is a restored snapshot."""

    hub: str
    decisions: PrivateKey
    checkpoints: PrivateKey
    sealing: PublicKey | None = None
    log_id: str = LOG_ID
    entries: list[Entry] = field(default_factory=list)
    receipts: list[tuple[str, str]] = field(default_factory=list)
    covered: int = 0

    def append(self, count: int = 1, station: str = "lane 1", *, signer: PrivateKey | None = None) -> None:
        """Sign ``count`` more entries; the first of a log opens it."""
        for seq in range(len(self.entries), len(self.entries) + count):
            kind, body = ("decision", self._decision(seq, station)) if seq else ("opened", self._opening())
            prev = self.entries[-1].leaf.hex() if seq else None
            payload = statement.encode(kind, self._place(seq, prev), body)
            self.entries.append(sign_entry(seq, kind, payload, signer or self.decisions))

    def _place(self, seq: int, prev: str | None) -> LogPlace:
        return LogPlace(
            log_id=self.log_id,
            seq=seq,
            prev=prev,
            boot="b7",
            mono_ns=seq * 1_000_000,
            at="2026-03-01T09:30:00.000Z",
            clock=statement.ClockReading(source="ntp", u_ms=20),
            anchor=None,
        )

    def _opening(self) -> dict[str, Any]:
        return {
            "hub": self.hub,
            "software": "preclear test",
            "keys": [self.decisions.public.keyid, self.checkpoints.public.keyid],
            "continues": None,
            "audit_key_sealed": None,
        }

    def _decision(self, seq: int, station: str) -> dict[str, Any]:
        block = base64.b64encode(bytes(sealed.BLOCK)).decode()
        if self.sealing is not None:
            plain = sealed.reasons([sealed.SealedFinding("LIST_MATCH", {"score": 970})], 412)
            block = sealed.seal(plain, self.sealing, self.log_id, seq)
        return {
            "piece": {"kind": "S10", "value": f"RR{seq:09}CN"},
            "consignment": f"C{seq}",
            "receptacle": None,
            "station": station,
            "operator": None,
            "disposition": "RFS",
            "set_by": "HUB",
            "because": "scan",
            "source": "station",
            "supersedes": None,
            "evaluated_for": "2026-03-02",
            "valid_until": "2026-03-09T00:00:00Z",
            "open": [{"code": "SCREENING", "params": {}}],
            "sealed": block,
            "weight": {"digits": "0.812", "unit": "kg", "grams": 812, "u_grams": 2, "stable": True},
            "digests": DIGESTS,
        }

    def head(self, size: int | None = None) -> Checkpoint:
        """Head over the first ``size`` entries, or over all."""
        leaves = [e.leaf for e in self.entries[:size]]
        return Checkpoint(origin=origin_of(self.log_id), size=len(leaves), root=root_of(leaves))

    def note(self, size: int | None = None) -> str:
        """The signed head."""
        return sign_checkpoint(self.head(size), self.checkpoints)

    def copy(self) -> MemoryLog:
        """An independent copy with the same keys and the same past."""
        return MemoryLog(
            hub=self.hub,
            decisions=self.decisions,
            checkpoints=self.checkpoints,
            sealing=self.sealing,
            log_id=self.log_id,
            entries=list(self.entries),
            receipts=list(self.receipts),
            covered=self.covered,
        )

    @property
    def public(self) -> tuple[PublicKey, PublicKey]:
        """The keys of its card."""
        return (self.decisions.public, self.checkpoints.public)

    # What follows is sync.transport.client.LogView.

    def size(self) -> int:
        return len(self.entries)

    def receipted(self) -> int:
        return self.covered

    async def read(self, first: int, limit: int) -> list[Entry]:
        return self.entries[first : first + limit]

    async def checkpoint(self) -> str:
        return self.note()

    async def keep_receipt(self, receipt: str, centre_log: str) -> None:
        self.receipts.append((receipt, centre_log))
        self.covered = int(receipt.split("\n")[1])


@dataclass(kw_only=True)
class CentreOnLoopback:
    """A running centre, and what a test asks of it."""

    folder: Path
    server: TestServer
    session: aiohttp.ClientSession
    settings: Settings

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    @property
    def card(self) -> tuple[PublicKey, ...]:
        return read_card((self.folder / "centre.pub").read_bytes())

    def register(self, log: MemoryLog) -> None:
        """Register the log's hub as ``register-hub`` does: from beside the running service."""
        self.ask(lambda conn: in_transaction(conn, lambda c: store.register(c, log.public, AT)))

    def keyring(self, log: MemoryLog) -> Keyring:
        """What the hub of ``log`` trusts."""
        return Keyring([*log.public, *self.card])

    def client(self, log: MemoryLog, *, url: str | None = None, batch: int = 200) -> Client:
        return Client(
            session=self.session,
            url=url or self.url,
            log=log,
            hub=log.hub,
            keys=self.keyring(log),
            centre=CENTRE,
            batch=batch,
            timeout_s=5,
        )

    async def post(
        self, path: str, body: bytes | str, content_type: str = "text/plain"
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a POST."""
        async with self.session.post(
            f"{self.url}v1/logs/{path}", data=body, headers={"Content-Type": content_type}
        ) as response:
            return response.status, await response.json()

    async def begin(self, path: str, headers: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a POST by hand and send its headers only."""
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port)
        writer.write(f"POST /v1/logs/{path} HTTP/1.1\r\nHost: centre\r\n{headers}\r\n\r\n".encode())
        await writer.drain()
        return reader, writer

    async def status_of(self, reader: asyncio.StreamReader) -> int:
        """Status of the answer to a request that was opened by hand."""
        async with asyncio.timeout(10):
            return int((await reader.readline()).split()[1])

    async def upload(
        self, log: MemoryLog, first: int = 0, end: int | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send entries ``first`` to ``end - 1``."""
        body = wire.pack(log.log_id, log.entries[first:end])
        return await self.post(f"{log.log_id}/entries", body, wire.CONTENT_TYPE)

    async def show(self, log: MemoryLog, size: int | None = None) -> tuple[int, dict[str, Any]]:
        """Send the head over ``size`` entries, or over all."""
        return await self.post(f"{log.log_id}/checkpoints", log.note(size))

    def ask(self, question: Callable[[Connection], Any]) -> Any:
        """What the centre's file says, read beside the running service."""
        with closing(open_store(self.folder / DATABASE)) as conn:
            return question(conn)

    async def restart(self) -> None:
        """Stop the service and start another on the same folder."""
        await self.server.close()
        self.server = TestServer(create_app(self.settings))
        await self.server.start_server()


@pytest.fixture
def make_log() -> Callable[..., MemoryLog]:
    """Makes a log of ``count`` entries with new keys; a class to build on is ``type(log)``."""

    def make(count: int = 0, hub: str = "hub/szx-1", **more: Any) -> MemoryLog:
        made = MemoryLog(
            hub=hub,
            decisions=sync_keys.generate(hub, Role.DECISIONS),
            checkpoints=sync_keys.generate(hub, Role.CHECKPOINTS),
            **more,
        )
        made.append(count)
        return made

    return make


@pytest.fixture
def centre_folder(tmp_path: Path) -> Path:
    """The folder of a new centre."""
    folder = tmp_path / "centre"
    init_centre(folder, CENTRE)
    open_store(folder / DATABASE, create=True).close()
    return folder


@pytest.fixture
def centre_settings(request: pytest.FixtureRequest, centre_folder: Path) -> Settings:
    """How the centre of a test runs; indirect parameters change it."""
    return Settings(data=centre_folder, now=lambda: AT, **getattr(request, "param", {}))


@pytest.fixture
async def centre(centre_settings: Settings) -> AsyncIterator[CentreOnLoopback]:
    """The reference centre on a loopback port."""
    settings, centre_folder = centre_settings, centre_settings.data
    server = TestServer(create_app(settings))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        running = CentreOnLoopback(folder=centre_folder, server=server, session=session, settings=settings)
        yield running
        await running.server.close()


@pytest.fixture
def answering() -> Callable[..., Any]:
    """Runs a server that gives one handler's answer to everything; yields its address."""

    @asynccontextmanager
    async def run(answer: Callable[[web.Request], Any]) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        async with TestServer(app) as server:
            yield str(server.make_url("/"))

    return run
