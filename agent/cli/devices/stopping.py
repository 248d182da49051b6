"""Ctrl-C for commands that run a device."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set, for as long as the running loop lives."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    return stop


def run_stoppable(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """Run what ends once its event is set, until it ends by itself or on SIGINT or SIGTERM."""

    async def run() -> T:
        return await work(stop_on_signals())

    return asyncio.run(run())
