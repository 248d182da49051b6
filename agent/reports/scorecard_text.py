"""A scorecard for people, as tables with bars: in colour on a terminal, plain where it is piped or kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.reports.scorecard_view import Shown, Words
from agent.texts.scorecard_words import number

PERIODS = 16
"""Of the trend; the latest ones."""
PIPE_WIDTH = 140
"""Characters of a line where there is no terminal to ask."""
_BAR = 16
_GOOD, _BAD, _MILD = "green", "red", "default"
_SPACES = "\u00a0\u202f"


def plain(text: object) -> str:
    """Text from a manifest without characters that steer a terminal or turn a line around."""
    return "".join(c if c.isprintable() or c in _SPACES else "\u00b7" for c in str(text))


def draw(shown: Shown, top: int, console: Console) -> None:
    """Print a card or an overview; ``top`` limits lines and descriptions."""
    words = Words(shown)
    card = shown.get("total") or shown
    console.print(Text(plain(f"{words['title']}: {words.subject()}"), style="bold"))
    console.print(Text(plain(words.scope()), style="dim"))
    console.print(Group(*_parts(shown, card, words, top)))
    console.print(Text(words["once"], style="dim"))
    console.print(Text(words["about"], style="dim"))


def _parts(shown: Shown, card: Shown, words: Words, top: int) -> Iterator[RenderableType]:
    yield from map(Text, _figures(card, words))
    yield Text("")
    if "lines" in shown:
        yield from _lines(shown, words, top)
    else:
        for part in ("findings", "notes", "conflicts"):
            if card[part]:
                yield _title(words[part])
                yield _cases_table(card[part], words, _BAD if part == "findings" else _MILD)
            elif part == "findings" and card["assessed"]:
                yield from (_title(words[part]), Text(words["none"]))
        if card["worst"]:
            yield _title(words["worst"])
            yield Text(words.sentence("worst_count", vague=card["vague"], descriptions=card["descriptions"]))
            yield Text(words["question"])
            yield _worst_table(card, words, top)
    if card["trend"]:
        yield _title(f"{words['trend']}: {words['by_' + card['unit']]}")
        yield _trend_table(card, words)
    yield from _imports(card, words)


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


def _lines(shown: Shown, words: Words, top: int) -> Iterator[RenderableType]:
    yield _lines_table(shown, words, top)
    if len(shown["lines"]) > top:
        yield Text(words.sentence("more", count=len(shown["lines"]) - top))
    if shown["others"] is not None:
        yield Text(words["ceiling"])


def _imports(card: Shown, words: Words) -> Iterator[RenderableType]:
    imports = card["imports"]
    if imports is None or not imports["files"]:
        return
    counts = {name: imports[name] for name in ("rejected", "rows", "files")}
    yield _title(words["imports"])
    yield Text(words.sentence("imports_count", **counts))
    for fault in imports["faults"]:
        yield Text(plain(f"  {number(fault['count'])} × {fault['code']}  {fault['about']}"))
    yield Text("")


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _table(*columns: str, right: Iterable[int] = ()) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in right else "left", overflow="fold")
    return table


def _share(part: int, whole: int, color: str) -> Bar:
    return Bar(max(1, whole), 0, part, width=_BAR, color=color)


def _lines_table(shown: Shown, words: Words, top: int) -> Table:
    who = words["shipper" if shown["kind"] == "shippers" else "sender"]
    heads = (words["consignments"], words["faulty"], words["clean"], "", words["most_frequent"])
    table = _table(who, *heads, right=(1, 2, 3))
    others = [{**shown["others"], "name": words["others"]}] if shown["others"] is not None else []
    for line in (*shown["lines"][:top], *others):
        errors = (f"{number(case['consignments'])} × {case['reason']}" for case in line["top"])
        table.add_row(
            Text(plain(words.label(line))),
            number(line["consignments"]),
            number(line["faulty"]),
            words.percent(line["clean_permille"]),
            _share(line["clean"], line["assessed"], _GOOD),
            Text("\n".join(map(plain, errors))),
        )
    return table


def _cases_table(cases: Iterable[Shown], words: Words, color: str) -> Table:
    table = _table(words["count"], words["share"], "", words["reason"], words["remedy"], right=(0, 1))
    for case in cases:
        advice = [case["remedy"]] if case["remedy"] else []
        advice += [f"{words['example']}: {case['example']}"] if case["example"] else []
        table.add_row(
            number(case["consignments"]),
            words.percent(case["share_permille"]),
            _share(case["share_permille"] or 0, 1000, color),
            Text(f"{plain(case['reason'])}\n{case['code']}"),
            Text("\n".join(map(plain, advice))),
        )
    return table


def _worst_table(card: Shown, words: Words, top: int) -> Table:
    table = _table(words["count"], words["text"], words["why"], right=(0,))
    for worst in card["worst"][:top]:
        table.add_row(number(worst["consignments"]), Text(plain(worst["text"])), Text(plain(worst["reason"])))
    return table


def _trend_table(card: Shown, words: Words) -> Table:
    table = _table(words["when"], words["consignments"], words["clean"], "", right=(1, 2))
    for period in card["trend"][-PERIODS:]:
        table.add_row(
            words.period(period),
            number(period["consignments"]),
            words.percent(period["clean_permille"]),
            _share(period["clean"], period["assessed"], _GOOD),
        )
    return table
