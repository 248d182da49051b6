"""The trend of a scorecard: days or weeks without gaps, and which of them are complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_DAYS = 2_000
"""Days of the trend, the latest ones."""
DAYS_BY_DAY = 21
"""A trend over no more days than these goes by the day."""


class Unit(StrEnum):
    """How long a period of the trend is; a week is one of ISO 8601."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One day or week of the trend; ``last`` belongs to it."""

    first: date
    last: date
    partial: bool
    """Whether consignments of it may be missing here."""
    consignments: int = 0
    assessed: int = 0
    clean: int = 0

    @property
    def clean_permille(self) -> int | None:
        """Share of consignments without error; None where none is assessed."""
        return permille(self.clean, self.assessed)


def permille(part: int, whole: int) -> int | None:
    """``part`` of ``whole`` in thousandths, half up; None of nothing.

    >>> permille(1, 8), permille(0, 0)
    (125, None)
    """
    return (2_000 * part + whole) // (2 * whole) if whole else None


_ONE_DAY = timedelta(days=1)


def trend_of(
    days: Mapping[date, Sequence[int]], covered: tuple[date, date]
) -> tuple[Unit, tuple[Period, ...]]:
    """The trend of ``days``, each with its consignments, those assessed and those clean, in this order."""
    if not days:
        return Unit.DAY, ()
    first, last = min(days), max(days)
    unit = Unit.DAY if (last - first).days < DAYS_BY_DAY else Unit.WEEK
    step = timedelta(days=1 if unit is Unit.DAY else 7)
    if unit is Unit.WEEK:
        first, last = (day - timedelta(days=day.weekday()) for day in (first, last))
    # A clock that stood in another century once would make a trend of nothing but gaps.
    first = max(first, last - step * (MOST_DAYS - 1))
    counts: dict[date, list[int]] = {}
    begin = first
    while begin <= last:
        counts[begin] = [0, 0, 0]
        begin += step
    for day, sums in days.items():
        start = first + (day - first) // step * step
        if start in counts:
            counts[start] = [a + b for a, b in zip(counts[start], sums, strict=True)]
    return unit, tuple(
        Period(
            first=begin,
            last=begin + step - _ONE_DAY,
            partial=begin < covered[0] or begin + step - _ONE_DAY > covered[1],
            consignments=sums[0],
            assessed=sums[1],
            clean=sums[2],
        )
        for begin, sums in counts.items()
    )


def change_of(trend: Sequence[Period]) -> int | None:
    """From the last complete period but one to the last complete one, in thousandths of the clean share."""
    shares = [period.clean_permille for period in trend if not period.partial]
    if len(shares) < 2 or shares[-1] is None or shares[-2] is None:
        return None
    return shares[-1] - shares[-2]


def covered_days(
    oldest: date, newest: date, since: date | None = None, until: date | None = None
) -> tuple[date, date]:
    """First and last day of which all is known, given the store's oldest and newest day.

    On its first day the store was begun, on its newest it may go on: both are complete only where the card
    does not begin or end there.

    >>> covered_days(date(2026, 3, 2), date(2026, 3, 9), since=date(2026, 3, 4))
    (datetime.date(2026, 3, 4), datetime.date(2026, 3, 8))
    """
    first = since if since is not None and since > oldest else oldest + _ONE_DAY
    last = until if until is not None and until < newest else newest - _ONE_DAY
    return first, last
