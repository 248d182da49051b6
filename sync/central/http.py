"""The HTTP service: bytes in, answers out; what they mean is decided in ``rules.ingest``.

It holds no state in memory. An answer leaves after COMMIT only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from sync.central.clock import posix_now
from sync.central.errors import Refused, StoreBusy
from sync.central.identity import DATABASE, load_centre
from sync.central.rules import ingest
from sync.central.store import queries as store
from sync.central.store.writing import CentralStore
from sync.errors import BadBatch, BadStatement
from sync.log.entries import Entry
from sync.log.note import MAX_NOTE
from sync.sqlite import Connection
from sync.sqlite.writer import Priority
from sync.transport import protocol, wire
from sync.transport.protocol import Answer, EntriesMissing, Equivocation, Health, LogProgress, Refusal

T = TypeVar("T")
log = logging.getLogger(__name__)

_VERIFY_THREADS = 2
_LOG = protocol.LOGS + "/{log_id:[0-9a-z][0-9a-z-]{0,63}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a centre runs. ``data`` is the folder that ``init`` made.

    At most ``in_flight`` uploads are verified and stored at a time, four times as many may be arriving, and
    checkpoints have ``in_flight`` places of their own; beyond that the answer is 503 with ``retry_after_s``.
    A body that takes longer than ``body_timeout_s`` is given up.
    """

    data: Path
    in_flight: int = 32
    retry_after_s: int = 2
    body_timeout_s: float = 120.0
    now: Callable[[], int] = posix_now


class _Places:
    """A limit that turns away instead of letting wait: a request that waits would hold its body in memory."""

    def __init__(self, limit: int, what: str) -> None:
        self._free = limit
        self._what = what

    @contextmanager
    def one(self) -> Iterator[None]:
        if self._free == 0:
            raise Refused(503, "busy", f"too many {self._what} at once; try again later")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class _Service:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.centre = load_centre(settings.data)
        self.arriving = _Places(settings.in_flight * 4, "uploads")
        self.uploads = _Places(settings.in_flight, "uploads")
        self.checkpoints = _Places(settings.in_flight, "checkpoints")
        self.store: CentralStore
        self.verifiers: ThreadPoolExecutor

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        self.store = CentralStore(self.settings.data / DATABASE)
        self.verifiers = ThreadPoolExecutor(_VERIFY_THREADS, thread_name_prefix="central-verify")
        try:
            yield
        finally:
            self.verifiers.shutdown()
            self.store.close()

    async def post_checkpoint(self, request: web.Request) -> web.Response:
        log_id = request.match_info["log_id"]
        body = await self._body(request, MAX_NOTE)
        try:
            note = body.decode()
        except UnicodeDecodeError as error:
            raise Refused(400, "bad-note", "the note is not UTF-8 text") from error
        now = self.settings.now()
        with self.checkpoints.one():
            return _json(
                await self.store.run(
                    lambda conn: ingest.checkpoint(conn, self.centre, log_id, note, now), Priority.URGENT
                )
            )

    async def post_entries(self, request: web.Request) -> web.Response:
        if request.content_type != wire.CONTENT_TYPE:
            raise Refused(415, "bad-content-type", f"entries come as {wire.CONTENT_TYPE}")
        with self.arriving.one():
            body = await self._body(request, wire.MAX_BODY)
            with self.uploads.one():
                return _json(await self._take(request.match_info["log_id"], body))

    async def _take(self, log_id: str, body: bytes) -> Answer:
        entries = await self._aside(lambda: _unpack(log_id, body))
        signer = await self._upload(lambda conn: ingest.signer_of(conn, log_id, entries))
        if isinstance(signer, EntriesMissing):
            return signer
        await self._aside(lambda: ingest.check_signatures(entries, signer))
        now = self.settings.now()
        return await self._upload(lambda conn: ingest.append(conn, log_id, entries, signer, now))

    async def get_log(self, request: web.Request) -> web.Response:
        log_id = request.match_info["log_id"]

        def read(conn: Connection) -> LogProgress:
            if store.owner_of(conn, log_id) is None:
                raise Refused(404, "unknown-log", f"nothing of log {log_id} is here")
            held = store.held(conn, log_id)
            return LogProgress(size=held.size, receipted=held.receipted, claimed=held.claimed)

        with self.checkpoints.one():
            return _json(await self.store.run(read, Priority.URGENT))

    async def get_health(self, _request: web.Request) -> web.Response:
        # Through the writer: a centre whose database takes no transaction is not healthy.
        await self.store.run(lambda conn: conn.execute("SELECT 1"), Priority.URGENT)
        return _json(Health(name=self.centre.name))

    async def _upload(self, job: Callable[[Connection], T]) -> T:
        return await self.store.run(job, Priority.NORMAL)

    async def _aside(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.verifiers, job)

    async def _body(self, request: web.Request, limit: int) -> bytes:
        if request.headers.get("Content-Encoding"):
            raise Refused(
                415, "bad-content-encoding", "a batch carries its own compression; send it as it is"
            )
        too_large = Refused(413, "too-large", f"the body has more than {limit} bytes")
        if (request.content_length or 0) > limit:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_timeout_s):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limit:
                        raise too_large
        except TimeoutError as error:
            raise Refused(408, "too-slow", "the body did not arrive in time") from error
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
            raise Refused(400, "cut", "the body ended early or was malformed") from error
        return bytes(body)

    @web.middleware
    async def errors(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            headers = {}
            if refused.status in (408, 503):
                headers["Retry-After"] = str(self.settings.retry_after_s)
            return _error(refused.status, refused.code, refused.detail, headers)
        except StoreBusy as error:
            log.warning("transaction refused", extra={"error": str(error)})
            headers = {"Retry-After": str(self.settings.retry_after_s)}
            return _error(503, "store-busy", "the centre cannot store anything now; try again later", headers)
        except web.HTTPException as error:
            return _error(
                error.status, error.reason.lower().replace(" ", "-"), f"{request.path}: {error.reason}"
            )


def _unpack(log_id: str, body: bytes) -> list[Entry]:
    try:
        named, entries = wire.unpack(body)
    except (BadBatch, BadStatement, UnicodeDecodeError) as error:
        raise Refused(400, "bad-batch", str(error)) from error
    if named != log_id:
        raise Refused(400, "bad-batch", f"a batch of log {named!r} sent for log {log_id}")
    return entries


def _json(answer: Answer) -> web.Response:
    if isinstance(answer, Equivocation):
        log.warning("contradiction kept, hub quarantined", extra={"detail": answer.detail})
    return _response(answer, answer.http_status)


def _error(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    return _response(Refusal(error=code, detail=detail), status, headers)


def _response(body: Answer | Refusal, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=protocol.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def create_app(settings: Settings) -> web.Application:
    """The centre as an aiohttp application.

    Raises:
        NotInitialised, BadKeyFile: the folder holds no centre, or not its keys.
    """
    service = _Service(settings)
    app = web.Application(middlewares=[service.errors])
    app.cleanup_ctx.append(service.running)
    app.router.add_post(f"{_LOG}/{protocol.CHECKPOINTS}", service.post_checkpoint)
    app.router.add_post(f"{_LOG}/{protocol.ENTRIES}", service.post_entries)
    app.router.add_get(_LOG, service.get_log)
    app.router.add_get(protocol.HEALTH, service.get_health)
    return app
