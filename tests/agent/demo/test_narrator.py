"""What the demonstration plays, and what its narrator would not let pass."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.demo.report import Report, make_report
from agent.domain.identifiers import identify
from agent.formats.rows import Row
from agent.formats.tabular.csv_text import read_lines
from agent.sandbox.day import CONSIGNMENTS, FOUND_BY, RECEPTACLES, Parcel, Planted, make_day
from agent.sandbox.lane import Played
from agent.sandbox.link import Link

GOOD_PROOF = {"verified": True, "entries": 3, "receipted": 3}


def test_the_same_seed_gives_the_same_day_and_another_seed_another(tmp_path: Path) -> None:
    days, files = [], []
    for seed in (7, 7, 8):
        days.append(make_day(tmp_path, pieces=50, lanes=2, seed=seed))
        files.append((tmp_path / "manifest.csv").read_bytes())
    assert days[0] == days[1] != days[2]
    assert files[0] == files[1] != files[2]


def test_the_manifest_is_one_the_hub_takes_whole(tmp_path: Path) -> None:
    day = make_day(tmp_path, pieces=300, lanes=2, seed=1)
    with (tmp_path / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(read_lines(file))
    assert all(isinstance(row, Row) for row in rows)
    declarations = [row.declaration for row in rows if isinstance(row, Row)]
    undeclared = [p for lane in day.lanes for p in lane if p.planted is Planted.UNDECLARED]
    assert len(declarations) == CONSIGNMENTS - len(undeclared)
    assert len({d.receptacle for d in declarations}) == RECEPTACLES
    assert not {p.number for p in undeclared} & {d.consignment for d in declarations}


@pytest.mark.parametrize("pieces", [6, 40, 300])
def test_every_kind_is_planted_and_a_duplicated_label_comes_to_both_lanes(
    tmp_path: Path, pieces: int
) -> None:
    day = make_day(tmp_path, pieces=pieces, lanes=2, seed=5)
    played = [parcel for lane in day.lanes for parcel in lane]
    planted = Counter(p.planted for p in played)
    assert all(planted[kind] for kind in FOUND_BY)
    for parcel in played:
        if parcel.planted is Planted.DUPLICATE_LABEL:
            assert [lane.count(parcel) for lane in day.lanes] == [1, 1]


def test_every_label_reads_as_the_number_the_hub_knows(tmp_path: Path) -> None:
    day = make_day(tmp_path, pieces=100, lanes=2, seed=3)
    for parcel in (p for lane in day.lanes for p in lane):
        assert parcel.number in {c.value for c in identify(parcel.label, parcel.aim) if c.valid}


def played(number: str, planted: Planted = Planted.NOTHING, kind: str | None = "decision") -> Played:
    parcel = Parcel(label=number, aim="]C0", number=number, grams=100.0, planted=planted)
    return Played(lane="lane-1", parcel=parcel, message=None if kind is None else {"type": kind})


def decided(number: str, disposition: str = "CLEAR", *codes: str) -> dict[str, Any]:
    return {
        "because": "scan",
        "source": "station",
        "station": "lane-1",
        "piece": {"kind": "s10", "value": number},
        "disposition": disposition,
        "findings": [{"code": code, "params": {}} for code in codes],
    }


def report(
    scans: list[Played], decisions: list[dict[str, Any]], proof: dict[str, Any] | None = None
) -> Report:
    return make_report(
        scans,
        decisions,
        proof or GOOD_PROOF,
        {"p50": 1.0, "p99": 2.0},
        first_verdict_s=3.0,
        seconds=4.0,
        link_killed=1,
    )


def test_a_shift_in_which_everything_holds_has_no_fault() -> None:
    scans = [played("A"), played("B", Planted.UNDECLARED), played("A", kind="repeat")]
    found = report(scans, [decided("A"), decided("B", "DNL", "UNMANIFESTED")])
    assert found.faults == ()
    assert (found.scans, found.entries, found.repeats) == (3, 2, 1)
    assert found.as_json()["ok"] is True
    assert [k.found for k in found.kinds if k.kind == "undeclared"] == [1]


@pytest.mark.parametrize(
    ("scans", "decisions", "proof", "fault"),
    [
        (
            [played("A"), played("B")],
            [decided("A")],
            None,
            "B was scanned 1 times at lane-1 and has 0 entries",
        ),
        ([played("A")], [decided("A")] * 2, None, "A was scanned 1 times at lane-1 and has 2 entries"),
        ([played("A", kind="repeat")], [decided("A")], None, "A was scanned 0 times at lane-1"),
        ([played("A", kind=None)], [decided("A")], None, "A got no verdict at lane-1"),
        ([played("A", Planted.UNDECLARED)], [decided("A", "RFS")], None, "undeclared A is RFS, not DNL"),
        ([], [], {"verified": False, "reason": "entry 4: altered"}, "the log does not verify: entry 4"),
        ([], [], {"verified": True, "entries": 3, "receipted": 2}, "receipts cover 2 of 3 entries"),
    ],
)
def test_the_narrator_names_what_does_not_hold(
    scans: list[Played], decisions: list[dict[str, Any]], proof: dict[str, Any] | None, fault: str
) -> None:
    found = report(scans, decisions, proof)
    assert any(fault in f for f in found.faults), found.faults
    assert found.as_json()["ok"] is False


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_link_relays_is_cut_and_is_killed_in_the_middle_of_an_upload() -> None:
    received = bytearray()

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1000):
                received.extend(chunk)
                writer.write(b"+")
            writer.close()
            await writer.wait_closed()

    gone = pytest.raises((ConnectionError, asyncio.IncompleteReadError))
    server = await asyncio.start_server(sink, "127.0.0.1", 0)
    async with Link() as link:
        link.target = server.sockets[0].getsockname()[1]
        async with connection(link.port) as (reader, writer):
            writer.write(b"x" * 10)
            assert await reader.readexactly(1) == b"+"
            link.kill_upload_after(50)
            writer.write(b"y" * 60)
            with gone:
                await reader.readexactly(1)
        assert (link.killed, bytes(received)) == (1, b"x" * 10)
        link.cut()
        async with connection(link.port) as (reader, writer):
            with gone:
                await reader.readexactly(1)
        link.restore()
        async with connection(link.port) as (reader, writer):
            writer.write(b"z")
            assert await reader.readexactly(1) == b"+"
    server.close()
    await server.wait_closed()
