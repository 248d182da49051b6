"""A scorecard as one file of HTML to hand on: no script, nothing fetched, fit for paper and for the dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from agent.reports.scorecard_view import Shown, Words
from agent.texts.scorecard_words import number

_STYLE = """
:root { color-scheme: light dark; --ink: #1a2230; --soft: #5a6675; --page: #fff; --edge: #d5dbe3;
  --band: #f4f6f9; --good: #2f7d4f; --bad: #b4452c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf1; --soft: #a3aebc; --page: #14181f;
  --edge: #363f4c; --band: #1d232c; --good: #58b27e; --bad: #e2795d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans SC", "Noto Sans Devanagari", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
.about { margin-top: 2rem; padding-top: .75rem; border-top: 1px solid var(--edge); color: var(--soft); }
dl.figures { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 1rem 0 .75rem; }
dl.figures div { display: flex; flex-direction: column-reverse; }
dl.figures dt { color: var(--soft); font-size: .875rem; }
dl.figures dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { text-align: start; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-bottom: 1px solid var(--edge); }
thead th { color: var(--soft); font-weight: 500; font-size: .875rem; }
tbody th, .quote { font-weight: 600; min-width: 9rem; overflow-wrap: anywhere; }
.n { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
.code { color: var(--soft); font: .8125rem ui-monospace, monospace; overflow-wrap: anywhere; }
.example { display: block; color: var(--soft); }
.ask { margin: .5rem 0; padding: .625rem .875rem; background: var(--band);
  border-inline-start: 3px solid var(--good); }
.bar { display: block; height: .5rem; min-width: 5rem; margin-top: .375rem; border-radius: .25rem;
  background: var(--edge); overflow: hidden; print-color-adjust: exact; }
.bar i { display: block; height: 100%; } .bar .good { background: var(--good); }
.bar .bad { background: var(--bad); } .bar .mild { background: var(--soft); }
svg { display: block; width: 100%; height: auto; max-height: 16rem; print-color-adjust: exact; }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); } svg .wait { fill: var(--edge); }
svg .part { opacity: .55; } svg text { fill: var(--soft); font-size: 11px; }
svg line { stroke: var(--edge); }
.key { display: inline-block; width: .75rem; height: .75rem; margin-inline-end: .375rem; border-radius: 2px;
  print-color-adjust: exact; } .key.good { background: var(--good); } .key.bad { background: var(--bad); }
.key.wait { background: var(--edge); } .key.part { background: var(--soft); opacity: .55; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; color: var(--soft); }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } tr, svg, .ask { break-inside: avoid; }
  h2 { break-after: avoid; } thead { display: table-header-group; } .scroll { overflow: visible; } }
