"""What was refused and what was corrected, as ``rejected.csv`` and as a workbook to correct and import."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from agent.formats.csv_guard import guarded
from agent.formats.profiles.columns import REPORT_SHEET, column_of, is_added
from agent.intake.protocol import Fault, FileHeader, Progress
from agent.texts.catalogue import LANGUAGES, choose
from agent.texts.rows import row_text, row_words

CSV, XLSX = "rejected.csv", "rejected.xlsx"
_TWICE = "E112"
"""The number stood in the file before: its cell in the workbook is left for the sender to fill."""
MAX_FAULTS = 100_000
"""Faults that are written down; a file with more of them has one fault in all its rows."""
_COLUMNS = ("outcome", "line", "column", "code", "message", "value", "hint")
_IN_ENGLISH = ("message_en", "hint_en")
"""Of a report in another language: the reader's own words on this very cell."""
_ADDED = ("added.line", "added.says")
"""Keys of the headers of our own columns. Each begins with our name, by which they are known again."""
_STOPS = ".。।"
_MAX_CELL = 32_767
"""Characters of a cell. Source: Excel specifications and limits."""


class RejectedRowsReport:
    """Writes both files as faults come in; a listener of an import.

    The workbook's first sheet holds the refused rows as they stood, with the cells at fault in red:
    corrected and saved, it is a manifest like any other. Its second sheet lists every fault, as does the CSV.

    Args:
        folder: Made if it is not there.
        lang: Language tag of the person who corrects the rows; the nearest of ours is taken. None for
            what the mapping profile says, else English. Columns of the CSV file always have English names.
    """

    def __init__(self, folder: Path, lang: str | None = None) -> None:
        self._folder = folder
        self._wanted = lang
        self._lang = LANGUAGES[0]
        self._open = ExitStack()
        self._csv: Any = None
        self._book: Any = None
        self._places: dict[str, int] = {}
        self._written: dict[str, str] = {}
        """Column → what its sender calls it."""
        self._kept: list[int] = []
        """Places of the sender's columns; a corrected workbook has ours as well."""
        self._count = 0
        self._row: list[Fault] = []
        """Faults of the refused row at hand; the first one has its cells."""
        self._rows = 0

    def begun(self, header: FileHeader) -> None:
        """Begin both files."""
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - few write one

        self._lang = choose(self._wanted or header.lang or self._lang)
        words = row_words(self._lang)
        listed = _COLUMNS if self._lang == LANGUAGES[0] else (*_COLUMNS, *_IN_ENGLISH)
        self._folder.mkdir(parents=True, exist_ok=True)
        # A byte order mark: without one Excel takes UTF-8 for the local code page.
        file = self._open.enter_context((self._folder / CSV).open("w", encoding="utf-8-sig", newline=""))
        self._csv = csv.writer(file)
        self._csv.writerow(listed)
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
        self._sheet = self._book.add_worksheet(REPORT_SHEET)
        self._list = self._book.add_worksheet("faults")
        for number, name in enumerate(listed):
            self._list.write_string(0, number, words[f"list.{name}"], self._bold)
        all_columns = header.columns or ("tracking_number",)
        self._kept = [place for place, name in enumerate(all_columns) if not is_added(name)]
        columns = [all_columns[place] for place in self._kept]
        for number, name in enumerate((*columns, *(words[key] for key in _ADDED))):
            self._sheet.write_string(0, number, name[:_MAX_CELL], self._bold)
        for number, name in enumerate(columns):
            self._places.setdefault(column_of(name) or name, number)
            self._written.setdefault(column_of(name) or name, name)
        self._sheet.set_column(0, len(columns), 18, self._plain)
        self._sheet.freeze_panes(1, 0)

    def faults(self, faults: tuple[Fault, ...]) -> None:
        """Write some faults down."""
        for fault in faults:
            if self._count >= MAX_FAULTS:
                return
            self._count += 1
            outcome = "mended" if fault.mended else "rejected"
            message, hint = self._message_of(fault)
            row = [str(fault.line), fault.column, fault.code, message, fault.value, hint]
            if self._lang != LANGUAGES[0]:
                row += [fault.message, fault.hint]
            self._csv.writerow(map(guarded, (outcome, *row)))
            for number, cell in enumerate((row_words(self._lang)[f"outcome.{outcome}"], *row)):
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
        given, width = faults[0].cells, len(self._kept)
        cells = [given[place] if place < len(given) else "" for place in self._kept]
        wrong = {self._places.get(fault.column, -1) for fault in faults}
        if not faults[0].cells and (place := self._places.get(faults[0].column)) is not None:
            cells[place] = faults[0].value
        twice = any(fault.code == _TWICE for fault in faults)
        if twice and (place := self._places.get("tracking_number")) is not None:
            # Sent back as it is, it would be alone in its file, and its number's newest word.
            cells[place] = ""
        for number, cell in enumerate(cells):
            style = self._wrong if number in wrong else self._plain
            self._sheet.write_string(self._rows, number, cell[:_MAX_CELL], style)
        self._sheet.write_string(self._rows, width, str(faults[0].line), self._mild)
        says = "; ".join(map(self._sentence, faults))
        self._sheet.write_string(self._rows, width + 1, says[:_MAX_CELL], self._mild)

    def _message_of(self, fault: Fault) -> tuple[str, str]:
        """What is wrong and what to do: in English of this very cell, else of all faults of its code."""
        translated = None if self._lang == LANGUAGES[0] else row_text(fault.code, self._lang)
        if translated is None:
            return fault.message, fault.hint
        return translated.reason, translated.remedy or ""

    def _sentence(self, fault: Fault) -> str:
        message, hint = self._message_of(fault)
        if fault.code == _TWICE:
            message = f"{message} ({fault.value})"
        column = fault.column
        if self._lang != LANGUAGES[0]:
            column = self._written.get(column, column)
        return f"{fault.code} {column}: {message}; {hint.rstrip(_STOPS)}"
