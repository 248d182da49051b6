"""A scorecard as one table of CSV for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.formats.csv_guard import guarded
from agent.reports.scorecard_view import Shown, Words

_CARD_COLUMNS = (
    "part", "code", "field", "consignments", "share_permille", "reason", "remedy", "example", "text", "first",
    "last", "partial", "assessed", "clean",
)  # fmt: skip
_LINE_COLUMNS = (
    "name", "country", "consignments", "assessed", "clean", "faulty", "clean_permille", "code_1", "reason_1",
    "count_1", "code_2", "reason_2", "count_2", "code_3", "reason_3", "count_3",
)  # fmt: skip


def write_csv(path: Path, shown: Shown) -> None:
    """One table: a line for each shipper of an overview, else one for each fact of the card."""
    overview = "lines" in shown
    columns = _LINE_COLUMNS if overview else _CARD_COLUMNS
    rows = _line_rows(shown) if overview else _card_rows(shown)
    # A byte order mark: without one Excel takes UTF-8 for the local code page.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(name)) for name in columns])


def _cell(value: Any) -> str | int:
    if value is None:
        return ""
    # A count stays a number; text is guarded, even if it looks like one.
    return int(value) if isinstance(value, int) else guarded(str(value))


def _line_rows(shown: Shown) -> Iterator[Shown]:
    others = [{**shown["others"], "name": Words(shown)["others"]}] if shown["others"] is not None else []
    for line in (*shown["lines"], *others):
        top: Shown = {}
        for place, case in enumerate(line["top"], 1):
            top |= {f"code_{place}": case["code"], f"reason_{place}": case["reason"]}
            top[f"count_{place}"] = case["consignments"]
        yield {**line, **top}


def _card_rows(shown: Shown) -> Iterator[Shown]:
    yield {"part": "about", "text": shown["about"]}
    yield {
        "part": "all",
        "text": Words(shown).subject(),
        "share_permille": shown["clean_permille"],
        **{name: shown[name] for name in ("consignments", "assessed", "clean")},
    }
    for part in ("findings", "notes", "conflicts", "worst"):
        for case in shown[part]:
            yield {**case, "part": part}
    for period in shown["trend"]:
        yield {**period, "part": "trend", "share_permille": period["clean_permille"]}
    for fault in (shown["imports"] or {"faults": ()})["faults"]:
        yield {
            "part": "imports",
            "code": fault["code"],
            "reason": fault["about"],
            "consignments": fault["count"],
        }
