"""One shift: start everything, play the day, cut the link for its middle third, prove what was kept."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.demo.report import Report, make_report
from agent.errors import PortTaken
from agent.evidence.reader import FILE, StoredLog
from agent.feed.messages import decision_view
from agent.runtime.clock import Clock
from agent.sandbox.day import Day, DayParcel, make_day
from agent.sandbox.hub_folder import HubFolder
from agent.sandbox.lane import Screen, SimulatedLane
from agent.sandbox.link import Link
from agent.sandbox.surroundings import Surroundings, surroundings

NAME = "demo"
LANES = ("lane-1", "lane-2")
RECEIPT_TIMEOUT_S = 45.0
KILL_AFTER_BYTES = 8_000
"""Into the first upload after the outage: well inside a batch."""

Say = Callable[[str], None]
Progress = Callable[[int, int, str], None]
"""Parcels played, parcels in all, and what is going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOrder:
    """What the demonstration was asked for."""

    pieces: int
    speed: float
    seed: int
    port: int
    once: bool


async def play(order: ShiftOrder, clock: Clock, say: Say, progress: Progress) -> Report | None:
    """Play a shift; without ``once`` the page is then served until the task is cancelled."""
    began_ns = clock.monotonic_ns()
    _refuse_taken(order.port)
    with tempfile.TemporaryDirectory(prefix="preclear-", ignore_cleanup_errors=True) as folder:
        site = HubFolder(name=NAME, folder=Path(folder), clock=clock)
        day = make_day(site.folder, pieces=order.pieces, lanes=len(LANES), seed=order.seed)
        around_it = surroundings(site, LANES, speed=order.speed, seed=order.seed, page_port=order.port)
        async with (
            around_it as around,
            _at_work(around, day, order, clock, say) as (url, screen, lanes),
        ):
            await _play_day(day, lanes, around.link, progress)
            if not order.once:
                say(f"The shift is over; the page stays at {url} until you press Ctrl-C.")
                await asyncio.Event().wait()
            latency = await _receipted(site, clock)
            killed = around.link.killed
        ended_ns = clock.monotonic_ns()
        proof = await site.preclear("verify", ok=(0, 3))
        with StoredLog(site.data / FILE) as stored:
            decisions = [decision_view(e) for e in stored.entries() if e.kind == "decision"]
        first_ns = screen.first_verdict_ns or ended_ns
        return make_report(
            [p for lane in lanes for p in lane.played],
            decisions,
            proof,
            latency,
            first_verdict_s=(first_ns - began_ns) / 1e9,
            seconds=(ended_ns - began_ns) / 1e9,
            link_killed=killed,
        )


def _refuse_taken(port: int) -> None:
    """Say at once that the page's port is taken, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken("127.0.0.1", port) from error


@asynccontextmanager
async def _at_work(
    around: Surroundings, day: Day, order: ShiftOrder, clock: Clock, say: Say
) -> AsyncIterator[tuple[str, Screen, Sequence[SimulatedLane]]]:
    """The hub with its manifest, a screen and hands at its lanes; yields the address of its pages first."""
    site = around.site
    screen = Screen(clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(around.running_hub())
        say(f"The lane page is at {url}")
        watching = asyncio.create_task(screen.watch(url), name="screen")
        stack.callback(watching.cancel)
        imported = await site.preclear(
            "import", str(site.folder / "manifest.csv"), "--party", "demo", ok=(0, 3)
        )
        say(f"{imported['accepted']} consignments imported, {imported['rejected_rows']} rows refused")
        lanes = [
            SimulatedLane(
                name=name,
                scanner=devices.scanner,
                scale=devices.scale,
                screen=screen,
                clock=clock,
                speed=order.speed,
                declared=day.declared,
            )
            for name, devices in around.lanes.items()
        ]
        for lane in lanes:
            await stack.enter_async_context(lane.listening(around.lane_socket(lane.name)))
        yield url, screen, lanes


async def _play_day(day: Day, lanes: Sequence[SimulatedLane], link: Link, progress: Progress) -> None:
    total = sum(len(parcels) for parcels in day.lanes)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done == total // 3:
            link.cut()
        elif done == total * 2 // 3:
            link.kill_upload_after(KILL_AFTER_BYTES)
            link.restore()
        progress(done, total, "link cut" if total // 3 <= done < total * 2 // 3 else "link up")

    async def work(lane: SimulatedLane, parcels: Sequence[DayParcel]) -> None:
        for parcel in parcels:
            await lane.present(parcel)
            step()

    async with asyncio.TaskGroup() as tasks:
        for lane, parcels in zip(lanes, day.lanes, strict=True):
            tasks.create_task(work(lane, parcels), name=lane.name)


async def _receipted(site: HubFolder, clock: Clock) -> dict[str, Any]:
    """Wait until receipts cover the log; returns the hub's latency figures."""
    deadline_ns = clock.monotonic_ns() + int(RECEIPT_TIMEOUT_S * 1e9)
    while True:
        status = await site.preclear("status")
        if not status["unsent"] or clock.monotonic_ns() > deadline_ns:
            latency: dict[str, Any] = status["latency_ms"]
            return latency
        await clock.sleep(0.3)
