"""A scorecard on a terminal with bars, as plain lines elsewhere, and as a table for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.intake.rejected_rows import guarded
from agent.reports.scorecard_view import Shown, Words
from agent.texts.scorecard_words import number

PERIODS = 16
"""Of the trend, on a terminal; the latest ones."""
_BAR = 16
_GOOD, _BAD, _MILD = "green", "red", "default"
_REASONS = 2
"""Most frequent errors of a line, on a terminal."""
_SPACES = "\u00a0\u202f"


def plain(text: object) -> str:
    """Text of somebody else's without what could steer a terminal or turn its lines around."""
    return "".join(c if c.isprintable() or c in _SPACES else "\u00b7" for c in str(text))


# -- lines ---------------------------------------------------------------------------------------------------


def lines(shown: Shown, top: int) -> Iterator[str]:
    """The card, or the overview, as lines of plain text."""
    words = Words(shown)
    yield plain(f"{words['title']}: {words.subject()}")
    yield plain(words.scope())
    card = shown.get("total") or shown
    yield from _figures(card, words)
    if "lines" in shown:
        yield ""
        yield from _overview_lines(shown, words, top)
        yield from _imports(card, words)
    else:
        yield from _card_lines(card, words, top)
    yield ""
    yield words["once"]
    yield words["about"]


def _figures(card: Shown, words: Words) -> Iterator[str]:
    if not card["consignments"]:
        yield words["empty"]
        return
    yield (
        f"{words['consignments']}: {number(card['consignments'])}   "
        f"{words['clean']}: {number(card['clean'])}   "
        f"{words['faulty']}: {number(card['assessed'] - card['clean'])}   "
        f"{words['clean_share']}: {words.percent(card['clean_permille'])}"
    )
    yield from words.remarks(card)


def _overview_lines(shown: Shown, words: Words, top: int) -> Iterator[str]:
    for line in shown["lines"][:top]:
        yield plain(f"{words.label(line)}: {_line_figures(line, words)}")
        yield from (plain(f"    {number(told['consignments'])} × {told['reason']}") for told in line["top"])
    if len(shown["lines"]) > top:
        yield words.sentence("more", count=len(shown["lines"]) - top)
    if shown["others"] is not None:
        yield f"{words['others']}: {_line_figures(shown['others'], words)}"
        yield words["ceiling"]


def _line_figures(line: Shown, words: Words) -> str:
    return (
        f"{number(line['consignments'])}, {words['faulty']} {number(line['faulty'])}, "
        f"{words['clean']} {words.percent(line['clean_permille'])}"
    )


def _card_lines(card: Shown, words: Words, top: int) -> Iterator[str]:
    for part in ("findings", "notes", "conflicts"):
        if card[part] or part == "findings":
            yield ""
            yield words[part]
            yield from _cases(card[part], words)
    if card["worst"]:
        yield ""
        yield words["worst"]
        yield words.sentence("worst_count", vague=card["vague"], descriptions=card["descriptions"])
        for worst in card["worst"][:top]:
            yield plain(f"  {number(worst['consignments'])} × “{worst['text']}”: {worst['reason']}")
            yield f"      {words['question']}"
    yield from _imports(card, words)
    if card["trend"]:
        yield ""
        yield f"{words['trend']}: {words['by_' + card['unit']]}"
        for period in card["trend"][-PERIODS:]:
            yield (
                f"  {words.period(period)}: {number(period['consignments'])}, "
                f"{words['clean']} {words.percent(period['clean_permille'])}"
            )


def _cases(cases: Iterable[Shown], words: Words) -> Iterator[str]:
    empty = True
    for case in cases:
        empty = False
        share = words.percent(case["share_permille"])
        yield plain(f"  {number(case['consignments'])} ({share})  {case['code']}: {case['reason']}")
        example = f" {words['example']}: {case['example']}" if case["example"] else ""
        yield plain(f"      {case['remedy']}{example}")
    if empty:
        yield f"  {words['none']}"


def _imports(card: Shown, words: Words) -> Iterator[str]:
    told = card["imports"]
    if told is None or not told["files"]:
        return
    yield ""
    yield words["imports"]
    yield words.sentence("imports_count", **{name: told[name] for name in ("rejected", "rows", "files")})
    for fault in told["faults"]:
        yield plain(f"  {number(fault['count'])} × {fault['code']}  {fault['about']}")


# -- terminal ------------------------------------------------------------------------------------------------


