"""The lanes' page: one WebSocket per page, resumed by sequence; it shows, and decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import WSCloseCode, WSMsgType, web

from agent import __version__
from agent.config.file import WebSection
from agent.errors import AgentError, PortTaken
from agent.feed.broker import Subscriber
from agent.feed.messages import (
    DecisionMessage,
    HelloMessage,
    Message,
    decision_view,
    encode,
    logged_decision,
)
from agent.hub import Hub
from agent.status.metrics import CONTENT_TYPE, metrics_of
from agent.status.report import status_of
from agent.texts.catalogue import LANE, choose, words_of

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
CATCH_UP = 50
CATCH_UP_MOST = 1000
"""Decisions a page gets when it comes back, so that no lane's verdict is missing in between."""
MAX_BODY = 16_384
MAX_TEXT = 4096


@dataclass(frozen=True)
class _Pages:
    """The pages that are open, to be closed when the hub stops."""

    open: WeakSet[web.WebSocketResponse] = field(default_factory=WeakSet)


_HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
_KEYED: web.AppKey[Callable[[str, str], Awaitable[None]]] = web.AppKey("keyed")
_PAGES: web.AppKey[_Pages] = web.AppKey("pages", _Pages)
_STATIONS: web.AppKey[list[str]] = web.AppKey("stations", list)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Keyed = Callable[[str, str], Awaitable[None]]
"""Accepts a station's name and the number that was typed for it."""


def known_hosts(section: WebSection) -> frozenset[str]:
    """Host names the page answers to; any other is a foreign page that rebinds its name (DNS rebinding)."""
    names = {"localhost", "127.0.0.1", "::1", section.host, *section.hosts}
    if section.host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        names.add(socket.gethostname())
    return frozenset(name.lower() for name in names)


def create_web(hub: Hub, stations: Iterable[str], keyed: Keyed, hosts: frozenset[str]) -> web.Application:
    """The page's application."""
    app = web.Application(middlewares=[_guard(hosts), _errors], client_max_size=MAX_BODY)
    app[_HUB] = hub
    app[_KEYED] = keyed
    app[_STATIONS] = list(stations)
    app[_PAGES] = _Pages()
    app.router.add_get("/", _page("index.html"))
    app.router.add_get("/lane/{name}", _lane)
    app.router.add_get("/texts/lane.json", _texts)
    app.router.add_get("/ws", _socket)
    app.router.add_get("/api/decisions", _decisions)
    app.router.add_get("/api/status", _status)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/metrics", _metrics)
    app.router.add_post("/api/stations/{name}/keyed", _keyed)
    app.router.add_static("/static", STATIC)
    app.on_response_prepare.append(_add_headers)
    app.on_shutdown.append(_close_pages)
    return app


async def _close_pages(app: web.Application) -> None:
    for ws in set(app[_PAGES].open):
        await ws.close(code=WSCloseCode.GOING_AWAY, message=b"the hub is stopping")


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _guard(hosts: frozenset[str]) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = urlsplit(f"//{request.host}").hostname or ""
        if host.lower() not in hosts and not _is_loopback(host):
            raise web.HTTPMisdirectedRequest(text=f"this hub does not answer to the name {host[:100]!r}\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in _origins(request):
            raise web.HTTPForbidden(text="a page of another site may not talk to this hub\n")
        if request.method == "POST" and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send application/json\n")
        return await handler(request)

    return guard


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origins(request: web.Request) -> tuple[str, str]:
    return f"http://{request.host}".lower(), f"https://{request.host}".lower()


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except AgentError as error:
        return _problem(409, "refused", str(error))


def _problem(status: int, code: str, detail: str) -> web.Response:
    return web.json_response({"error": code, "detail": detail}, status=status)


def _page(name: str) -> Handler:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / name)

    return page


async def _lane(request: web.Request) -> web.StreamResponse:
    if request.match_info["name"] not in request.app[_STATIONS]:
        raise web.HTTPNotFound(text="there is no station of that name\n")
    return web.FileResponse(STATIC / "lane.html")


async def _texts(request: web.Request) -> web.Response:
    language = choose(*request.query.getall("lang", []))
    return web.json_response({"language": language, "texts": dict(words_of(LANE, language))})


async def _healthz(request: web.Request) -> web.Response:
    failed = request.app[_HUB].log.failed
    return web.json_response(
        {"ok": failed is None, "log": failed or "writable"}, status=503 if failed else 200
    )


async def _status(request: web.Request) -> web.Response:
    return web.json_response(await status_of(request.app[_HUB]))


async def _metrics(request: web.Request) -> web.Response:
    body = await metrics_of(request.app[_HUB])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


async def _decisions(request: web.Request) -> web.Response:
    limit = min(max(_number(request, "limit", 20), 1), 500)
    entries = await request.app[_HUB].log.recent(limit)
    return web.json_response([decision_view(entry) for entry in entries])


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    try:
        return int(text[:20])
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{name} must be a whole number\n") from error


async def _keyed(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in request.app[_STATIONS]:
        return _problem(404, "no-station", f"there is no station {name[:64]!r}")
    try:
        text = (await request.json())["text"]
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        return _problem(400, "bad-request", 'send {"text": "the number on the label"}')
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        return _problem(400, "bad-number", f"a number has 1 to {MAX_TEXT} characters")
    await request.app[_KEYED](name, text.strip())
    return web.json_response({}, status=202)


async def _socket(request: web.Request) -> web.WebSocketResponse:
    hub = request.app[_HUB]
    since = _number(request, "since", -1)
    ws = web.WebSocketResponse(heartbeat=10, max_msg_size=4096)
    await ws.prepare(request)
    request.app[_PAGES].open.add(ws)
    with hub.feed.subscribe() as subscriber:
        # Subscribed before the log is read: nothing is lost between the two, and duplicates are dropped.
        behind = hub.log.size() - since if since >= 0 else 0
        newest_first = await hub.log.recent(max(CATCH_UP, min(behind, CATCH_UP_MOST)))
        recent = [logged_decision(entry) for entry in reversed(newest_first)]
        missed = [message for message in recent if message.seq > since]
        newest = recent[-1].seq if recent else -1
        hello = HelloMessage(version=__version__, seq=newest, hub=hub.name, stations=request.app[_STATIONS])
        sending = asyncio.create_task(
            _send(ws, [hello, *missed, *hub.feed.states()], newest, subscriber), name="page"
        )
        try:
            async for message in ws:
                if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
                    break
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
    return ws


async def _send(ws: web.WebSocketResponse, first: list[Message], newest: int, subscriber: Subscriber) -> None:
    try:
        for message in first:
            await ws.send_str(encode(message))
        while (outgoing := await subscriber.next()) is not None:
            if isinstance(outgoing.message, DecisionMessage) and outgoing.message.seq <= newest:
                continue  # it was among the first
            await ws.send_str(outgoing.text)
        await ws.close(code=1013, message=b"too slow, resume by sequence")
    except ConnectionError:
        pass  # the page disconnected; it comes back with its sequence


async def serve_web(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Start serving; returns the runner and the port that was bound.

    Raises:
        PortTaken: Another program listens there.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise PortTaken(host, port) from error
    bound: int = runner.addresses[0][1]
    return runner, bound
