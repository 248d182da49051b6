"""Publishes the states that change by themselves: the link and its outbox, the age of the policy."""

from __future__ import annotations

from typing import NoReturn

from agent.hub import Hub
from agent.status.states import policy_message, sync_message

TICK_EVERY_S = 1.0


class StateTicker:
    """Owns the messages ``sync`` and ``policy`` of one hub; stations and imports publish their own."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def link_changed(self) -> None:
        """Publish the state of the link now rather than at the next tick."""
        self._hub.feed.publish_state(sync_message(self._hub))

    async def run(self) -> NoReturn:
        """Publish until cancelled: without a link the outbox grows, and the policy ages."""
        while True:
            self.link_changed()
            self._hub.feed.publish_state(policy_message(self._hub))
            await self._hub.clock.sleep(TICK_EVERY_S)
