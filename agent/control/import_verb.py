"""Importing through a running hub: the verb of its control socket, and the command's half of it.

The answer is lines of JSON: what the file turned out to be, how it goes on, what was refused, and at the end
the report or the error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from agent.domain.consignment.effective import SourceRole
from agent.errors import AgentError, ImportAbandoned
from agent.hub import Hub
from agent.intake.importer import Sender, take_in
from agent.intake.listener import Listener
from agent.intake.protocol import Fault, FileHeader, Progress
from agent.intake.supervisor import opened

LINE_BYTES = 64 << 20
"""Of one answer line; a part of a file has a few hundred faulty rows at most."""


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the command asks for."""

    path: str
    party: str | None = None
    role: SourceRole | None = None
    signature: bytes | None = None
    transport: str | None = None
    profile: str | None = None
    profiles: tuple[tuple[str, str], ...] = ()
    faults: bool = False
    """Whether every refused or mended row is to be told."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the answer."""

    begun: FileHeader | None = None
    progress: Progress | None = None
    faults: tuple[Fault, ...] | None = None
    report: dict[str, Any] | None = None
    error: str | None = None
    exit_code: int = 0


def importing(hub: Hub) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of the verb ``import``."""

    async def handle(request: web.Request) -> web.StreamResponse:
        wanted = msgspec.json.decode(await request.read(), type=_Wanted)
        answer = web.StreamResponse()
        await answer.prepare(request)
        heard = _Told(answer, asyncio.get_running_loop(), Path(wanted.path).name, faults=wanted.faults)
        sender = Sender(
            party=wanted.party,
            role=wanted.role,
            signature=wanted.signature,
            transport=wanted.transport,
            profile=wanted.profile,
            profiles=wanted.profiles,
        )
        try:
            with opened(Path(wanted.path)) as file:
                report = await take_in(file, hub, sender, heard)
            last = _Line(report=report.as_json())
        except AgentError as error:
            last = _Line(error=str(error), exit_code=error.exit_code)
        await heard.write(last)
        return answer

    return handle


class _Told:
    """Writes what it hears to the command; once that has gone, nobody wants the import any more.

    Every call raises ``ImportAbandoned`` then, which ends the import behind the rows that came so far.
    """

    def __init__(
        self, answer: web.StreamResponse, loop: asyncio.AbstractEventLoop, file: str, *, faults: bool
    ) -> None:
        self._answer = answer
        self._loop = loop
        self._file = file
        self._faults = faults
        self._gone = False

    def begun(self, header: FileHeader) -> None:
        self._send(_Line(begun=header))

    def faults(self, faults: tuple[Fault, ...]) -> None:
        if self._faults:
            self._send(_Line(faults=faults))

    def progress(self, progress: Progress) -> None:
        self._send(_Line(progress=progress))

    def _send(self, line: _Line) -> None:
        if not self._gone:
            # Waited for: a command that writes slowly must not fill the hub's memory.
            try:
                asyncio.run_coroutine_threadsafe(self.write(line), self._loop).result()
            except CancelledError:
                self._gone = True
        if self._gone:
            raise ImportAbandoned(self._file)

    async def write(self, line: _Line) -> None:
        """Send one line, unless nobody listens any more."""
        if self._gone:
            return
        try:
            await self._answer.write(msgspec.json.encode(line) + b"\n")
        except (ConnectionError, aiohttp.ClientError):
            self._gone = True


async def ask(
    socket: Path, path: Path, sender: Sender, listener: Listener, *, faults: bool
) -> dict[str, Any] | None:
    """Have the running hub take in a file; None when none listens on that socket.

    Raises:
        AgentError: the hub refused it, or stopped meanwhile.
    """
    if not socket.exists():
        return None
    wanted = _Wanted(
        path=str(path),
        party=sender.party,
        role=sender.role,
        signature=sender.signature,
        transport=sender.transport,
        profile=sender.profile,
        profiles=sender.profiles,
        faults=faults,
    )
    timeout = aiohttp.ClientTimeout(total=None, connect=5)
    connector = aiohttp.UnixConnector(str(socket))
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, read_bufsize=LINE_BYTES
    ) as session:
        try:
            async with session.post("http://hub/import", data=msgspec.json.encode(wanted)) as answer:
                async for raw in answer.content:
                    line = msgspec.json.decode(raw, type=_Line)
                    if line.report is not None:
                        return line.report
                    _pass_on(line, listener)
        except aiohttp.ClientConnectorError:
            return None  # a socket that a killed hub has left behind
        except (aiohttp.ClientError, json.JSONDecodeError, msgspec.MsgspecError) as gone:
            raise _stopped(gone) from gone
    raise _stopped("its answer has no end")


def _pass_on(line: _Line, listener: Listener) -> None:
    if line.error is not None:
        error = AgentError(line.error)
        error.exit_code = line.exit_code
        raise error
    if line.begun is not None:
        listener.begun(line.begun)
    elif line.faults is not None:
        listener.faults(line.faults)
    elif line.progress is not None:
        listener.progress(line.progress)


def _stopped(why: object) -> AgentError:
    return AgentError(f"the hub stopped while it worked on this ({why}); start it and run the command again")
