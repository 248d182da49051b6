"""What goes over the live channel, message for message, as it was recorded when the channel was version 1."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.app import Opened, open_hub
from agent.config.file import Config
from agent.errors import FileRefused
from agent.hub import LinkState
from agent.intake.importer import import_manifest
from agent.lane.station import Station
from agent.sandbox.site import Site
from agent.status.report import status_of
from agent.status.ticker import StateTicker
from agent.web.server import create_web, serve_web
from drivers.events import Noise, NoRead, ScanRead, WeightReading
from drivers.supervision.health import DeviceState

GOLDEN = Path(__file__).parent / "golden"
TYPES = (
    "hello", "decision", "repeat", "weighing", "rescan", "stopped", "device", "sync", "policy", "import",
)  # fmt: skip
WORDED = (("hello", "version"), ("rescan", "detail"), ("stopped", "reason"))
S10 = "RR473124829GB"
Shown = tuple[list[Any], dict[str, Any]]
"""The messages of a whole play, and the status at its end."""
LABEL = ScanRead(aim="]C0", payload=S10.encode(), text=S10, encoding="utf-8", raw=S10.encode())


@pytest.fixture
def scale_config(site: Site) -> Config:
    """One lane; its scale has a metrology card whose verification is due in ten days."""
    due = site.clock.now().date() + timedelta(days=10)
    card = (
        f'{{ maker = "Example", model = "PS60", serial = "1", max = "30 kg", min = "100 g", e = "5 g", '
        f"verified_on = {due - timedelta(days=365)}, due_on = {due} }}"
    )
    site.publish_policy(('reason = "Entry needed at any value"', 'reason = "Duty is due"'))
    config: Config = site.configure(
        '[[stations]]\nname = "lane-1"\nscanner = { port = "no-scanner" }\n'
        f'scale = {{ port = "no-scale", protocol = "mt-sics", card = {card} }}\n'
    )
    return config


def weigh(station: Station, last_ns: int, *grams: int, stable: bool = True) -> None:
    """Readings of the station's scale, 200 ms apart; the newest arrived at ``last_ns``."""
    for number, value in enumerate(grams, 1):
        reading = WeightReading(value=Decimal(value), unit="g", stable=stable, status=frozenset(), raw=b"")
        station.on_scale(reading, last_ns - (len(grams) - number) * 200_000_000)


async def play(
    site: Site, opened: Opened, station: Station, next_message: Callable[[], Awaitable[Any]]
) -> None:
    """Everything that a screen can be shown, one thing after the other; the clock is the test's."""
    hub, clock = opened.hub, site.clock
    ticker = StateTicker(hub)
    running = [asyncio.create_task(work) for work in (ticker.run(), station.watch_devices())]
    for _ in range(4):  # sync, policy, scanner, scale
        await next_message()
    for role, on_health in (("scanner", station.on_scanner_health), ("scale", station.on_scale_health)):
        meter = station.meters[role]
        meter.state, meter.last_error = DeviceState.LOST, "unplugged"
        on_health(meter.snapshot(clock.monotonic_ns()))
        await next_message()
    hub.link = LinkState(online=True, error="the centre refused")
    ticker.link_changed()
    await next_message()
    await site.declare(opened, {"tracking_number": S10})
    await next_message()
    await next_message()
    refused = site.folder / "refused.csv"
    refused.write_bytes(b"\0" * 100)
    with pytest.raises(FileRefused):
        await import_manifest(refused, hub)
    await next_message()
    running.append(asyncio.create_task(station.decide_scans()))
    weigh(station, clock.monotonic_ns(), 0, 0)
    station.on_scanner(LABEL, clock.monotonic_ns())
    weigh(station, clock.monotonic_ns(), 290, stable=False)
    await next_message()
    weigh(station, clock.monotonic_ns() + 1_000_000_000, 290, 290, 290, 290)
    clock.advance(1.5)
    await next_message()
    station.on_scanner(LABEL, clock.monotonic_ns())
    await next_message()
    station.keyed("BOX-999999")
    await next_message()
    station.keyed("??")
    await next_message()
    station.on_scanner(NoRead(raw=b"NR"), clock.monotonic_ns())
    station.on_scanner(Noise(discarded=20, reason="too_long"), clock.monotonic_ns())
    await next_message()
    await next_message()
    clock.advance(1)
    await next_message()
    hub.log.close()
    station.keyed("BOX-999998")
    await next_message()
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def shown(site: Site, scale_config: Config) -> Shown:
    """The messages of a whole play as a page receives them, and what ``status`` says at its end."""
    messages: list[Any] = []

    async def keyed(name: str, text: str) -> None:
        raise AssertionError(name, text)

    async with open_hub(scale_config, site.clock) as opened:
        station = Station(scale_config.stations[0], opened.hub)
        runner, port = await serve_web(
            create_web(opened.hub, ["lane-1"], keyed, frozenset({"localhost"})), "127.0.0.1", 0
        )
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://127.0.0.1:{port}/ws?since=-1") as ws,
        ):

            async def next_message() -> None:
                messages.append(without_words(await ws.receive_json(timeout=10)))

            await next_message()
            await play(site, opened, station, next_message)
            status = json.loads(json.dumps(await status_of(opened.hub)))
        await runner.cleanup()
    return messages, status


def without_words(message: dict[str, Any]) -> dict[str, Any]:
    """A message without its sentences and the program's version: both change, and are no matter of form."""
    for kind, field in WORDED:
        if message["type"] == kind and field in message:
            assert isinstance(message[field], str)
            assert message[field]
            message[field] = "…"
    if message["type"] == "policy":
        message["texts"] = one_text(message["texts"])
    return message


def one_text(texts: dict[str, str]) -> dict[str, str]:
    """One of the pack's texts: how many there are is the pack's."""
    assert len(texts) > 1
    return {"NO_DE_MINIMIS": texts["NO_DE_MINIMIS"]}


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


async def test_each_message_is_what_it_was_to_the_order_of_its_fields(
    shown: Shown,
) -> None:
    messages, _ = shown
    assert {message["type"] for message in messages} == set(TYPES)
    for kind in TYPES:
        same_kind = [message for message in messages if message["type"] == kind]
        assert json.dumps(same_kind, indent=2) == json.dumps(golden(kind), indent=2), kind


async def test_the_status_is_what_it_was_to_the_order_of_its_fields(
    shown: Shown,
) -> None:
    _, status = shown
    assert len(status["log_id"]) == 32
    status["states"] = [without_words(state) for state in status["states"]]
    masked = {**status, "log_id": "…", "version": "…"}
    assert json.dumps(masked, indent=2) == json.dumps(golden("status"), indent=2)
