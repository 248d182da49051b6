"""What is measured. Machines are shared and noisy, so what counts is the ratio to a floor of the same run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from agent.app import Opened
from agent.bench.bed import Bed, make_bed
from agent.bench.importing import Imported, measure_import
from agent.bench.lane import TimedLane
from agent.domain.consignment.effective import Claim
from agent.evidence.schema import migrate_evidence
from agent.runtime.clock import Clock
from agent.runtime.percentile import percentile
from agent.runtime.threads import in_thread
from agent.sandbox.programs import HUB_PROGRAM, command_line
from agent.sandbox.wires import at_work
from agent.store.declaration_table import Claims
from drivers.simulators.crowd import cost_of_reading
from models.risk.features import FEATURES
from models.risk.scorer import Scorer
from sync import sqlite
from sync.keys import Role, generate
from sync.log import sealed
from sync.log.entries import sign_entry
from sync.transport import wire

PAUSE_S = 0.02
READY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    scans: int = 300
    warm_up: int = 20
    """Scans before them that do not count."""
    listed: int = 40_000
    """Names on the list."""
    assessed: int = 2_000
    """Documents that are assessed, again and again; at most as many as the day's manifest has."""
    start_ups: int = 7
    rest_s: float = 2.0
    """How long the hub is left alone before its memory is read."""
    scales: int = 16
    scales_s: float = 8.0
    imported: int = 200_000
    """Rows."""


USUAL = Size()


def measure(clock: Clock, say: Callable[[str], None], size: Size = USUAL) -> dict[str, Any]:
    """Everything, one after the other; less than two minutes at the usual size."""
    figures: dict[str, Any] = {
        "schema": "preclear.bench",
        "version": 1,
        "sqlite": ".".join(map(str, sqlite.VERSION)),
    }
    with make_bed(clock, listed=size.listed) as bed:
        say("one lane, and the floor beside it")
        figures |= asyncio.run(_lane(bed, clock, size))
        say(f"the hub at rest, with {size.listed:,} names")
        figures["at_rest_with_names"] = _at_rest(bed, clock, size.rest_s)
    with make_bed(clock) as bed:
        say("the hub at rest, without lists")
        figures["at_rest"] = _at_rest(bed, clock, size.rest_s)
    say(f"reading {size.scales} scales")
    figures["scales"] = _scales(clock, size)
    figures["import"] = measure_import(clock, Imported(rows=size.imported), say)
    say("starting the command")
    figures["version_ms"] = _start_up(clock, size.start_ups)
    return figures


