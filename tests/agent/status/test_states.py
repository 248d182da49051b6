"""The states that `status` prints come from their sources, whatever was published to the screens."""

from __future__ import annotations

from typing import Any

from agent.app import Opened
from agent.feed.messages import (
    DeviceMessage,
    ImportMessage,
    PolicyMessage,
    StateMessage,
    StoppedMessage,
    SyncMessage,
    plain,
)
from agent.hub import ImportState, LinkState
from agent.lane.station import Station
from agent.status.report import status_of
from agent.status.states import state_messages


def by_type(opened: Opened) -> dict[type[StateMessage], StateMessage]:
    return {type(state): state for state in state_messages(opened.hub)}


async def test_a_hub_at_rest_has_the_states_of_link_and_policy_alone(opened: Opened) -> None:
    assert by_type(opened).keys() == {SyncMessage, PolicyMessage}
    assert opened.hub.feed.states() == []


async def test_what_is_published_to_screens_is_not_what_status_prints(opened: Opened) -> None:
    opened.hub.feed.publish_state(SyncMessage(online=True, unsent=7, receipted=7, error="published"))
    opened.hub.link = LinkState(online=False, error="no route to the centre")
    sync = by_type(opened)[SyncMessage]
    assert isinstance(sync, SyncMessage)
    assert (sync.online, sync.error) == (False, "no route to the centre")
    assert (sync.unsent, sync.receipted) == (opened.hub.log.size(), 0)
    assert plain(sync) in (await status_of(opened.hub))["states"]


async def test_devices_the_newest_import_and_a_stopped_station_are_states(opened: Opened, site: Any) -> None:
    station = Station(site.configure().stations[0], opened.hub)
    station.stopped = "the disk is full"
    opened.hub.importing = ImportState(file="a.csv", state="running", percent=40, rows=9, rejected=1)
    states = by_type(opened)
    assert states[DeviceMessage] == DeviceMessage(
        station="lane-1", role="scanner", state="opening", error=None
    )
    assert states[ImportMessage] == ImportMessage(
        file="a.csv", state="running", percent=40, rows=9, rejected=1
    )
    assert states[StoppedMessage] == StoppedMessage(station="lane-1", reason="the disk is full")


async def test_the_state_of_an_import_stays_when_it_is_over(opened: Opened, site: Any) -> None:
    await site.declare(opened, {})
    assert by_type(opened)[ImportMessage] == ImportMessage(
        file="manifest.csv", state="done", percent=100, rows=1, rejected=0
    )
