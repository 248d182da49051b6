"""The states of a hub as messages, each made from its source: the link, the log, the policy, the stations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from agent.feed.messages import (
    ImportMessage,
    PolicyMessage,
    StateMessage,
    StoppedMessage,
    SyncMessage,
    device_message,
)
from agent.hub import Hub


def sync_message(hub: Hub) -> SyncMessage:
    """The link to the centre, and what waits for it."""
    size, receipted = hub.log.size(), hub.log.receipted()
    return SyncMessage(
        online=hub.link.online, unsent=size - receipted, receipted=receipted, error=hub.link.error
    )


def policy_message(hub: Hub) -> PolicyMessage:
    """The policy in force, and whether it is past its age."""
    policy = hub.reference_data.current.policy
    age_s = (hub.clock.now() - policy.issued).total_seconds()
    return PolicyMessage(
        id=policy.id,
        sequence=policy.sequence,
        issued=policy.issued.isoformat(),
        stale=age_s > policy.fresh_for_days * 86_400,
        texts={text.code: text.reason for text in policy.texts if text.lang == "en"},
    )


def state_messages(hub: Hub) -> Iterator[StateMessage]:
    """Every state of this moment; `preclear status --json` prints them under ``states``."""
    yield sync_message(hub)
    yield policy_message(hub)
    for station in hub.stations.values():
        yield from map(device_message, station.reports())
    if hub.importing is not None:
        yield ImportMessage(**asdict(hub.importing))
    for name, station in hub.stations.items():
        if station.stopped is not None:
            yield StoppedMessage(station=name, reason=station.stopped)