async def _lane(bed: Bed, clock: Clock, size: Size) -> dict[str, Any]:
    floor = _Floor(bed.folder)
    lane_ns: list[int] = []
    floor_ns: list[int] = []
    async with at_work(bed.site, bed.config) as (opened, labels):
        hub = opened.hub
        with hub.feed.subscribe() as screen:
            lane = TimedLane(bed.wires, opened, clock, screen)
            for number, (label, grams) in enumerate(labels[: size.warm_up + size.scans]):
                took_ns = await lane.clear(label, grams)
                # The floor is taken at the same pace: a processor that has just been idle is slower.
                await clock.sleep(PAUSE_S)
                bare_ns = floor.once(clock)
                if number >= size.warm_up:
                    lane_ns.append(took_ns)
                    floor_ns.append(bare_ns)
        entries = await hub.log.read(1, 200)
        bytes_each = len(wire.pack(hub.log.log_id, entries)) / len(entries)
        known, new = await in_thread("assess", lambda: _assessments(opened, labels[: size.assessed], clock))
    floor.close()
    p50, floor_p50 = percentile(lane_ns, 500), percentile(floor_ns, 500)
    return {
        "lane": {
            "scans": len(lane_ns),
            "p50_us": p50 // 1000,
            "p99_us": percentile(lane_ns, 990) // 1000,
            "p50_to_floor": round(p50 / floor_p50, 2),
        },
        "floor": {"p50_us": floor_p50 // 1000, "p99_us": percentile(floor_ns, 990) // 1000},
        "assessments_per_s": {"parties_known": known, "new_consignee_each": new},
        "bytes_per_decision": round(bytes_each, 1),
    }


class _Floor:
    """What no design can save: one commit with FULL, one signature, one seal, one row through the model."""

    def __init__(self, folder: Path) -> None:
        path = folder / "floor.db"
        self._conn = sqlite.connect(path)
        migrate_evidence(self._conn, path)
        self._key = generate("hub/floor", Role.DECISIONS)
        self._seal = generate("authority/floor", Role.SEALING).public
        self._scorer = Scorer.load()
        self._row = np.zeros((1, len(FEATURES)), dtype=np.float32)
        self._payload = os.urandom(1200)
        self._plain = sealed.reasons([], 1)
        self._seq = 0

    def once(self, clock: Clock) -> int:
        began_ns = clock.monotonic_ns()
        self._scorer.score(self._row)
        self._conn.execute("BEGIN IMMEDIATE")
        sealed.seal(self._plain, self._seal, "00" * 16, self._seq)
        entry = sign_entry(self._seq, "decision", self._payload, self._key)
        self._conn.execute(
            "INSERT INTO log (seq, kind, payload, leaf, signature) VALUES (?, ?, ?, ?, ?)",
            (entry.seq, entry.kind, entry.payload, entry.leaf, entry.signature),
        )
        self._conn.execute("COMMIT")
        self._seq += 1
        return clock.monotonic_ns() - began_ns

    def close(self) -> None:
        self._conn.close()


def _assessments(opened: Opened, labels: list[tuple[str, int]], clock: Clock) -> tuple[int, int]:
    """Documents a second on one thread: with parties that are known, with a new consignee each."""
    hub = opened.hub
    claims = [hub.declarations.claims_in_thread(label) for label, _ in labels]

    def a_second(rounds: list[list[Claims]]) -> int:
        now, began_ns = clock.now(), clock.monotonic_ns()
        for each in rounds:
            for claim in each:
                hub.assessments.assess(claim, hub.reference_data.current, now)
        return round(sum(map(len, rounds)) / ((clock.monotonic_ns() - began_ns) / 1e9))

    new = a_second([[_to_another(claim, number) for number, claim in enumerate(claims)]])
    a_second([claims])
    return a_second([claims] * 4), new


def _to_another(claims: Claims, number: int) -> Claims:
    """The same parcel to a consignee who is new."""

    def other(claim: Claim) -> Claim:
        consignee = msgspec.structs.replace(
            claim.declaration.consignee,
            name=f"Person{number:05d} Newcomer",
            street=f"{number} Another Street",
            phone=f"+1 503 {200 + number // 10_000:03d} {number % 10_000:04d}",
            email=f"person{number}@newcomer.example",
        )
        return replace(claim, declaration=msgspec.structs.replace(claim.declaration, consignee=consignee))

    return replace(claims, claims=tuple(map(other, claims.claims)))


def _at_rest(bed: Bed, clock: Clock, rest_s: float) -> dict[str, int]:
    """Seconds until the hub is ready, and what it holds in memory when nothing happens."""
    began_ns = clock.monotonic_ns()
    process = subprocess.Popen(
        [*command_line(HUB_PROGRAM), "run", "--config", str(bed.site.config_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    timer = threading.Timer(READY_TIMEOUT_S, process.kill)
    timer.start()
    try:
        line = process.stdout.readline()
        ready_ns = clock.monotonic_ns() - began_ns
        if not line.startswith("ready"):
            raise RuntimeError("the hub did not become ready")
        asyncio.run(clock.sleep(rest_s))
        status = Path(f"/proc/{process.pid}/status").read_text()
        rss_kb = next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS"))
    finally:
        timer.cancel()
        process.terminate()
        process.wait(10)
        process.stdout.close()
    return {"ready_ms": ready_ns // 1_000_000, "rss_mb": rss_kb // 1024}


def _scales(clock: Clock, size: Size) -> dict[str, Any]:
    """What reading scales of as many protocols takes of a core, each at ten weights a second."""
    with tempfile.TemporaryDirectory(prefix="preclear-bench-") as folder:
        cost = asyncio.run(
            cost_of_reading(Path(folder), scales=size.scales, seconds=size.scales_s, clock=clock)
        )
    return {"scales": cost.scales, "readings": cost.readings, "cpu_percent": cost.cpu_percent}


def _start_up(clock: Clock, count: int) -> dict[str, int]:
    """``preclear --version``, beside an interpreter that does nothing."""

    def run(*arguments: str) -> int:
        began_ns = clock.monotonic_ns()
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        return (clock.monotonic_ns() - began_ns) // 1_000_000

    ours = [run(*command_line(HUB_PROGRAM), "--version") for _ in range(count)]
    bare = [run(sys.executable, "-c", "pass") for _ in range(count)]
    return {"p50": percentile(ours, 500), "bare_interpreter_p50": percentile(bare, 500)}
