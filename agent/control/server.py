"""The UNIX socket by which commands reach a running hub: anyone who may open it may use it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from agent.control.lines import LineWriter
from agent.control.protocol import FILE, REFUSED, AnswerLine, failure_of
from agent.control.verbs import VERBS, Verb
from agent.errors import AgentError, ConfigInvalid
from agent.hub import Hub

MAX_SOCKET_PATH = 100
MAX_REQUEST = 65_536
SHUTDOWN_TIMEOUT_S = 2.0


async def serve(hub: Hub, folder: Path) -> web.AppRunner:
    """Listen on the data directory's socket, for its owner only."""
    path = folder / FILE
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigInvalid(path, [f"too long a path for a socket; it may have {MAX_SOCKET_PATH} bytes"])
    app = web.Application(client_max_size=MAX_REQUEST)
    for name, verb in VERBS.items():
        method = "GET" if verb.request is None else "POST"
        app.router.add_route(method, f"/{name}", _handler(hub, verb))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S)
    await runner.setup()
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    return runner


def _handler(hub: Hub, verb: Verb) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            wanted = await _request(request, verb)
            if verb.answer is not None:
                return _json(await verb.answer(hub, wanted))
        except AgentError as error:
            return _json(failure_of(error), status=REFUSED)
        return await _stream(request, hub, verb, wanted)

    return handle


async def _request(request: web.Request, verb: Verb) -> Any:
    if verb.request is None:
        return None
    try:
        return msgspec.json.decode(await request.read(), type=verb.request)
    except msgspec.MsgspecError as error:
        raise AgentError(
            f"the running hub cannot read this request ({error}); restart it after an update"
        ) from error


async def _stream(request: web.Request, hub: Hub, verb: Verb, wanted: Any) -> web.StreamResponse:
    assert verb.stream is not None
    answer = web.StreamResponse()
    await answer.prepare(request)
    lines = LineWriter(answer, asyncio.get_running_loop())
    try:
        last = AnswerLine(report=await verb.stream(hub, wanted, lines))
    except AgentError as error:
        last = AnswerLine.of_failure(failure_of(error))
    await lines.write(last)
    return answer


def _json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json", charset="utf-8"
    )
