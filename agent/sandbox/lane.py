"""A lane's worker, simulated: lays a parcel down, scans its label, waits for the verdict, takes it away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from agent.runtime.clock import Clock
from agent.sandbox.day import DayParcel
from drivers.simulators.client import SimulatedDevice

VERDICT_TIMEOUT_S = 15.0
HANDS_S = 1.2
"""Seconds between laying a parcel down and scanning it, and between two parcels, at speed 1."""
EMPTY_S = 0.16
"""The scale reports its load 20 times a second; this long at least it is left empty."""
UNKNOWN_GRAMS = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One scan and what the screen showed: the message, or None when nothing came in time."""

    lane: str
    parcel: DayParcel
    message: dict[str, Any] | None


class Screen:
    """Reads the page's live channel as a person reads the screen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.first_verdict_ns: int | None = None
        self.sync: dict[str, Any] = {}

    async def watch(self, url: str) -> None:
        """Follow the live channel until cancelled."""
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}ws") as ws:
            async for frame in ws:
                message = json.loads(frame.data)
                if message["type"] in ("decision", "repeat", "rescan", "stopped"):
                    self._verdict(message)
                elif message["type"] == "sync":
                    self.sync = message

    def _verdict(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(message["station"])
        if waiting is None or waiting.done() or message.get("because") == "manifest":
            return
        if self.first_verdict_ns is None:
            self.first_verdict_ns = self._clock.monotonic_ns()
        waiting.set_result(message)

    async def verdict(self, lane: str) -> dict[str, Any] | None:
        """The next verdict of a lane, or None when none comes in time."""
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[lane] = waiting
        try:
            async with asyncio.timeout(VERDICT_TIMEOUT_S):
                return await waiting
        except TimeoutError:
            return None
        finally:
            del self._waiting[lane]


@dataclass(kw_only=True)
class SimulatedLane:
    """One lane: its two simulated devices and the hands that work there."""

    name: str
    scanner: SimulatedDevice
    scale: SimulatedDevice
    screen: Screen
    clock: Clock
    speed: float
    declared: dict[str, DayParcel]
    played: list[Played] = field(default_factory=list)
    _hands: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def present(self, parcel: DayParcel) -> Played:
        """Bring one parcel over the lane."""
        async with self._hands:
            pause_s = HANDS_S / self.speed
            await self.scale.lay(parcel.grams)
            await self.clock.sleep(max(pause_s, EMPTY_S))
            verdict = asyncio.create_task(self.screen.verdict(self.name))
            await asyncio.sleep(0)  # the screen is looked at before the scan is made
            await self.scanner.scan(parcel.label, aim=parcel.aim)
            message = await verdict
            await self.scale.take()
            await self.clock.sleep(max(pause_s, EMPTY_S))
            played = Played(lane=self.name, parcel=parcel, message=message)
            self.played.append(played)
            return played

    async def present_number(self, text: str) -> None:
        """Bring the parcel whose number was typed on the page; an unknown one weighs a little."""
        wanted = text.strip().upper()
        known = next((p for p in self.declared.values() if wanted in (p.label, p.number)), None)
        await self.present(
            known or DayParcel(label=text.strip(), aim="]C0", number=wanted, grams=UNKNOWN_GRAMS)
        )

    @asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Take numbers that the page hands over."""
        jobs: set[asyncio.Task[None]] = set()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                text = str(json.loads(await reader.readline())["present"])
            except (ValueError, KeyError, TypeError):
                writer.write(b'{"error": "send {\\"present\\": number}"}\n')
            else:
                job = asyncio.create_task(self.present_number(text), name=f"typed {self.name}")
                jobs.add(job)
                job.add_done_callback(jobs.discard)
                writer.write(b'{"ok": true}\n')
            await writer.drain()
            writer.close()

        server = await asyncio.start_unix_server(take, path)
        try:
            yield
        finally:
            server.close()
            for job in jobs:
                job.cancel()
