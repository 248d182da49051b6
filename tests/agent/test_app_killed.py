"""The whole hub, killed in the middle of scans and started again: nothing that a screen showed is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.evidence.reader import StoredLog
from agent.feed.messages import decision_view
from agent.runtime.clock import SystemClock
from agent.sandbox.day import Day, DayParcel, make_day
from agent.sandbox.hub_folder import HubFolder
from agent.sandbox.lane import Screen, SimulatedLane
from agent.sandbox.surroundings import Surroundings, surroundings
from sync.log.statement import Decision, parse

LANES = ("lane-1", "lane-2")
SPEED = 20.0
KILLS = 2
BETWEEN_KILLS = 8
"""Verdicts on the screen before the hub is killed."""


class Witness:
    """Writes down every decision that the live channel shows, as it shows it."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.more = asyncio.Event()

    async def watch(self, url: str) -> None:
        """Until the hub is gone."""
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}ws?since=999999") as ws:
                async for frame in ws:
                    message = json.loads(frame.data)
                    if message["type"] == "decision":
                        self.shown.append(message)
                        self.more.set()

    async def saw(self, count: int) -> None:
        """Wait for that many decisions in all."""
        async with asyncio.timeout(15):
            while len(self.shown) < count:
                self.more.clear()
                await self.more.wait()


@pytest.fixture
async def around(short_folder: Path) -> AsyncIterator[Surroundings]:
    """Centre, link and devices at work, keys and data in place; the hub itself is the test's to run."""
    site = HubFolder(name="demo", folder=short_folder, clock=SystemClock())
    async with surroundings(site, LANES, speed=SPEED) as made:
        yield made


@asynccontextmanager
async def hub_running(around: Surroundings, witness: Witness) -> AsyncIterator[str]:
    """The hub's own program, with the witness at its page; yields the page's address."""
    async with around.running_hub() as url:
        watching = asyncio.create_task(witness.watch(url))
        yield url
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def work(around: Surroundings, url: str, hands: Sequence[Iterable[DayParcel]], day: Day) -> None:
    """Both lanes bring their parcels, one after the other, until cancelled."""
    screen = Screen(around.site.clock)
    lanes = [
        SimulatedLane(
            name=name,
            scanner=devices.scanner,
            scale=devices.scale,
            screen=screen,
            clock=around.site.clock,
            speed=SPEED,
            declared=day.declared,
        )
        for name, devices in around.lanes.items()
    ]

    async def bring(lane: SimulatedLane, parcels: Iterable[DayParcel]) -> None:
        for parcel in parcels:
            await lane.present(parcel)

    watching = asyncio.create_task(screen.watch(url))
    try:
        await asyncio.gather(*(bring(lane, parcels) for lane, parcels in zip(lanes, hands, strict=True)))
    finally:
        watching.cancel()


def pid_of_hub(site: HubFolder) -> int:
    return int((site.data / "lock").read_text())


async def test_a_hub_that_is_killed_while_it_scans_loses_no_verdict_it_has_shown(
    around: Surroundings,
) -> None:
    site = around.site
    day = make_day(site.folder, pieces=60, lanes=len(LANES), seed=3)
    witness = Witness()
    hands = [iter(parcels) for parcels in day.lanes]  # what a lane has begun is not brought again
    for round_ in range(KILLS + 1):
        async with hub_running(around, witness) as url:
            if round_ == 0:
                await site.preclear("import", str(site.folder / "manifest.csv"), ok=(0, 3))
            working = asyncio.create_task(work(around, url, hands, day))
            await witness.saw((round_ + 1) * BETWEEN_KILLS)
            if round_ < KILLS:
                os.kill(pid_of_hub(site), signal.SIGKILL)
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            if round_ == KILLS:
                await receipted(site)
        for devices in around.lanes.values():
            await devices.scale.take()

    with StoredLog(site.data / "evidence.db") as stored:
        entries = list(stored.entries())
    recorded = {e.seq: decision_view(e) for e in entries if e.kind == "decision"}
    assert [e.seq for e in entries] == list(range(len(entries)))
    assert len(witness.shown) >= (KILLS + 1) * BETWEEN_KILLS
    for shown in witness.shown:
        assert recorded[shown["seq"]] == shown
    # Shown once, recorded once: no number of the log was given to two verdicts.
    assert max(Counter(shown["seq"] for shown in witness.shown).values()) == 1
    scans = [body for e in entries if isinstance(body := parse(e.kind, e.payload), Decision)]
    boots = {scan.boot for scan in scans}
    assert len(boots) == KILLS + 1
    proof = await site.preclear("verify")
    assert (proof["verified"], proof["entries"], proof["receipted"]) == (True, len(entries), len(entries))
    assert not list(site.data.glob("evidence-*.db"))


async def receipted(site: HubFolder) -> None:
    """Wait until a receipt of the centre covers the whole log."""
    async with asyncio.timeout(15):
        while (await site.preclear("status"))["unsent"]:  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.2)
