"""What screens are told beside verdicts: how the link stands, what waits for it, how old the rules are."""

from __future__ import annotations

from typing import NoReturn

from agent.feed.messages import VERSION
from agent.hub import Hub
from agent.lane.health import device_notice
from sync.transport.client import SyncState

TELL_EVERY_S = 1.0


class Teller:
    """Keeps the passing states of one hub up to date; a state that did not change is not told again."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._online = False
        self._error: str | None = None

    def link(self, state: SyncState) -> None:
        """The link to the centre has changed."""
        self._online, self._error = state.online, state.last_error
        self._tell_link()

    async def tell(self) -> NoReturn:
        """While there is no link, what waits for it grows, and the policy ages: tell it until cancelled."""
        while True:
            self._tell_link()
            self._tell_policy()
            self._tell_devices()
            await self._hub.clock.sleep(TELL_EVERY_S)

    def _tell_devices(self) -> None:
        """A device may be in doubt without going away; a state that is as it was is not told again."""
        for reports in self._hub.reports.values():
            for report in reports():
                key = f"device/{report['station']}/{report['role']}"
                self._hub.notices.state(key, device_notice(report))

    def _tell_link(self) -> None:
        log = self._hub.log
        message = {
            "v": VERSION,
            "type": "sync",
            "online": self._online,
            "unsent": log.size() - log.receipted(),
            "receipted": log.receipted(),
            "error": self._error,
        }
        self._hub.notices.state("sync", message)

    def _tell_policy(self) -> None:
        policy = self._hub.in_force.policy
        age_s = (self._hub.clock.now() - policy.issued).total_seconds()
        message = {
            "v": VERSION,
            "type": "policy",
            "id": policy.id,
            "sequence": policy.sequence,
            "issued": policy.issued.isoformat(),
            "stale": age_s > policy.fresh_for_days * 86_400,
            "texts": {text.code: text.reason for text in policy.texts if text.lang == "en"},
        }
        self._hub.notices.state("policy", message)
