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
from agent.sandbox.day import Day, make_day
from agent.sandbox.lane import Lane, Screen
from agent.sandbox.link import Link
from agent.sandbox.site import Site, prepare, running
from drivers.simulators.client import SimulatedDevice

LANES = ("lane-1", "lane-2")
RECEIPT_TIMEOUT_S = 45.0
KILL_AFTER_BYTES = 8_000
"""Into the first upload after the outage: well inside a batch."""

Say = Callable[[str], None]
Progress = Callable[[int, int, str], None]
"""Parcels played, parcels in all, and what is going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the demonstration was asked for."""

    pieces: int
    speed: float
    seed: int
    port: int
    once: bool


async def play(order: Order, clock: Clock, say: Say, progress: Progress) -> Report | None:
    """Play a shift; without ``once`` the page is then served until the task is cancelled."""
    began_ns = clock.monotonic_ns()
    _refuse_taken(order.port)
    with tempfile.TemporaryDirectory(prefix="preclear-", ignore_cleanup_errors=True) as folder:
        site = Site(folder=Path(folder), clock=clock, page_port=order.port)
        day = make_day(site.folder, pieces=order.pieces, lanes=len(LANES), seed=order.seed)
        async with _open(site, day, order, clock, say) as (screen, lanes):
            await _play_day(day, lanes, site, progress)
            if not order.once:
                say(f"The shift is over; the page stays at {site.url} until you press Ctrl-C.")
                await asyncio.Event().wait()
            latency = await _receipted(site, clock)
            assert site.link is not None
            killed = site.link.killed
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
async def _open(
    site: Site, day: Day, order: Order, clock: Clock, say: Say
) -> AsyncIterator[tuple[Screen, Sequence[Lane]]]:
    """Centre, link, hub, devices and hands; everything is closed in reverse."""
    screen = Screen(clock)
    async with AsyncExitStack() as stack:
        devices = {
            (lane, kind): SimulatedDevice(
                kind, site.folder, name=f"{lane}-{kind}", seed=order.seed * 10 + number, speed=order.speed
            )
            for number, lane in enumerate(LANES)
            for kind in ("scanner", "scale")
        }
        ports = {lane: (devices[lane, "scanner"].port, devices[lane, "scale"].port) for lane in LANES}
        # The link needs the centre's port and the configuration the link's, so the port is settled last.
        site.link = await stack.enter_async_context(Link())
        starting = [asyncio.create_task(stack.enter_async_context(d)) for d in devices.values()]
        await prepare(site, LANES, ports)
        centre = ("sync.central.cli", "serve", "--data", str(site.folder / "centre"), "--port", "0")
        address = await stack.enter_async_context(
            running(centre, "listening on ", site.folder / "centre.log")
        )
        site.link.target = int(address.rstrip("/").rpartition(":")[2])
        await asyncio.gather(*starting)
        hub = ("agent.cli", "run", "--config", str(site.config))
        site.url = await stack.enter_async_context(running(hub, "ready ", site.folder / "hub.log"))
        say(f"The lane page is at {site.url}")
        watching = asyncio.create_task(screen.watch(site.url), name="screen")
        stack.callback(watching.cancel)
        imported = await site.preclear(
            "import", str(site.folder / "manifest.csv"), "--party", "demo", ok=(0, 3)
        )
        say(f"{imported['accepted']} consignments imported, {imported['rejected_rows']} rows refused")
        lanes = [
            Lane(
                name=lane,
                scanner=devices[lane, "scanner"],
                scale=devices[lane, "scale"],
                screen=screen,
                clock=clock,
                speed=order.speed,
                declared=day.declared,
            )
            for lane in LANES
        ]
        for lane in lanes:
            await stack.enter_async_context(lane.listening(site.lane_socket(lane.name)))
        yield screen, lanes


async def _play_day(day: Day, lanes: Sequence[Lane], site: Site, progress: Progress) -> None:
    total = sum(len(parcels) for parcels in day.lanes)
    link = site.link
    assert link is not None
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

    async def work(lane: Lane, parcels: Sequence[Any]) -> None:
        for parcel in parcels:
            await lane.present(parcel)
            step()

    async with asyncio.TaskGroup() as tasks:
        for lane, parcels in zip(lanes, day.lanes, strict=True):
            tasks.create_task(work(lane, parcels), name=lane.name)


async def _receipted(site: Site, clock: Clock) -> dict[str, Any]:
    """Wait until receipts cover the log; returns the hub's latency figures."""
    deadline_ns = clock.monotonic_ns() + int(RECEIPT_TIMEOUT_S * 1e9)
    while True:
        status = await site.preclear("status")
        if not status["unsent"] or clock.monotonic_ns() > deadline_ns:
            latency: dict[str, Any] = status["latency_ms"]
            return latency
        await clock.sleep(0.3)
