"""What was refused, written down, mended and imported again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from agent.app import Opened
from agent.intake import rejected_rows as report_module
from agent.intake.importer import ImportReport, import_manifest
from agent.intake.protocol import Fault, FileHeader
from agent.intake.rejected_rows import RejectedRowsReport
from agent.sandbox.site import Site


async def reported(opened: Opened, path: Path, folder: Path) -> ImportReport:
    report = RejectedRowsReport(folder)
    try:
        return await import_manifest(path, opened.hub, listener=report)
    finally:
        report.close()


def sheet(path: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()


async def test_refused_and_mended_rows_are_listed_with_place_code_value_and_hint(
    opened: Opened, site: Site, tmp_path: Path
) -> None:
    path = site.manifest(
        {},
        {"tracking_number": "BOX-000002", "gross_weight_g": "two", "value": "=1+1"},
        {"tracking_number": "BOX-000003", "consignee_postcode": "7102"},
    )
    await reported(opened, path, tmp_path / "report")
    with (tmp_path / "report" / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["outcome"], row["line"], row["column"]) for row in rows] == [
        ("rejected", "3", "gross_weight_g"),
        ("rejected", "3", "value"),
        ("mended", "4", "consignee_postcode"),
    ]
    assert rows[1]["value"] == "'=1+1"
    assert all(row["code"] and row["message"] and row["hint"] for row in rows)
    listed = sheet(tmp_path / "report" / "rejected.xlsx", "faults")
    assert [row[:3] for row in listed[1:]] == [[r["outcome"], r["line"], r["column"]] for r in rows]


async def test_a_workbook_that_was_mended_is_a_manifest(opened: Opened, site: Site, tmp_path: Path) -> None:
    path = site.manifest(
        {
            "tracking_number": "BOX-000009",
            "gross_weight_g": "two",
            "consignee_postcode": "02134",
        },
        {"tracking_number": "BOX-000002"},
        {"tracking_number": "BOX-000002", "description": "=cmd|' /C calc'!A0"},
    )
    first = await reported(opened, path, tmp_path)
    assert (first.accepted, first.rejected_rows) == (1, 2)
    rows = sheet(tmp_path / "rejected.xlsx", "rows")
    header, weighed, twice = rows[0], rows[1], rows[2]
    assert weighed[header.index("preclear line")] == "2"
    assert "E204" in weighed[header.index("preclear says")]
    weighed[header.index("gross_weight_g")] = "290"
    twice[header.index("tracking_number")] = "BOX-000003"
    mended = site.folder / "mended.xlsx"
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415

    with Workbook(mended) as book:
        page = book.add_worksheet("rows")
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                page.write_string(number, place, cell)
        book.add_worksheet("faults")
    again = await import_manifest(mended, opened.hub)
    assert (again.format, again.accepted, again.rejected) == ("sheet", 2, {})
    (claim,) = (await opened.hub.declarations.claims("BOX-000009")).claims
    assert claim.declaration.gross_weight_g == 290
    assert claim.declaration.consignee.postcode == "02134"


async def test_the_workbook_as_it_was_written_is_read_and_refused_for_the_same_reasons(
    opened: Opened, site: Site, tmp_path: Path
) -> None:
    first = await reported(
        opened, site.manifest({"gross_weight_g": "two"}, {"tracking_number": "?"}), tmp_path
    )
    again = await import_manifest(tmp_path / "rejected.xlsx", opened.hub)
    assert (again.rows, again.rejected) == (2, first.rejected)


def test_more_faults_than_can_be_read_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "MAX_FAULTS", 3)
    report = RejectedRowsReport(tmp_path)
    report.begun(FileHeader(format="csv", columns=("tracking_number",)))
    report.faults(tuple(fault(line) for line in range(2, 9)))
    report.close()
    assert len((tmp_path / "rejected.csv").read_text("utf-8-sig").splitlines()) == 4


def test_a_report_of_a_file_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    RejectedRowsReport(tmp_path / "none").close()
    assert not (tmp_path / "none").exists()


def fault(line: int) -> Fault:
    return Fault(line=line, column="tracking_number", code="E102", message="m", value="v", hint="h")


async def test_a_number_that_stood_twice_must_be_given_anew_before_its_row_is_taken(
    opened: Opened, site: Site, tmp_path: Path
) -> None:
    path = site.manifest({}, {"value": "2600.00", "description": "gold chain"})
    first = await reported(opened, path, tmp_path / "report")
    assert first.rejected == {"E112": 1}
    workbook = tmp_path / "report" / "rejected.xlsx"
    header, row = sheet(workbook, "rows")
    assert row[header.index("tracking_number")] == ""
    assert "RR473124829GB" in row[-1]
    again = await import_manifest(workbook, opened.hub)
    assert (again.accepted, again.rejected_rows) == (0, 1)
