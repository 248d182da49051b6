"""A clock whose time passes only when it is advanced."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from agent.sandbox.clock import START, ManualClock


def test_time_stands_until_it_is_advanced() -> None:
    clock = ManualClock()
    began_ns = clock.monotonic_ns()
    assert (clock.now(), clock.boot()[1]) == (START, began_ns)
    clock.advance(1.5)
    assert clock.now() == START + timedelta(seconds=1.5)
    assert clock.monotonic_ns() == clock.boot()[1] == began_ns + 1_500_000_000


async def test_whoever_sleeps_wakes_when_that_much_time_has_passed_and_not_before() -> None:
    clock = ManualClock()
    short, long = (asyncio.create_task(clock.sleep(seconds)) for seconds in (1.0, 3.0))
    await asyncio.sleep(0)
    for seconds, done in ((0.9, (False, False)), (0.1, (True, False)), (2.0, (True, True))):
        clock.advance(seconds)
        await asyncio.sleep(0)
        assert (short.done(), long.done()) == done


async def test_a_sleeper_that_was_cancelled_stops_no_other() -> None:
    clock = ManualClock()
    gone, left = asyncio.create_task(clock.sleep(1)), asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    clock.advance(1)
    await left
    assert gone.cancelled()
