"""The states that change by themselves are published when they change, and only then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.feed.broker import Subscriber
from agent.feed.messages import Message, PolicyMessage, SyncMessage
from agent.hub import LinkState
from agent.status.ticker import TICK_EVERY_S, StateTicker

DAY_S = 86_400


@pytest.fixture
async def screen(opened: Opened) -> AsyncIterator[Subscriber]:
    """A screen beside a running ticker."""
    with opened.hub.feed.subscribe() as subscriber:
        running = asyncio.create_task(StateTicker(opened.hub).run())
        await asyncio.sleep(0)
        yield subscriber
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def after(clock: Any, seconds: float, screen: Subscriber) -> list[Message]:
    """What was published by the tick after that time."""
    clock.advance(seconds)
    for _ in range(3):
        await asyncio.sleep(0)
    messages: list[Message] = []
    while (message := screen.take()) is not None:
        messages.append(message)
    return messages


async def test_link_and_policy_are_published_at_the_start_and_not_again_while_they_stay(
    screen: Subscriber, opened: Opened, site: Any
) -> None:
    size = opened.hub.log.size()
    sync, policy = await after(site.clock, 0, screen)
    assert sync == SyncMessage(online=False, unsent=size, receipted=0, error=None)
    assert isinstance(policy, PolicyMessage)
    assert (policy.sequence, policy.stale) == (1, False)
    assert await after(site.clock, TICK_EVERY_S, screen) == []


async def test_without_a_link_the_outbox_grows_on_the_screen(
    screen: Subscriber, opened: Opened, site: Any
) -> None:
    await after(site.clock, 0, screen)
    size = opened.hub.log.size()
    await clear_piece(site.scan("BOX-000001"), CommandLine(), opened.hub)
    messages = await after(site.clock, TICK_EVERY_S, screen)
    (sync,) = [message for message in messages if isinstance(message, SyncMessage)]
    assert sync == SyncMessage(online=False, unsent=size + 1, receipted=0, error=None)


async def test_a_policy_goes_stale_on_the_screen_once_its_days_are_over(
    screen: Subscriber, opened: Opened, site: Any
) -> None:
    await after(site.clock, 0, screen)
    fresh_s = opened.hub.reference_data.current.policy.fresh_for_days * DAY_S
    assert await after(site.clock, fresh_s, screen) == []
    (policy,) = await after(site.clock, TICK_EVERY_S, screen)
    assert isinstance(policy, PolicyMessage)
    assert policy.stale


async def test_a_change_of_the_link_is_published_before_the_next_tick(opened: Opened) -> None:
    opened.hub.link = LinkState(online=True, error="the centre refused")
    with opened.hub.feed.subscribe() as screen:
        StateTicker(opened.hub).link_changed()
        sync = screen.take()
    assert isinstance(sync, SyncMessage)
    assert (sync.online, sync.error) == (True, "the centre refused")
