"""Taking away what a party said: by the hub at work, or by the same code without one.

The answer of the control socket is lines of JSON: how it goes on, and at the end the report or the error.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from agent.errors import AgentError, EvidenceFailed, NotFound, StoreFailed
from agent.hub import Hub
from agent.runtime.threads import in_thread
from agent.store.removal import BATCH, SPAN
from agent.store.source_table import StoredSource
from sync import sqlite

log = logging.getLogger(__name__)

EVENT = "SOURCE_REMOVED"
TELL_EVERY_NS = 250_000_000


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sources, or which one."""

    party: str | None = None
    number: int | None = None

    def __str__(self) -> str:
        return f"source {self.number}" if self.number is not None else f"source of {self.party}"


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """How far a removal has come. ``done`` and ``total`` count declarations that are looked through."""

    done: int
    total: int
    removed: int


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    going: Going | None = None
    report: dict[str, Any] | None = None
    error: str | None = None
    exit_code: int = 0


ProgressCallback = Callable[[Going], None]


async def remove_sources(
    hub: Hub, choice: Choice, report_progress: ProgressCallback, *, span: int = SPAN, most: int = BATCH
) -> dict[str, Any]:
    """Take the chosen sources away with all they declared; what others declared is assessed again.

    In steps, so that lanes go on. An interrupted removal is completed when it is called again; until then the
    sources are listed as being removed. The log keeps that it happened, not whose it was; decisions stay.

    Args:
        hub: Whose store and log.
        choice: Whose sources, or which one.
        report_progress: Called in the working thread, four times a second.
        span: Declarations that one step looks through.
        most: Declarations that one step takes away.

    Raises:
        NotFound: there is no such source.
        StoreFailed, EvidenceFailed: it could not be done, or not be recorded.
    """
    async with hub.taking_in:
        try:
            return await in_thread("removal", lambda: _remove(hub, choice, report_progress, span, most))
        finally:
            hub.to_assess.set()
            hub.new_entries.set()


def _remove(
    hub: Hub, choice: Choice, report_progress: ProgressCallback, span: int, most: int
) -> dict[str, Any]:
    store, clock = hub.declarations, hub.clock
    try:
        sources = store.sources(party=choice.party, number=choice.number).result()
        if not sources:
            raise NotFound(f"there is no {choice} here; `preclear sources list` shows what there is")
        numbers = [source.number for source in sources]
        store.leaving(numbers).result()
        at = removed = reported_ns = 0
        while True:
            step = store.take_away(numbers, at, span=span, most=most).result()
            at, removed = step.at, removed + step.removed
            if step.done or clock.monotonic_ns() - reported_ns >= TELL_EVERY_NS:
                reported_ns = clock.monotonic_ns()
                report_progress(Going(done=min(at, step.total), total=step.total, removed=removed))
            if step.done:
                break
        for source in sources:
            _witness(hub, source)
            store.forget_source(source.number).result()
        erased = store.erase().result()
    except sqlite.Error as error:
        raise StoreFailed(str(error)) from error
    log.info("sources removed", extra={"sources": len(sources), "declarations": removed})
    return {
        "schema": "preclear.sources.removed",
        "sources": [
            {"number": s.number, "sha256": s.sha256, "declarations": s.taken, "refused": s.rejected or 0}
            for s in sources
        ],
        "declarations": removed,
        "erased": erased,
    }


def _witness(hub: Hub, source: StoredSource) -> None:
    """Say in the log that it happened, before the last trace of it goes: rather twice than never."""
    params: dict[str, str | int] = {
        "sha256": source.sha256,
        "declarations": source.taken,
        "refused": source.rejected or 0,
    }
    try:
        hub.log.event(EVENT, params).result()
    except sqlite.Error as error:
        raise EvidenceFailed(str(error)) from error


def removing(hub: Hub) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of the verb ``sources/remove``; a command that goes away does not stop what it began."""

    async def handle(request: web.Request) -> web.StreamResponse:
        choice = msgspec.json.decode(await request.read(), type=Choice)
        answer = web.StreamResponse()
        await answer.prepare(request)
        loop = asyncio.get_running_loop()

        async def write(line: _Line) -> None:
            with suppress(ConnectionError, aiohttp.ClientError):
                await answer.write(msgspec.json.encode(line) + b"\n")

        def told(going: Going) -> None:
            asyncio.run_coroutine_threadsafe(write(_Line(going=going)), loop)

        try:
            last = _Line(report=await remove_sources(hub, choice, told))
        except AgentError as error:
            last = _Line(error=str(error), exit_code=error.exit_code)
        await write(last)
        return answer

    return handle


async def ask(socket: Path, choice: Choice, told: ProgressCallback) -> dict[str, Any] | None:
    """Have the running hub take sources away; None when none listens on that socket.

    Raises:
        AgentError: the hub refused it, or stopped meanwhile.
    """
    if not socket.exists():
        return None
    timeout = aiohttp.ClientTimeout(total=None, connect=5)
    connector = aiohttp.UnixConnector(str(socket))
    why: object = "its answer has no end"
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        try:
            async with session.post("http://hub/sources/remove", data=msgspec.json.encode(choice)) as answer:
                async for raw in answer.content:
                    line = msgspec.json.decode(raw, type=_Line)
                    if line.report is not None:
                        return line.report
                    if line.error is not None:
                        error = AgentError(line.error)
                        error.exit_code = line.exit_code
                        raise error
                    if line.going is not None:
                        told(line.going)
        except aiohttp.ClientConnectorError:
            return None  # a socket that a killed hub has left behind
        except (aiohttp.ClientError, json.JSONDecodeError, msgspec.MsgspecError) as gone:
            why = gone
    raise AgentError(
        f"the hub stopped while it worked on this ({why}); start it and run the command again to go on"
    )
