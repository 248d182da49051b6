"""A hub to measure on: real keys, real files, real pseudo-terminals, in one folder."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.app import Opened, open_hub
from agent.config.file import Config, load_config
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill
from agent.intake.importer import import_manifest
from agent.lane.station import Station, run_station
from agent.runtime.clock import Clock
from agent.runtime.threads import in_thread
from agent.sandbox.day import make_day
from agent.trust.hub_keys import make_keys
from models.risk.scorer import Scorer
from sync.keys import Role, generate, write_card
from sync.reference import documents

LISTED = 40_000
LANE = "lane-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """A prepared folder and its configuration."""

    folder: Path
    config: Config

    @property
    def config_file(self) -> Path:
        return self.folder / "hub.toml"


class Wires:
    """The far ends of a scanner's and a scale's pseudo-terminal."""

    def __init__(self) -> None:
        self.scanner, self.scanner_port = _pty()
        self.scale, self.scale_port = _pty()

    def close(self) -> None:
        os.close(self.scanner)
        os.close(self.scale)


def _pty() -> tuple[int, str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.set_blocking(master, False)
    return master, name


def prepare(folder: Path, clock: Clock, *, lists: bool, ports: tuple[str, str]) -> Bed:
    """Keys, signed policy, a signed list of 40,000 names when asked for, and a configuration."""
    publishing = generate("authority/bench", Role.PUBLISHING)
    sealing = generate("authority/bench", Role.SEALING)
    (folder / "authority.pub").write_bytes(write_card((publishing.public, sealing.public)))
    pack = fill(shipped_pack(), model_digest=Scorer.load().digest, issued=clock.now())
    (folder / "policy.signed").write_bytes(documents.publish(pack, documents.POLICY_TYPE, publishing))
    names = ""
    if lists:
        party_list = _list(clock.now())
        (folder / "list.signed").write_bytes(documents.publish(party_list, documents.LIST_TYPE, publishing))
        names = 'lists = ["list.signed"]\n'
    scanner, scale = ports
    (folder / "hub.toml").write_text(
        f"""{names}
[hub]
name = "hub/bench"
data = "hub"
[trust]
cards = ["authority.pub"]
[policy]
file = "policy.signed"
[web]
port = 0
[[stations]]
name = "{LANE}"
scanner = {{ port = "{scanner}" }}
scale = {{ port = "{scale}" }}
"""
    )
    config = load_config(folder / "hub.toml")
    if not (config.hub.data / "hub.pub").exists():
        make_keys(config.hub.data, config.hub.name)
    return Bed(folder=folder, config=config)


def _list(issued: datetime) -> bytes:
    entries = [
        {"id": f"B{number}", "names": [f"Listed Party {number:05d} of {number * 7919 % 100_003}"]}
        for number in range(LISTED)
    ]
    return json.dumps({"v": 1, "id": "bench", "issued": issued.isoformat(), "entries": entries}).encode()


@asynccontextmanager
async def at_work(bed: Bed, clock: Clock) -> AsyncIterator[tuple[Opened, list[tuple[str, int]]]]:
    """The hub with its station running and a manifest assessed; yields it with labels and declared grams."""
    make_day(bed.folder, pieces=6, lanes=1, seed=11)
    async with open_hub(bed.config, clock) as opened:
        hub = opened.hub
        await import_manifest(bed.folder / "manifest.csv", hub)
        while await in_thread("assess", hub.assessments.catch_up):
            pass  # as the running hub does behind an import
        station = Station(bed.config.stations[0], hub)
        running = asyncio.create_task(run_station(station, hub), name="station")
        try:
            yield opened, _labels(bed.folder / "manifest.csv")
        finally:
            running.cancel()
            await asyncio.wait({running})


def _labels(manifest: Path) -> list[tuple[str, int]]:
    with manifest.open(newline="", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    return [(row["tracking_number"], int(row["gross_weight_g"])) for row in rows]
