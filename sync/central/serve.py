"""Runs the service on a port until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from pathlib import Path

import click
from aiohttp import web

from sync.central.errors import AlreadyThere, BadConfiguration
from sync.central.http import Settings, create_app

_STOP_S = 5.0
"""How long requests may take to end after a signal."""


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message"}


class _WithFields(logging.Formatter):
    """Appends the fields given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD]
        return " ".join([super().format(record), *fields])


def serve(data: Path, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; prints one line once requests are taken.

    Raises:
        NotInitialised, BadKeyFile, SchemaTooNew: the folder cannot be served.
        AlreadyThere: the port is taken.
        BadConfiguration: the address is not one of this machine.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_WithFields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    asyncio.run(_serve(data, host, port))


async def _serve(data: Path, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C ends the loop as KeyboardInterrupt
            continue
    runner = web.AppRunner(create_app(Settings(data=data)), access_log=None, shutdown_timeout=_STOP_S)
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AlreadyThere(
                    f"port {port} on {host} is taken; stop the other program or choose another with --port"
                ) from error
            raise BadConfiguration(f"cannot listen on {host}: {error.strerror}; see --host") from error
        address = runner.addresses[0]
        name = f"[{address[0]}]" if ":" in address[0] else address[0]
        click.echo(f"listening on http://{name}:{address[1]}")
        await stop.wait()
    finally:
        await runner.cleanup()
