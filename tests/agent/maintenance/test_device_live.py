"""One device run outside the hub: recorded, detected, stopped, and failures passed on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.maintenance.device_live import detect, event_as_json, overhear, record, run_until, watch, with_unit
from agent.maintenance.device_target import port_target
from drivers.catalogue import profile_of
from drivers.errors import PortError
from drivers.events import Event, Noise, WeightReading
from drivers.simulators.client import SimulatedDevice
from drivers.transcripts.transcript import read_transcript


async def test_work_ends_by_itself_by_time_or_by_its_event() -> None:
    ended: list[str] = []

    async def work(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            ended.append(name)

    stop = asyncio.Event()
    await run_until(work("itself", 0))
    await run_until(work("time", 60), seconds=0.01)
    stop.set()
    await run_until(work("event", 60), stop=stop)
    assert ended[:2] == ["itself", "time"]


async def test_what_the_work_fails_with_is_passed_on() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await run_until(work())


async def test_a_listener_that_fails_ends_the_watch_with_its_error(scale: SimulatedDevice) -> None:
    def on_event(_event: Event, _at_ns: int) -> bool:
        raise RuntimeError("the page is gone")

    with pytest.raises(RuntimeError, match="the page is gone"):
        await watch(port_target(scale.url, profile_of("mt-sics")), seconds=20, on_event=on_event)


async def test_a_recording_is_there_after_a_stop_and_holds_both_directions(
    scale: SimulatedDevice, folder: Path
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.6, stop.set)
    target = port_target(scale.url, profile_of("mt-sics"))
    written = await record(target, folder / "scale.jsonl", max_bytes=1 << 20, stop=stop)
    records = read_transcript(folder / "scale.jsonl")
    assert (written.records, written.lost, written.error) == (len(records), 0, None)
    assert {entry.direction for entry in records} == {"in", "out"}


async def test_without_a_protocol_a_port_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(PortError, match="does not exist"):
        await overhear(port_target(str(folder / "gone"), None), seconds=1)


async def test_a_detection_names_protocol_and_what_was_sent(
    scale: SimulatedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.detection.probing.LISTEN_S", 0.3)
    monkeypatch.setattr("drivers.detection.probing.ANSWER_S", 0.3)
    detection = await detect(scale.url)
    assert detection.guess is not None
    assert (detection.outcome.value, detection.guess.protocol) == ("confident", "mt-sics")
    assert set(detection.sent) == {b"SI\r\n"}


def test_only_a_reading_without_a_unit_takes_the_configured_one() -> None:
    parser = profile_of("toledo-8217").new_parser()
    bare = next(e for e in parser.feed(b"\x0200.500\r") if isinstance(e, WeightReading))
    assert bare.unit is None
    configured = with_unit(bare, "lb")
    assert event_as_json(configured, 7) | {"raw": ""} == {
        "at_ns": 7,
        "kind": "weight",
        "value": "0.500",
        "unit": "lb",
        "unit_source": "configuration",
        "stable": bare.stable,
        "status": sorted(bare.status),
        "raw": "",
    }
    assert with_unit(configured, "kg") == configured
    assert with_unit(bare, None) == bare
    noise = Noise(discarded=3, reason="parity")
    assert event_as_json(with_unit(noise, "lb"), None) == {
        "at_ns": None,
        "kind": "noise",
        "discarded": 3,
        "reason": "parity",
    }
