"""A hub at work in this process, its scanner and scale the far ends of two pseudo-terminals."""

from __future__ import annotations

import asyncio
import csv
import os
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.app import Opened
from agent.config.file import Config
from agent.intake.importer import import_manifest
from agent.lane.station import Station, run_station
from agent.runtime.threads import in_thread
from agent.sandbox.day import make_day
from agent.sandbox.hub_folder import HubFolder

LANE = "lane-1"
_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One pseudo-terminal: the end held here, which never blocks, and the name of the end a hub opens."""

    end: int
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wires:
    """What the two devices of a lane are connected by."""

    scanner: Wire
    scale: Wire

    def station(self) -> str:
        """The lane's section of a configuration."""
        return (
            f'[[stations]]\nname = "{LANE}"\n'
            f'scanner = {{ port = "{self.scanner.port}" }}\nscale = {{ port = "{self.scale.port}" }}\n'
        )


@contextmanager
def wires() -> Iterator[Wires]:
    """Open both pseudo-terminals; they are closed at the end."""
    with _wire() as scanner, _wire() as scale:
        yield Wires(scanner=scanner, scale=scale)


@contextmanager
def _wire() -> Iterator[Wire]:
    end, device = os.openpty()
    try:
        tty.setraw(device)
        os.set_blocking(end, False)
        yield Wire(end=end, port=os.ttyname(device))
    finally:
        os.close(end)
        os.close(device)


@asynccontextmanager
async def at_work(site: HubFolder, config: Config) -> AsyncIterator[tuple[Opened, list[tuple[str, int]]]]:
    """The hub with its first station running and a manifest assessed; yields labels and declared grams."""
    make_day(site.folder, pieces=6, lanes=1, seed=_SEED)
    manifest = site.folder / "manifest.csv"
    async with site.open(config) as opened:
        hub = opened.hub
        await import_manifest(manifest, hub)
        while await in_thread("assess", hub.assessments.catch_up):
            pass  # as the running hub does after an import
        station = Station(config.stations[0], hub)
        running = asyncio.create_task(run_station(station, hub), name="station")
        try:
            yield opened, _labels(manifest)
        finally:
            running.cancel()
            await asyncio.wait({running})


def _labels(manifest: Path) -> list[tuple[str, int]]:
    with manifest.open(newline="", encoding="utf-8") as file:
        return [(row["tracking_number"], int(row["gross_weight_g"])) for row in csv.DictReader(file)]
