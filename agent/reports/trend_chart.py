"""The trend of a scorecard as a bar chart: the place of each bar; pure. A template draws it as SVG."""

from __future__ import annotations

from dataclasses import dataclass

from agent.reports.scorecard_view import Shown, Words
from agent.texts.scorecard_words import number

PERIODS = 104
"""Bars of the chart, the latest ones; the table under it has all."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 720, 200, 44, 18, 178
_WIDEST_BAR = 56.0
_DAYS = 10
"""Bars with their day under them, at most."""
_LABELLED = 12
"""Bars that still have room for their share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One period; lengths in units of the chart, ``y`` grows downwards."""

    title: str
    partial: bool
    x: float
    width: float
    top: float
    parts: tuple[tuple[str, float, float], ...]
    """Class, ``y`` and height of each part, from the foot up; empty parts are left out."""
    day: str | None
    share: str | None

    @property
    def middle(self) -> float:
        """Where what belongs to the bar is centred."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars over a line at ``foot``, the highest of which, of ``most`` consignments, reaches ``top``."""

    most: int
    bars: tuple[Bar, ...]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    top: int = _TOP
    foot: int = _FOOT


def chart_of(trend: list[Shown], words: Words) -> Chart:
    """The latest periods of a trend that has at least one."""
    trend = trend[-PERIODS:]
    most = max(1, *(period["consignments"] for period in trend))
    slot = (_WIDTH - _LEFT) / len(trend)
    every = -(-len(trend) // _DAYS)
    bars = (
        _bar(
            period,
            words,
            x=_LEFT + slot * place,
            slot=slot,
            scale=(_FOOT - _TOP) / most,
            with_day=place % every == 0,
            with_share=len(trend) <= _LABELLED,
        )
        for place, period in enumerate(trend)
    )
    return Chart(most=most, bars=tuple(bars))


def _bar(
    period: Shown, words: Words, *, x: float, slot: float, scale: float, with_day: bool, with_share: bool
) -> Bar:
    width = min(_WIDEST_BAR, slot * 0.72)
    share = words.percent(period["clean_permille"])
    counts = {
        "good": period["clean"],
        "bad": period["assessed"] - period["clean"],
        "wait": period["consignments"] - period["assessed"],
    }
    top, parts = float(_FOOT), []
    for kind, count in counts.items():
        if count:
            top -= scale * count
            parts.append((kind, top, scale * count))
    return Bar(
        title=f"{words.period(period)}: {number(period['consignments'])}, {words['clean']} {share}",
        partial=period["partial"],
        x=x + (slot - width) / 2,
        width=width,
        top=top,
        parts=tuple(parts),
        day=period["first"][5:] if with_day else None,
        share=share if with_share and period["assessed"] else None,
    )
