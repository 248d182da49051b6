"""What was refused and what was mended, as ``rejected.csv`` and as a workbook to be mended and imported."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from agent.domain.manifest_columns import column_of
from agent.intake.frames import Fault, Header, Progress

CSV, XLSX = "rejected.csv", "rejected.xlsx"
MAX_FAULTS = 100_000
"""Faults that are written down; a file with more of them has one fault in all its rows."""
_COLUMNS = ("outcome", "line", "column", "code", "message", "value", "hint")
_EXTRA = ("preclear line", "preclear says")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL = 32_767
"""Characters of a cell. Source: Excel specifications and limits."""


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Source: OWASP, CSV Injection.

    >>> guarded("=1+1"), guarded("-5"), guarded("plain")
    ("'=1+1", "'-5", 'plain')
    """
    return "'" + text if text.startswith(_DANGEROUS) else text


class Report:
    """Writes both files as faults come in; a listener of an import.

    The workbook's first sheet holds the refused rows as they stood, with the cells at fault in red: mended
    and saved, it is a manifest like any other. Its second sheet lists every fault, as the CSV file does.

    Args:
        folder: Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._csv: Any = None
        self._book: Any = None
        self._places: dict[str, int] = {}
        self._width = 0
        self._count = 0
        self._row: list[Fault] = []
        """Faults of the refused row at hand; the first one has its cells."""
        self._rows = 0

    def begun(self, header: Header) -> None:
        """Begin both files."""
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - few write one

        self._folder.mkdir(parents=True, exist_ok=True)
        # A byte order mark: without one Excel takes UTF-8 for the local code page.
        file = self._open.enter_context((self._folder / CSV).open("w", encoding="utf-8-sig", newline=""))
        self._csv = csv.writer(file)
        self._csv.writerow(_COLUMNS)
        # What stands in a cell is text and nothing else: no formula, no link, no number that loses digits.
        self._book = Workbook(
            self._folder / XLSX,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._open.callback(self._book.close)
        text = {"num_format": "@", "font_name": "Arial"}
        self._plain = self._book.add_format(text)
        self._bold = self._book.add_format({**text, "bold": True})
        self._wrong = self._book.add_format({**text, "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        self._mild = self._book.add_format({**text, "bg_color": "#FFEB9C"})
        self._sheet = self._book.add_worksheet("rows")
        self._list = self._book.add_worksheet("faults")
        for number, name in enumerate(_COLUMNS):
            self._list.write_string(0, number, name, self._bold)
        columns = header.columns or ("tracking_number",)
        self._width = len(columns)
        for number, name in enumerate((*columns, *_EXTRA)):
            self._sheet.write_string(0, number, name[:_MAX_CELL], self._bold)
        for number, name in enumerate(columns):
            self._places.setdefault(column_of(name) or name, number)
        self._sheet.set_column(0, self._width, 18, self._plain)
        self._sheet.freeze_panes(1, 0)

    def faults(self, faults: tuple[Fault, ...]) -> None:
        """Write some faults down."""
        for fault in faults:
            if self._count >= MAX_FAULTS:
                return
            self._count += 1
            shown = ("mended" if fault.mended else "rejected", fault.line, fault.column, fault.code)
            row = [*map(str, shown), fault.message, fault.value, fault.hint]
            self._csv.writerow(map(guarded, row))
            for number, cell in enumerate(row):
                style = self._mild if fault.mended else self._plain
                self._list.write_string(self._count, number, cell[:_MAX_CELL], style)
            if not fault.mended:
                if self._row and self._row[0].line != fault.line:
                    self._write_row()
                self._row.append(fault)

    def progress(self, progress: Progress) -> None:
        """Nothing is written down of that."""

    def close(self) -> None:
        """Finish both files."""
        if self._row:
            self._write_row()
        self._open.close()

    def _write_row(self) -> None:
        faults, self._row = self._row, []
        self._rows += 1
        cells = list(faults[0].cells[: self._width])
        cells += [""] * (self._width - len(cells))
        wrong = {self._places.get(fault.column, -1) for fault in faults}
        if not faults[0].cells and (place := self._places.get(faults[0].column)) is not None:
            cells[place] = faults[0].value
        for number, cell in enumerate(cells):
            style = self._wrong if number in wrong else self._plain
            self._sheet.write_string(self._rows, number, cell[:_MAX_CELL], style)
        self._sheet.write_string(self._rows, self._width, str(faults[0].line), self._mild)
        says = "; ".join(f"{f.code} {f.column}: {f.message}; {f.hint}" for f in faults)
        self._sheet.write_string(self._rows, self._width + 1, says[:_MAX_CELL], self._mild)
