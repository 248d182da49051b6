"""Work beside the loop: named, its errors handed on, and nothing a stopping hub waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agent.runtime.threads import in_thread


async def test_work_runs_in_a_thread_of_its_name() -> None:
    assert await in_thread("weigh the moon", lambda: threading.current_thread().name) == "weigh the moon"


async def test_what_the_work_raises_is_handed_on() -> None:
    def fail() -> None:
        raise LookupError("no moon")

    with pytest.raises(LookupError, match="no moon"):
        await in_thread("fail", fail)


async def test_whoever_waits_can_give_up_while_the_work_goes_on() -> None:
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(10)
        done.set()

    waiting = asyncio.create_task(in_thread("slow", work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not done.is_set()
    go.set()
    assert done.wait(10)
