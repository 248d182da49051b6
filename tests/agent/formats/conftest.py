"""Workbooks for the readers: written part by part, so that each trap stands where a test puts it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

import pytest

from tests.agent.formats.old_workbooks import write_ods, write_xls

Cell = str | int | float | bool | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]
MakeWorkbook = Callable[..., io.BytesIO]

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_DATE_STYLES = (
    f"<styleSheet {_NS}><fonts count='1'><font/></fonts><fills count='1'><fill/></fills>"
    "<borders count='1'><border/></borders><cellStyleXfs count='1'><xf/></cellStyleXfs>"
    "<cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='22' applyNumberFormat='1'/></cellXfs></styleSheet>"
)


def _column(place: int) -> str:
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def _cell(where: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{where}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{where}"><v>{value!r}</v></c>'
    if value.startswith("date:"):
        return f'<c r="{where}" s="1"><v>{value[5:]}</v></c>'
    if value.startswith("error:"):
        return f'<c r="{where}" t="e"><f>A1</f><v>{value[6:]}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{_column(place)}{number}", value) for place, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    return f"<worksheet {_NS}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def write_workbook(sheets: Sheets, hidden: Sequence[str] = (), *, from_1904: bool = False) -> io.BytesIO:
    """An XLSX file; ``date:45901.5`` is a date cell, ``error:#N/A`` a formula that failed."""
    days = '<workbookPr date1904="1"/>' if from_1904 else ""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PKG}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{types}</Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PKG}/relationships"><Relationship Id="r1" '
            f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        state = {True: ' state="hidden"', False: ""}
        listed = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"{state[name in hidden]}/>'
            for n, name in enumerate(sheets, start=1)
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook {_NS} xmlns:r="{_REL}">{days}<sheets>{listed}</sheets></workbook>'
        )
        related = "".join(
            f'<Relationship Id="r{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        related += f'<Relationship Id="rs" Type="{_REL}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PKG}/relationships">{related}</Relationships>',
        )
        archive.writestr("xl/styles.xml", _DATE_STYLES)
        for n, rows in enumerate(sheets.values(), start=1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(rows))
    file.seek(0)
    return file


@pytest.fixture
def old_workbook() -> MakeWorkbook:
    """Makes an XLS file of sheets."""
    return write_xls


@pytest.fixture
def ods_workbook() -> MakeWorkbook:
    """Makes an ODS file of sheets."""
    return write_ods


@pytest.fixture
def workbook() -> MakeWorkbook:
    """Makes an XLSX file of sheets, some of them hidden."""
    return write_workbook
