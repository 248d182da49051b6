"""A scorecard as one HTML file to hand on: no script, nothing fetched, fit for paper and for dark screens."""

from __future__ import annotations

import functools
import unicodedata

from jinja2 import Environment, PackageLoader, StrictUndefined

from agent.reports.scorecard_view import Shown, Words
from agent.reports.trend_chart import chart_of
from agent.texts.scorecard_words import number

_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Classes of characters that open or close a run of text of another direction. Source: Unicode, UAX #9."""


def page(shown: Shown, top: int) -> str:
    """The whole file, styles included; ``top`` limits lines and descriptions.

    Every text is escaped where it is written, and no text can turn what follows it around.
    """
    words = Words(shown)
    card = shown.get("total") or shown
    trend = card["trend"]
    lines = None
    if "lines" in shown:
        others = [] if shown["others"] is None else [{**shown["others"], "name": words["others"]}]
        lines = [*shown["lines"][:top], *others]
    return _templates().get_template("scorecard.html.j2").render(
        shown=shown,
        card=card,
        words=words,
        top=top,
        lines=lines,
        more=len(shown.get("lines", ())) - top,
        who="shipper" if shown["kind"] == "shippers" else "sender",
        legend=_legend(card) if trend else (),
        chart=chart_of(trend, words) if trend else None,
    )  # fmt: skip


def _legend(card: Shown) -> list[tuple[str, str]]:
    """Class of each part of a bar, and the key of its name."""
    legend = [("good", "clean"), ("bad", "faulty")]
    if card["waiting"]:
        legend.append(("wait", "not_assessed"))
    if any(period["partial"] for period in card["trend"]):
        legend.append(("part", "partial"))
    return legend


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("agent.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unturned,
    )
    environment.filters |= {"number": number, "tenth": "{:.1f}".format}
    return environment


def _unturned(value: object) -> object:
    """What a template writes, without characters that could end the isolation of ``<bdi>``.

    >>> _unturned("a\\u2069\\u202eb")
    'a··b'
    """
    if not isinstance(value, str) or value.isascii():
        return value
    turning = {ord(c): "\u00b7" for c in value if unicodedata.bidirectional(c) in _TURNING}
    # Markup stays Markup: what a macro gave is not escaped a second time.
    return value.translate(turning) if turning else value
