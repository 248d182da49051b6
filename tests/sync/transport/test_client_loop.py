"""The client's loop: when it wakes, how long it waits, what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from sync.errors import LogForked
from sync.transport.client import SyncState


@pytest.fixture
def log(centre: Any, make_log: Any) -> Any:
    """A log of 20 entries whose hub is registered."""
    made = make_log(20)
    centre.register(made)
    return made


@dataclass
class Loop:
    """The client's loop in a task; ``slept`` are the waits it asked for, none of which is waited for."""

    client: Any
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    states: list[SyncState] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.001)

    @asynccontextmanager
    async def running(self, **more: Any) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(
            self.client.run(self.wake, self.states.append, pause_s=1.25, sleep=self.sleep, **more)
        )
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - the condition is the other side's to make true
                await asyncio.sleep(0.002)


async def test_the_loop_sends_what_is_new_when_it_is_woken(centre: Any, log: Any) -> None:
    loop = Loop(centre.client(log))
    async with loop.running():
        await loop.until(lambda: log.receipted() == 20)
        log.append(4)
        loop.wake.set()
        await loop.until(lambda: log.receipted() == 24)
        await loop.until(lambda: bool(loop.states) and loop.states[-1].receipted == 24)
    assert [(s.online, s.last_error, s.receipted, s.unsent) for s in loop.states] == [
        (True, None, 20, 0),
        (True, None, 24, 0),
    ]
    assert loop.states[0].since == loop.states[1].since


async def test_a_state_is_told_once_and_not_again_while_nothing_changes(centre: Any, log: Any) -> None:
    loop = Loop(centre.client(log))
    async with loop.running(heartbeat_s=0.001):
        await loop.until(lambda: len(loop.slept) > 5)
    assert len(loop.states) == 1


async def test_the_loop_waits_as_long_as_the_centre_asks_and_then_goes_on(
    centre: Any, answering: Any, log: Any
) -> None:
    refusals = 2

    async def answer(request: web.Request) -> web.Response:
        nonlocal refusals
        if refusals:
            refusals -= 1
            return web.Response(status=503, headers={"Retry-After": "40"})
        body = await request.read()
        async with centre.session.post(
            f"{centre.url}{request.match_info['path']}",
            data=body,
            headers={"Content-Type": request.headers["Content-Type"]},
        ) as real:
            return web.Response(status=real.status, body=await real.read(), content_type="application/json")

    async with answering(answer) as url:
        loop = Loop(centre.client(log, url=url))
        async with loop.running(backoff=lambda attempt: 0.5 * attempt.attempt_number):
            await loop.until(lambda: log.receipted() == 20)
            await loop.until(lambda: len(loop.states) == 2)
    assert loop.slept[:3] == [40.5, 41.0, 1.25]
    assert [(s.online, s.unsent) for s in loop.states] == [(False, 20), (True, 0)]
    assert "503" in (loop.states[0].last_error or "")


async def test_the_back_off_grows_with_jitter_and_has_a_ceiling(centre: Any, log: Any) -> None:
    loop = Loop(centre.client(log, url="http://127.0.0.1:9"))
    async with loop.running():
        await loop.until(lambda: len(loop.slept) >= 40)
    assert all(0 <= seconds <= 30 for seconds in loop.slept)
    assert max(loop.slept[:2]) <= 2
    assert max(loop.slept) > 2
    assert len(set(loop.slept)) > 30


async def test_a_refusal_is_not_retried_quickly_and_a_later_registration_is_noticed(
    centre: Any, make_log: Any
) -> None:
    log = make_log(2)
    loop = Loop(centre.client(log))
    async with loop.running(refused_s=300.0):
        await loop.until(lambda: len(loop.states) == 1)
        loop.wake.set()
        centre.register(log)
        await loop.until(lambda: log.receipted() == 2)
        await loop.until(lambda: len(loop.states) == 2)
    assert loop.slept[0] == 300.0
    refused, taken = loop.states
    assert (refused.online, taken.online, taken.last_error) == (True, True, None)
    assert "unknown-hub" in (refused.last_error or "")


async def test_a_forked_log_ends_the_loop_and_is_handed_to_the_caller(centre: Any, log: Any) -> None:
    await centre.client(log).sync_once()
    restored = log.copy()
    del restored.entries[12:]
    with pytest.raises(LogForked):
        await Loop(centre.client(restored)).client.run(asyncio.Event(), [].append)


async def test_cancelling_the_loop_passes_through(centre: Any, log: Any) -> None:
    loop = Loop(centre.client(log))
    async with loop.running() as task:
        await loop.until(lambda: log.receipted() == 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
