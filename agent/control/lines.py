"""The lines of a streamed answer, as a verb writes them."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError

import aiohttp
import msgspec
from aiohttp import web

from agent.control.protocol import AnswerLine


class LineWriter:
    """Writes lines to the command, from the loop or from the thread that does the work.

    ``gone``: the command has disconnected; what is written from then on is dropped.
    """

    def __init__(self, answer: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._answer = answer
        self._loop = loop
        self.gone = False

    async def write(self, line: AnswerLine) -> None:
        """Write one line."""
        if self.gone:
            return
        try:
            await self._answer.write(msgspec.json.encode(line) + b"\n")
        except (ConnectionError, aiohttp.ClientError):
            self.gone = True

    def post(self, line: AnswerLine) -> None:
        """Write one line from another thread, some time later."""
        asyncio.run_coroutine_threadsafe(self.write(line), self._loop)

    def send(self, line: AnswerLine) -> None:
        """Write one line from another thread and wait for it.

        Waited for: a command that reads slowly must not fill the hub's memory.
        """
        try:
            asyncio.run_coroutine_threadsafe(self.write(line), self._loop).result()
        except CancelledError:
            self.gone = True
