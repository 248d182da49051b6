"""The UNIX socket by which commands reach a running hub: whoever may open it may use it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from agent.cases.scan import CommandLine, Scan
from agent.clearance import clear_piece, try_piece
from agent.control.import_verb import importing
from agent.errors import AgentError, ConfigInvalid, NotFound
from agent.feed.messages import decision_message, plain
from agent.hub import Hub
from agent.intake.removal import removing
from agent.status.report import status_of

FILE = "control.sock"
CALL_TIMEOUT_S = 3600.0
MAX_SOCKET_PATH = 100
HAND_OVER_TIMEOUT_S = 5.0


async def decide_barcode(
    hub: Hub, barcode: str, *, grams: int | None = None, record: bool = True
) -> dict[str, Any]:
    """Decide on a number that a person gives; ``record=False`` shows OPEN findings and keeps nothing."""
    scan = Scan(
        text=barcode,
        aim=None,
        raw=barcode.encode(errors="replace"),
        at_ns=hub.clock.monotonic_ns(),
        source="cli",
    )
    place = CommandLine(grams=grams)
    if record:
        recorded = await clear_piece(scan, place, hub)
        return {**plain(decision_message(recorded.statement)), "recorded": True}
    piece, verdict = await try_piece(scan, place, hub)
    return {
        "type": "decision",
        "recorded": False,
        "piece": {"kind": piece.kind, "value": piece.value},
        "disposition": verdict.disposition.value,
        "set_by": verdict.set_by.value,
        "findings": [{"code": f.code, "params": dict(f.params)} for f in verdict.open],
    }


async def serve(hub: Hub, folder: Path) -> web.AppRunner:
    """Listen on the data directory's socket, for its owner only."""
    path = folder / FILE
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigInvalid(path, [f"too long a path for a socket; it may have {MAX_SOCKET_PATH} bytes"])
    app = web.Application(client_max_size=65_536)
    app.router.add_get("/status", _status(hub))
    app.router.add_post("/transcript", _transcript(hub))
    app.router.add_post("/import", importing(hub))
    app.router.add_post("/sources/remove", removing(hub))
    app.router.add_post("/decide", _decide(hub))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    return runner


async def call(folder: Path, verb: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Ask the running hub; None when none runs on that data directory.

    Raises:
        AgentError: the hub answered with an error.
    """
    path = folder / FILE
    if not path.exists():
        return None
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S, connect=5)
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        url = f"http://hub/{verb}"
        try:
            asking = session.get(url) if body is None else session.post(url, json=body)
            async with asking as answer:
                found: dict[str, Any] = await answer.json()
        except aiohttp.ClientConnectorError:
            return None  # a socket that a killed hub has left behind
        except aiohttp.ClientError as gone:
            raise AgentError(
                f"the hub stopped while it worked on this ({gone}); start it and run the command again"
            ) from gone
    if "error" in found:
        error = AgentError(found["error"])
        error.exit_code = found["exit_code"]
        raise error
    return found


async def hand_over(path: Path, text: str) -> None:
    """Hand a typed number to the simulator of a lane.

    Raises:
        NotFound: nobody listens there.
    """
    try:
        async with asyncio.timeout(HAND_OVER_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(json.dumps({"present": text}).encode() + b"\n")
            await writer.drain()
            await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        raise NotFound(f"no lane simulator listens on {path}") from error


def _answer(found: dict[str, Any]) -> web.Response:
    return web.json_response(found)


def _refusal(error: AgentError) -> web.Response:
    return web.json_response({"error": str(error), "exit_code": error.exit_code}, status=409)


def _status(hub: Hub) -> Any:
    async def status(_: web.Request) -> web.Response:
        return _answer(await status_of(hub))

    return status


def _transcript(hub: Hub) -> Any:
    async def transcript(request: web.Request) -> web.Response:
        place = str((await request.json())["place"])
        recorder = hub.recorders.get(place)
        if recorder is None:
            return _refusal(NotFound(f"no device is called {place}; there are {', '.join(hub.recorders)}"))
        return _answer({"lines": [record.as_line().decode() for record in recorder.recent()]})

    return transcript


def _decide(hub: Hub) -> Any:
    async def decide(request: web.Request) -> web.Response:
        body = await request.json()
        try:
            found = await decide_barcode(hub, body["barcode"], grams=body["grams"], record=body["record"])
        except AgentError as error:
            return _refusal(error)
        return _answer(found)

    return decide
