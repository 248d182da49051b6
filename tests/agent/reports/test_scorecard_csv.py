"""The table of a scorecard: one line for each fact, and nothing that a spreadsheet computes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.reports.scorecard_csv import write_csv
from agent.reports.scorecard_view import Shown

CardOf = Callable[..., Shown]


def rows(shown: Shown, folder: Path) -> list[dict[str, str]]:
    write_csv(folder / "card.csv", shown)
    with (folder / "card.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_card_is_a_line_for_each_part_of_it(card_of: CardOf, tmp_path: Path) -> None:
    lines = rows(card_of("Pearl Ridge"), tmp_path)
    parts = [line["part"] for line in lines]
    assert parts[:4] == ["about", "all", "findings", "worst"]
    assert set(parts[4:]) == {"trend", "imports"}
    assert (lines[1]["text"], lines[1]["consignments"], lines[1]["clean"]) == ("Pearl Ridge (CN)", "3", "1")
    assert (lines[2]["code"], lines[2]["share_permille"]) == ("DESCRIPTION_REFUSED", "667")
    assert (lines[-1]["code"], lines[-1]["consignments"]) == ("E204", "3")


def test_an_overview_is_a_line_for_each_shipper_with_its_errors(card_of: CardOf, tmp_path: Path) -> None:
    lines = rows(card_of("Pearl Ridge", overview=True), tmp_path)
    assert [(line["name"], line["faulty"], line["code_1"], line["count_1"]) for line in lines] == [
        ("Pearl Ridge", "1", "DESCRIPTION_REFUSED", "1"),
        ("Kestrel Mall", "0", "", ""),
    ]


@pytest.mark.parametrize("overview", [False, True])
@pytest.mark.parametrize("text", ["=1+1", "+1", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(card_of: CardOf, tmp_path: Path, text: str, overview: bool) -> None:
    cells = [cell for line in rows(card_of(text, overview=overview), tmp_path) for cell in line.values()]
    assert any(cell.startswith(f"'{text}") for cell in cells)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