def draw(shown: Shown, top: int, console: Console) -> None:
    """The same with tables and bars, for people."""
    words = Words(shown)
    card = shown.get("total") or shown
    console.print(Text(plain(f"{words['title']}: {words.subject()}"), style="bold"))
    console.print(Text(plain(words.scope()), style="dim"))
    for line in _figures(card, words):
        console.print(Text(line))
    console.print(Group(*_parts(shown, card, words, top)))
    console.print(Text(words["once"], style="dim"))
    console.print(Text(words["about"], style="dim"))


def _parts(shown: Shown, card: Shown, words: Words, top: int) -> Iterator[RenderableType]:
    if "lines" in shown:
        yield _lines_table(shown, words, top)
        told = [words.sentence("more", count=len(shown["lines"]) - top)] if len(shown["lines"]) > top else []
        told += [words["ceiling"]] if shown["others"] is not None else []
        yield from map(Text, told)
    else:
        for part in ("findings", "notes", "conflicts"):
            if card[part]:
                yield _cases_table(words[part], card[part], words, _BAD if part == "findings" else _MILD)
        if card["worst"]:
            yield _worst_table(card, words, top)
    if card["trend"]:
        yield _trend_table(card, words)
    yield from map(Text, _imports(card, words))


def _table(title: str, *columns: str, right: Iterable[int] = ()) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in right else "left", overflow="fold")
    return table


def _share(part: int, whole: int, color: str) -> Bar:
    return Bar(max(1, whole), 0, part, width=_BAR, color=color)


def _lines_table(shown: Shown, words: Words, top: int) -> Table:
    who = words["shipper" if shown["kind"] == "shippers" else "sender"]
    heads = (words["consignments"], words["faulty"], words["clean"], "", words["most_frequent"])
    table = _table("", who, *heads, right=(1, 2, 3))
    others = [{**shown["others"], "name": words["others"]}] if shown["others"] is not None else []
    for line in (*shown["lines"][:top], *others):
        table.add_row(
            Text(plain(words.label(line))),
            number(line["consignments"]),
            number(line["faulty"]),
            words.percent(line["clean_permille"]),
            _share(line["clean"], line["assessed"], _GOOD),
            Text("\n".join(plain(told["reason"]) for told in line["top"][:_REASONS])),
        )
    return table


def _cases_table(title: str, cases: Iterable[Shown], words: Words, color: str) -> Table:
    table = _table(title, words["count"], words["share"], "", words["reason"], words["remedy"], right=(0, 1))
    for case in cases:
        example = f"\n{words['example']}: {case['example']}" if case["example"] else ""
        table.add_row(
            number(case["consignments"]),
            words.percent(case["share_permille"]),
            _share(case["share_permille"] or 0, 1000, color),
            Text(plain(f"{case['reason']}  {case['code']}")),
            Text(f"{case['remedy']}{example}"),
        )
    return table


def _worst_table(card: Shown, words: Words, top: int) -> Table:
    table = _table(words["worst"], words["count"], words["text"], words["why"], right=(0,))
    for worst in card["worst"][:top]:
        table.add_row(number(worst["consignments"]), Text(plain(worst["text"])), Text(plain(worst["reason"])))
    count = words.sentence("worst_count", vague=card["vague"], descriptions=card["descriptions"])
    table.caption = f"{count} {words['question']}"
    table.caption_justify = "left"
    return table


def _trend_table(card: Shown, words: Words) -> Table:
    title = f"{words['trend']}: {words['by_' + card['unit']]}"
    table = _table(title, words["when"], words["consignments"], words["clean"], "", right=(1, 2))
    for period in card["trend"][-PERIODS:]:
        table.add_row(
            words.period(period),
            number(period["consignments"]),
            words.percent(period["clean_permille"]),
            _share(period["clean"], period["assessed"], _GOOD),
        )
    return table


# -- spreadsheet ---------------------------------------------------------------------------------------------

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
    # A count stays a number; what somebody wrote is guarded, even where it looks like one.
    return int(value) if isinstance(value, int) else guarded(str(value))


def _line_rows(shown: Shown) -> Iterator[Shown]:
    others = [{**shown["others"], "name": Words(shown)["others"]}] if shown["others"] is not None else []
    for line in (*shown["lines"], *others):
        top: Shown = {}
        for place, told in enumerate(line["top"], 1):
            top |= {f"code_{place}": told["code"], f"reason_{place}": told["reason"]}
            top[f"count_{place}"] = told["consignments"]
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