@page { margin: 16mm; }
""".strip()


def page(shown: Shown, top: int) -> str:
    """The whole file; every text of somebody else's is escaped."""
    words = Words(shown)
    title = f"{words['title']}: {words.subject()}"
    card = shown.get("total") or shown
    body = "\n".join(_body(shown, card, words, top))
    return (
        f'<!doctype html>\n<html lang="{escape(words.lang)}">\n<head>\n<meta charset="utf-8">\n'
        # Whatever stood in it: nothing runs, nothing is fetched.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _body(shown: Shown, card: Shown, words: Words, top: int) -> Iterator[str]:
    yield f'<p class="soft">{escape(words["title"])}</p>'
    yield f"<h1>{_foreign(words.subject())}</h1>"
    yield f'<p class="soft">{_foreign(words.scope())}</p>'
    if not card["consignments"]:
        yield f"<p>{escape(words['empty'])}</p>"
    else:
        yield _figures(card, words)
    yield from (f"<p>{escape(told)}</p>" for told in words.remarks(card))
    if "lines" in shown:
        yield from _lines(shown, words, top)
    if card["trend"]:
        yield from _trend(card, words)
    if "lines" not in shown:
        for part in ("findings", "notes", "conflicts"):
            if card[part] or (part == "findings" and card["assessed"]):
                yield from _cases(part, card[part], words)
        if card["worst"]:
            yield from _worst(card, words, top)
    yield from _imports(card, words)
    yield f'<div class="about"><p>{escape(words["once"])}</p><p>{escape(words["about"])}</p></div>'


def _foreign(text: str) -> str:
    """Somebody else's text: escaped, and kept from turning the line around."""
    return f"<bdi>{escape(text)}</bdi>"


def _figures(card: Shown, words: Words) -> str:
    told = (
        (words["consignments"], number(card["consignments"])),
        (words["clean_share"], words.percent(card["clean_permille"])),
        (words["faulty"], number(card["assessed"] - card["clean"])),
    )
    pairs = (f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told)
    return f'<dl class="figures">{"".join(pairs)}</dl>'


def _table(heads: Iterable[tuple[str, bool]], rows: Iterable[str]) -> Iterator[str]:
    yield '<div class="scroll"><table>'
    cells = (f'<th scope="col"{_NUMBER if right else ""}>{escape(head)}</th>' for head, right in heads)
    yield f"<thead><tr>{''.join(cells)}</tr></thead>"
    yield "<tbody>"
    yield from rows
    yield "</tbody></table></div>"


_NUMBER = ' class="n"'


def _share(share: int | None, kind: str, words: Words) -> str:
    """A cell with a share of thousandths, and a bar that says the same."""
    width = 0 if share is None else share
    return (
        f'<td class="n">{words.percent(share)}<span class="bar" aria-hidden="true"><i class="{kind}" '
        f'style="width:{width // 10}.{width % 10}%"></i></span></td>'
    )


def _cases(part: str, cases: list[Shown], words: Words) -> Iterator[str]:
    yield f"<h2>{escape(words[part])}</h2>"
    if not cases:
        yield f"<p>{escape(words['none'])}</p>"
        return
    heads = (
        (words["reason"], False),
        (words["remedy"], False),
        (words["count"], True),
        (words["share"], True),
    )
    yield from _table(heads, (_case(case, "bad" if part == "findings" else "mild", words) for case in cases))


def _case(case: Mapping[str, Any], kind: str, words: Words) -> str:
    example = ""
    if case["example"]:
        example = f'<span class="example">{escape(words["example"])}: {_foreign(case["example"])}</span>'
    return (
        f'<tr><th scope="row">{_foreign(case["reason"])}<br><span class="code">{escape(case["code"])}</span>'
        f"</th><td>{escape(case['remedy'] or '')}{example}</td>"
        f'<td class="n">{number(case["consignments"])}</td>'
        f"{_share(case['share_permille'], kind, words)}</tr>"
    )


def _worst(card: Shown, words: Words, top: int) -> Iterator[str]:
    yield f"<h2>{escape(words['worst'])}</h2>"
    told = words.said("worst_count", vague=card["vague"], descriptions=card["descriptions"])
    yield f"<p>{escape(told)}</p>"
    yield f'<p class="ask">{escape(words["question"])}</p>'
    heads = ((words["text"], False), (words["why"], False), (words["remedy"], False), (words["count"], True))
    yield from _table(heads, (_worst_row(worst, words) for worst in card["worst"][:top]))


def _worst_row(worst: Mapping[str, Any], words: Words) -> str:
    example = ""
    if worst["example"]:
        example = f'<span class="example">{escape(words["example"])}: {_foreign(worst["example"])}</span>'
    return (
        f'<tr><td class="quote">{_foreign(worst["text"])}</td><td>{_foreign(worst["reason"])}</td>'
        f"<td>{escape(worst['remedy'] or '')}{example}</td>"
        f'<td class="n">{number(worst["consignments"])}</td></tr>'
    )


def _imports(card: Shown, words: Words) -> Iterator[str]:
    told = card["imports"]
    if told is None or not told["files"]:
        return
    yield f"<h2>{escape(words['imports'])}</h2>"
    counts = {name: told[name] for name in ("rejected", "rows", "files")}
    yield f"<p>{escape(words.said('imports_count', **counts))}</p>"
    if told["faults"]:
        heads = ((words["reason"], False), (words["code"], False), (words["faults"], True))
        rows = (
            f'<tr><th scope="row">{escape(fault["about"])}</th>'
            f'<td class="code">{escape(fault["code"])}</td><td class="n">{number(fault["count"])}</td></tr>'
            for fault in told["faults"]
        )
        yield from _table(heads, rows)


def _lines(shown: Shown, words: Words, top: int) -> Iterator[str]:
    who = words["shipper" if shown["kind"] == "shippers" else "sender"]
    heads = (
        (who, False),
        (words["most_frequent"], False),
        (words["consignments"], True),
        (words["faulty"], True),
        (words["clean_share"], True),
    )
    others = [{**shown["others"], "name": words["others"]}] if shown["others"] is not None else []
    yield f"<h2>{escape(words['findings'])}</h2>"
    yield from _table(heads, (_line(line, words) for line in (*shown["lines"][:top], *others)))
    if len(shown["lines"]) > top:
        yield f"<p>{escape(words.said('more', count=len(shown['lines']) - top))}</p>"
    if others:
        yield f"<p>{escape(words['ceiling'])}</p>"


def _line(line: Mapping[str, Any], words: Words) -> str:
    told = "<br>".join(f"{number(t['consignments'])} × {_foreign(t['reason'])}" for t in line["top"])
    return (
        f'<tr><th scope="row">{_foreign(words.label(dict(line)))}</th><td>{told}</td>'
        f'<td class="n">{number(line["consignments"])}</td><td class="n">{number(line["faulty"])}</td>'
        f"{_share(line['clean_permille'], 'good', words)}</tr>"
    )


# -- trend ---------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 720, 200, 44, 18, 22
PERIODS = 104
"""Bars of the chart, the latest ones; the table under it has all."""


def _trend(card: Shown, words: Words) -> Iterator[str]:
    title = words["by_" + card["unit"]]
    yield f"<h2>{escape(words['trend'])}</h2>"
    keys = [("good", words["clean"]), ("bad", words["faulty"])]
    keys += [("wait", words["not_assessed"])] if card["waiting"] else []
    keys += [("part", words["partial"])] if any(period["partial"] for period in card["trend"]) else []
    told = (f'<span><span class="key {kind}"></span>{escape(name)}</span>' for kind, name in keys)
    yield f'<p class="legend">{"".join(told)}</p>'
    yield _chart(card["trend"][-PERIODS:], title, words)
    yield f"<details><summary>{escape(title)}</summary>"
    heads = (
        (words["when"], False),
        (words["consignments"], True),
        (words["faulty"], True),
        (words["clean_share"], True),
    )
    rows = (
        f'<tr><th scope="row">{escape(words.period(period))}</th>'
        f'<td class="n">{number(period["consignments"])}</td>'
        f'<td class="n">{number(period["assessed"] - period["clean"])}</td>'
        f'<td class="n">{words.percent(period["clean_permille"])}</td></tr>'
        for period in card["trend"]
    )
    yield from _table(heads, rows)
    yield "</details>"


def _chart(trend: list[Shown], title: str, words: Words) -> str:
    most = max(1, *(period["consignments"] for period in trend))
    room, slot = _HEIGHT - _TOP - _FOOT, (_WIDTH - _LEFT) / len(trend)
    width = min(56.0, slot * 0.72)
    labels = max(1, -(-len(trend) // 10))
    drawn = [f'<line x1="{_LEFT}" y1="{_HEIGHT - _FOOT}" x2="{_WIDTH}" y2="{_HEIGHT - _FOOT}"/>']
    drawn.append(f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_WIDTH}" y2="{_TOP}" stroke-dasharray="2 4"/>')
    drawn.append(f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{number(most)}</text>')
    drawn.append(f'<text x="{_LEFT - 6}" y="{_HEIGHT - _FOOT}" text-anchor="end">0</text>')
    for place, period in enumerate(trend):
        left = _LEFT + slot * place + (slot - width) / 2
        foot = float(_HEIGHT - _FOOT)
        waiting = period["consignments"] - period["assessed"]
        parts = (
            ("good", period["clean"]),
            ("bad", period["assessed"] - period["clean"]),
            ("wait", waiting),
        )
        share = words.percent(period["clean_permille"])
        told = f"{words.period(period)}: {number(period['consignments'])}, {words['clean']} {share}"
        part = ' class="part"' if period["partial"] else ""
        drawn.append(f"<g{part}><title>{escape(told)}</title>")
        for kind, count in parts:
            if count:
                tall = room * count / most
                foot -= tall
                drawn.append(
                    f'<rect class="{kind}" x="{left:.1f}" y="{foot:.1f}" width="{width:.1f}" '
                    f'height="{tall:.1f}"/>'
                )
        drawn.append("</g>")
        middle = left + width / 2
        if place % labels == 0:
            drawn.append(
                f'<text x="{middle:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{period["first"][5:]}</text>'
            )
        if period["assessed"] and len(trend) <= _LABELLED:
            drawn.append(f'<text x="{middle:.1f}" y="{foot - 5:.1f}" text-anchor="middle">{share}</text>')
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="trend-title">'
        f'<title id="trend-title">{escape(title)}</title>{"".join(drawn)}</svg>'
    )


_LABELLED = 12
