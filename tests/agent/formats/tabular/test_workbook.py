"""Workbooks: what a spreadsheet does to numbers is found and named, and nothing opens that would not fit."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.detect import read
from agent.formats.profiles.profile import load_profile
from agent.formats.reading import Format, ReadOrder
from agent.formats.rows import Row, RowError

Make = Callable[..., io.BytesIO]
HEAD = [
    "Tracking No",
    "Mode",
    "Consignee ZIP",
    "Consignee Country",
    "HS Code",
    "Weight (kg)",
    "Value",
    "Currency",
]


def rows_of(file: io.BytesIO, **known: Any) -> list[Row | RowError]:
    return list(read(file, "m.xlsx", ReadOrder(**known)).rows)


def one_row(workbook: Make, row: Sequence[object]) -> Row | RowError:
    (outcome,) = rows_of(workbook({"A": [HEAD, row]}))
    return outcome


def test_a_row_of_a_workbook_is_read_as_one_of_text_is(workbook: Make) -> None:
    reading = read(
        workbook({"A": [HEAD, ["RB123456785GB", "mail", "02134", "US", "610910", 0.25, 12.5, "USD"]]}), "m"
    )
    (row,) = reading.rows
    assert reading.format is Format.SHEET
    assert isinstance(row, Row)
    assert (row.line, row.mended) == (2, ())
    assert (row.declaration.gross_weight_g, row.declaration.value) == (250, Money(1250, "USD"))


def test_a_long_number_whose_last_digits_are_lost_is_refused_with_the_remedy(workbook: Make) -> None:
    error = one_row(workbook, [123456789012345678, "mail", "", "", "", 1, 1, "USD"])
    assert isinstance(error, RowError)
    assert (error.code, error.column) == ("E103", "tracking_number")
    assert error.message.startswith("column is numeric")
    assert "format the column as text" in error.hint


def test_numbers_that_a_spreadsheet_kept_whole_are_taken_and_told(workbook: Make) -> None:
    row = one_row(workbook, [123456789012, "express", 7102, "US", 9012100.0, 0.1 + 0.2, 0.1 + 0.2, "USD"])
    assert isinstance(row, Row)
    assert row.declaration.consignment == "123456789012"
    assert (row.declaration.consignee.postcode, row.declaration.hs) == ("07102", "09012100")
    assert (row.declaration.gross_weight_g, row.declaration.value) == (300, Money(30, "USD"))
    assert sorted((one.code, one.column) for one in row.mended) == [
        ("W301", "tracking_number"),
        ("W310", "consignee_postcode"),
        ("W310", "hs_code"),
    ]


def test_a_formula_that_failed_refuses_its_row(workbook: Make) -> None:
    error = one_row(workbook, ["RB123456785GB", "mail", "error:#N/A", "US", "", 1, 1, "USD"])
    # The reader of workbooks gives an error cell as nothing, or as its text; in neither case as a postcode.
    assert isinstance(error, RowError) or error.declaration.consignee.postcode is None


def test_a_date_cell_and_a_serial_date_are_the_same_instant_in_the_senders_zone(workbook: Make) -> None:
    profile = load_profile(b'format = 1\nid = "a"\nutc_offset = "+08:00"\n', "a")
    head = ["Tracking No", "Mode", "ETA"]
    rows = rows_of(
        workbook(
            {"A": [head, ["RB123456785GB", "mail", "date:45901.5"], ["RR473124829GB", "mail", 45901.5]]}
        ),
        profile=profile,
    )
    times = [row.declaration.expected_arrival for row in rows if isinstance(row, Row)]
    assert times == ["2025-09-01T12:00:00+08:00"] * 2


@pytest.mark.parametrize("old", [False, True])
def test_days_that_count_from_1904_are_read_so_as_dates_and_as_bare_numbers(
    workbook: Make, old_workbook: Make, old: bool
) -> None:
    profile = load_profile(b'format = 1\nid = "a"\nutc_offset = "+08:00"\n', "a")
    rows = [["Tracking No", "Mode", "ETA"]]
    rows += [["RB123456785GB", "mail", "date:44439.5"], ["RR473124829GB", "mail", 44439.5]]  # type: ignore[list-item]
    make = old_workbook if old else workbook
    reading = read(make({"A": rows}, from_1904=True), "m", ReadOrder(profile=profile))
    times = [row.declaration.expected_arrival for row in reading.rows if isinstance(row, Row)]
    assert times == ["2025-09-01T12:00:00+08:00"] * 2
    assert [note.code for note in reading.notes] == ["W396"]


def test_other_programs_workbooks_are_read_and_a_locked_one_is_named(
    old_workbook: Make, ods_workbook: Make
) -> None:
    sheets = {"A": [HEAD, ["RB123456785GB", "mail", 2134, "US", "610910", 0.25, 12.5, "USD"]]}
    for make in (old_workbook, ods_workbook):
        (row,) = rows_of(make(sheets))
        assert isinstance(row, Row)
        assert (row.declaration.consignee.postcode, row.declaration.gross_weight_g) == ("02134", 250)
    with pytest.raises(ManifestRefused, match=r"E019: .* locked with a password"):
        read(old_workbook(sheets, locked=True), "m.xls")


def test_a_header_over_two_rows_and_rows_that_sum_up_are_told(workbook: Make) -> None:
    top = ["Parcel", None, "Consignee", None]
    head = ["Tracking No", "Mode", "Name", "City"]
    rows = [top, head, ["RB123456785GB", "mail", "Jane", "Boston"], ["Total", None, None, None]]
    reading = read(workbook({"A": [*rows, ["Sum", None, None, None]]}), "m")
    (row,) = reading.rows
    assert isinstance(row, Row)
    assert row.declaration.consignee.city == "Boston"
    assert [note.code for note in reading.notes] == ["W394"]
    message = "row 4 and 1 more sum up others and were passed over"
    assert [(note.code, note.message) for note in reading.late] == [("W395", message)]


def test_a_hidden_sheet_is_left_out_and_said(workbook: Make) -> None:
    good = ["RB123456785GB", "mail", "", "", "", 1, 1, "USD"]
    reading = read(
        workbook({"Old": [HEAD, good], "Now": [["Manifest"], HEAD, good]}, hidden=["Old"]), "m.xlsx"
    )
    assert [note.code for note in reading.notes] == ["W392"]
    assert [row.line for row in reading.rows] == [3]


def test_goods_on_a_second_sheet_join_their_parcels_and_orphans_are_told(workbook: Make) -> None:
    packages = [["Tracking No", "Mode"], ["RB123456785GB", "mail"], ["RR473124829GB", "mail"]]
    goods = [
        ["Tracking No", "Description", "Qty"],
        ["RB123456785GB", "cotton shirt", 2],
        ["RB123456785GB", "felt cap", 1],
        ["LX000000000CN", "steel pan", 1],
    ]
    first, second, orphan = rows_of(workbook({"Package": packages, "Item": goods}))
    assert isinstance(first, Row)
    assert [item.description for item in first.declaration.items] == ["cotton shirt", "felt cap"]
    assert first.declaration.quantity == 3
    assert isinstance(second, Row)
    assert second.declaration.items == ()
    assert isinstance(orphan, RowError)
    assert (orphan.code, orphan.line, orphan.value) == ("E116", 4, "LX000000000CN")


def test_a_sheet_may_be_chosen_by_its_name(workbook: Make) -> None:
    profile = load_profile(b'format = 1\nid = "a"\nsheet = "B"\ntransport = "mail"\n', "a")
    sheets = {"A": [["Tracking No"], ["RB123456785GB"]], "B": [["Tracking No"], ["RR473124829GB"]]}
    (row,) = rows_of(workbook(sheets), profile=profile)
    assert isinstance(row, Row)
    assert row.declaration.consignment == "RR473124829GB"


def test_a_workbook_that_unpacks_to_far_more_than_it_weighs_is_never_opened() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (8 << 20))
    file.seek(0)
    with pytest.raises(ManifestRefused) as refused:
        read(file, "bomb.xlsx")
    assert refused.value.code == "E018"


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99]
)
def test_a_file_that_only_begins_like_a_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestRefused) as refused:
        read(io.BytesIO(data), "x.xlsx")
    assert refused.value.code == "E019"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused_by_name(data: st.DataObject) -> None:
    from_text = "tracking_number,transport\n"  # the shape of the sheet below
    whole = bytearray(_sample(from_text))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ManifestRefused):
        reading = read(io.BytesIO(bytes(whole)), "x.xlsx", ReadOrder(transport=Transport.MAIL))
        assert all(isinstance(row, Row | RowError) for row in reading.rows)


def _sample(header: str) -> bytes:
    sheet = "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c r="{chr(65 + place)}{n}" t="inlineStr"><is><t>{text}</t></is></c>'
            for place, text in enumerate(line.split(","))
        )
        + "</row>"
        for n, line in enumerate([header.strip(), "RB123456785GB,mail"], start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pkg = "http://schemas.openxmlformats.org/package/2006/relationships"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{pkg}"><Relationship Id="r1" Type="{rel}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        )
    return file.getvalue()
