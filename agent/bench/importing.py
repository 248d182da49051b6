"""An import beside a lane at work: how fast, in how much memory, and how long the lane takes meanwhile."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

from agent.app import Opened
from agent.bench.bed import Wires, at_work, prepare
from agent.bench.lane import Lane
from agent.intake.importer import BATCH, ImportReport, import_manifest
from agent.runtime.clock import Clock
from agent.runtime.percentile import percentile
from agent.sandbox import catalogue
from agent.store.declarations import WAL_PAGES
from sync import sqlite

COLUMNS = (
    "tracking_number",
    "receptacle",
    "transport",
    "consignor_name",
    "consignor_city",
    "consignor_country",
    "consignee_name",
    "consignee_street",
    "consignee_city",
    "consignee_state",
    "consignee_postcode",
    "consignee_country",
    "description",
    "hs_code",
    "quantity",
    "gross_weight_g",
    "value",
    "currency",
    "origin_country",
)
SCAN_EVERY_S = 1 / 32
"""One lane scans as often as sixteen that scan twice a second."""
PER_BAG = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What is imported: ``rows``, into a store that has ``stored`` before."""

    rows: int
    stored: int = 0
    scattered: bool = True
    """Numbers in no order, the harder case; else each is the one before and one more."""


def measure_import(clock: Clock, what: Imported, say: Callable[[str], None]) -> dict[str, Any]:
    """Import one file beside the scans of sixteen lanes, and take the floor of the same rows."""
    with tempfile.TemporaryDirectory(prefix="preclear-bench-") as name:
        folder, wires = Path(name), Wires()
        try:
            bed = prepare(folder, clock, lists=False, ports=(wires.scanner_port, wires.scale_port))
            before, file = folder / "before.csv", folder / "measured.csv"
            say(f"writing manifests of {what.stored + what.rows:,} rows")
            if what.stored:
                _write(before, range(what.stored), scattered=what.scattered)
            _write(file, range(what.stored, what.stored + what.rows), scattered=what.scattered)

            async def run() -> dict[str, Any]:
                async with at_work(bed, clock) as (opened, labels):
                    if what.stored:
                        say(f"storing {what.stored:,} rows")
                        await import_manifest(before, opened.hub)
                        before.unlink()
                    say(f"importing {what.rows:,} rows beside a lane")
                    return await _beside_a_lane(file, opened, wires, labels, clock)

            found = asyncio.run(run())
            say("the floor: the same rows, read and written without more")
            reading_s, writing_s = _floor(file, folder, clock)
        finally:
            wires.close()
    spent_s = what.rows / found["rows_per_s"]
    return {
        "rows": what.rows,
        "stored": what.stored,
        "scattered": what.scattered,
        **found,
        "floor_reading_per_s": round(what.rows / reading_s),
        "floor_writing_per_s": round(what.rows / writing_s),
        "time_to_floor": round(spent_s / (reading_s + writing_s), 2),
    }


def _write(path: Path, numbers: range, *, scattered: bool) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_row(number, scattered=scattered) for number in numbers)


def _row(number: int, *, scattered: bool) -> list[str]:
    # A factor that shares none with a power of ten reaches each number once; by the golden section of it they
    # lie as far from each other as can be.
    spread = number * 618_033_988_749 % 10**12
    article = catalogue.ARTICLES[spread % len(catalogue.ARTICLES)]
    seller = catalogue.SELLERS[spread // 7 % len(catalogue.SELLERS)]
    given = catalogue.GIVEN[spread // 11 % len(catalogue.GIVEN)]
    family = catalogue.FAMILY[spread // 13 % len(catalogue.FAMILY)]
    return [
        f"YT{spread if scattered else number:012d}",
        f"BAG-{number // PER_BAG:06d}",
        "express",
        *(seller[place] for place in (0, 2, 5)),
        f"{given} {family}",
        f"{1 + spread // 17 % 998} {family} Street",
        *catalogue.PLACES[spread // 19 % len(catalogue.PLACES)],
        "US",
        article.description,
        article.hs,
        str(1 + spread // 23 % 3),
        str(40 + spread // 29 % 2_960),
        f"{3 + spread // 31 % 8_700 / 100:.2f}",
        "USD",
        seller[5],
    ]


async def _beside_a_lane(
    file: Path, opened: Opened, wires: Wires, labels: list[tuple[str, int]], clock: Clock
) -> dict[str, Any]:
    took_ns: list[int] = []
    with opened.hub.feed.subscribe() as screen:
        lane = Lane(wires, opened, clock, screen)
        importing = asyncio.create_task(import_manifest(file, opened.hub), name="import")
        for place in count():
            label, grams = labels[place % len(labels)]
            took_ns.append(await lane.clear(label, grams))
            # Counted by the clock: a lane that is slow must not be asked less for that.
            await clock.sleep(SCAN_EVERY_S - took_ns[-1] / 1e9 if took_ns[-1] < SCAN_EVERY_S * 1e9 else 0)
            if importing.done():
                break
        report: ImportReport = await importing
    return {
        "rows_per_s": report.rows_per_s,
        "peak_mb": report.peak_memory_mb,
        "lane": {
            "scans": len(took_ns),
            "p50_us": percentile(took_ns, 500) // 1000,
            "p99_us": percentile(took_ns, 990) // 1000,
        },
    }


def _floor(file: Path, folder: Path, clock: Clock) -> tuple[float, float]:
    """Seconds to take the rows apart, and to write each with its number into a table with one index."""
    began_ns = clock.monotonic_ns()
    for _ in _cells(file):
        pass
    read_ns = clock.monotonic_ns()
    conn = sqlite.connect(folder / "floor.db")
    conn.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    conn.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, number TEXT UNIQUE, body TEXT) STRICT")
    spent_ns = 0
    cells_of = _cells(file)
    while bodies := [(cells[0], "|".join(cells) * 3) for cells in islice(cells_of, BATCH)]:
        begun_ns = clock.monotonic_ns()
        conn.execute("BEGIN IMMEDIATE")
        conn.executemany("INSERT INTO said (number, body) VALUES (?, ?)", bodies)
        conn.execute("COMMIT")
        spent_ns += clock.monotonic_ns() - begun_ns
    conn.close()
    return (read_ns - began_ns) / 1e9, spent_ns / 1e9


def _cells(file: Path) -> Iterator[list[str]]:
    with file.open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        next(rows)
        yield from rows
