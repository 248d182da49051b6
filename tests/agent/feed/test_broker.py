"""The broker: who receives which message, what a late subscriber receives, and a screen that is too slow."""

from __future__ import annotations

import json

from agent.feed.broker import ROOM, Broker
from agent.feed.messages import DeviceMessage, ImportMessage, StateMessage, StoppedMessage, WeighingMessage

WEIGHING = WeighingMessage(station="lane-1")
LOST = DeviceMessage(station="lane-1", role="scanner", state="lost", error="unplugged")
UP = DeviceMessage(station="lane-1", role="scanner", state="up", error=None)


async def test_a_message_reaches_every_subscriber_with_one_text_and_nobody_later() -> None:
    broker = Broker()
    with broker.subscribe() as first, broker.subscribe() as second:
        broker.publish(WEIGHING)
        outgoing = await first.next()
        assert outgoing is not None
        assert json.loads(outgoing.text) == {"v": 1, "type": "weighing", "station": "lane-1"}
        assert await second.next() is outgoing
    with broker.subscribe() as late:
        assert late.take() is None
    assert broker.states() == []


async def test_who_left_receives_nothing_more() -> None:
    broker = Broker()
    with broker.subscribe() as screen:
        pass
    broker.publish(WEIGHING)
    assert screen.take() is None


async def test_a_state_is_sent_when_it_changes_and_kept_for_who_comes_later() -> None:
    broker = Broker()
    broker.publish_state(LOST)
    with broker.subscribe() as screen:
        broker.publish_state(LOST)
        assert screen.take() is None, "it is what it was"
        broker.publish_state(UP)
        assert screen.take() == UP
    assert broker.states() == [UP]


async def test_each_device_station_and_import_has_one_state() -> None:
    other = DeviceMessage(station="lane-1", role="scale", state="up", error=None)
    elsewhere = DeviceMessage(station="lane-2", role="scanner", state="up", error=None)
    stops = [StoppedMessage(station=f"lane-{number}", reason="disk full") for number in (1, 2)]
    imports = [
        ImportMessage(file=name, state="done", percent=100, rows=1, rejected=0) for name in ("a.csv", "b.csv")
    ]
    broker = Broker()
    published: list[StateMessage] = [UP, other, elsewhere, *stops, *imports]
    for state in published:
        broker.publish_state(state)
    assert broker.states() == [UP, other, elsewhere, *stops, imports[-1]]


async def test_a_screen_that_lags_too_far_ends_and_the_others_go_on() -> None:
    broker = Broker()
    with broker.subscribe() as slow, broker.subscribe() as quick:
        for _ in range(ROOM + 1):
            broker.publish(WEIGHING)
            assert quick.take() == WEIGHING
        assert await slow.next() is None
        broker.publish(WEIGHING)
        assert slow.take() is None
        assert quick.take() == WEIGHING
