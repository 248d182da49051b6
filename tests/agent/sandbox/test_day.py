"""The day that demo and bench play: a manifest, and the parcels that really come."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agent.domain.identifiers import identify
from agent.formats.rows import Row
from agent.formats.tabular.csv_text import read_lines
from agent.sandbox.day import CONSIGNMENTS, RECEPTACLES, SHOWN_BY, Planted, make_day


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
    assert all(planted[kind] for kind in SHOWN_BY)
    for parcel in played:
        if parcel.planted is Planted.DUPLICATE_LABEL:
            assert [lane.count(parcel) for lane in day.lanes] == [1, 1]


def test_every_label_reads_as_the_number_the_hub_knows(tmp_path: Path) -> None:
    day = make_day(tmp_path, pieces=100, lanes=2, seed=3)
    for parcel in (p for lane in day.lanes for p in lane):
        assert parcel.number in {c.value for c in identify(parcel.label, parcel.aim) if c.valid}
