"""The client of the control socket: how a command reaches the running hub, for answers and for streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from agent.control.protocol import FILE, LINE_BYTES, REFUSED, AnswerLine, Failure
from agent.errors import AgentError, UnknownName

CALL_TIMEOUT_S = 3600.0
CONNECT_TIMEOUT_S = 5.0
HAND_OVER_TIMEOUT_S = 5.0


async def call(folder: Path, verb: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """The running hub's answer; None when no hub runs on that data directory.

    Raises:
        HubRefused: the hub answered with an error.
        AgentError: the hub stopped meanwhile.
    """
    data = None if body is None else msgspec.json.encode(body)
    async with _asking(folder, verb, data, timeout_s=CALL_TIMEOUT_S) as answer:
        if answer is None:
            return None
        return msgspec.json.decode(await answer.read(), type=dict[str, Any])


async def stream(
    folder: Path, verb: str, request: msgspec.Struct, on_line: Callable[[AnswerLine], None]
) -> dict[str, Any] | None:
    """The report that ends a streamed answer; None when no hub runs on that data directory.

    Args:
        on_line: Called with each line before the last.

    Raises:
        HubRefused: the hub ended the stream with an error.
        AgentError: the hub stopped meanwhile.
    """
    async with _asking(folder, verb, msgspec.json.encode(request), timeout_s=None) as answer:
        if answer is None:
            return None
        async for raw in answer.content:
            line = msgspec.json.decode(raw, type=AnswerLine)
            if line.report is not None:
                return line.report
            if (failure := line.failure()) is not None:
                raise failure.as_error()
            on_line(line)
    raise _stopped("its answer has no end")


@asynccontextmanager
async def _asking(
    folder: Path, verb: str, data: bytes | None, *, timeout_s: float | None
) -> AsyncIterator[aiohttp.ClientResponse | None]:
    """The answer to one request as it begins; None when no hub listens.

    Raises:
        HubRefused: the hub refused the request.
        AgentError: the connection ended before the answer did, or the answer cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        yield None
        return
    timeout = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_TIMEOUT_S)
    async with aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(str(path)), timeout=timeout, read_bufsize=LINE_BYTES
    ) as session:
        method = "GET" if data is None else "POST"
        try:
            answer = await session.request(method, f"http://hub/{verb}", data=data)
        except aiohttp.ClientConnectorError:
            yield None  # a socket that a killed hub left behind
            return
        except aiohttp.ClientError as error:
            raise _stopped(error) from error
        async with answer:
            try:
                if answer.status == REFUSED:
                    raise msgspec.json.decode(await answer.read(), type=Failure).as_error()
                answer.raise_for_status()
                yield answer
            except (aiohttp.ClientError, msgspec.MsgspecError) as error:
                raise _stopped(error) from error


def _stopped(why: object) -> AgentError:
    return AgentError(f"the hub stopped while it worked on this ({why}); start it and run the command again")


async def hand_over(path: Path, text: str) -> None:
    """Hand a typed number to the simulator of a lane.

    Raises:
        UnknownName: no simulator listens there.
    """
    try:
        async with asyncio.timeout(HAND_OVER_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(json.dumps({"present": text}).encode() + b"\n")
            await writer.drain()
            await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        raise UnknownName(f"no lane simulator listens on {path}") from error
