"""Many shippers or senders side by side, those with most to correct first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from agent.domain.scorecard.card import Card, Imports, Kind, Scorecard, ScoredConsignment, is_error, kind_of
from agent.domain.scorecard.trend import permille

MOST_SHIPPERS = 20_000
"""Of one overview; with more of them, those with least to correct are counted together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewLine:
    """One shipper or sender of an overview; all of them that had no line of their own, without a name."""

    name: str | None
    """As first written."""
    country: str
    """ISO 3166-1 alpha-2 as declared, or empty."""
    consignments: int
    assessed: int
    clean: int
    top: tuple[tuple[Kind, int], ...]
    """The most frequent kinds of errors, and on how many consignments each is."""

    @property
    def faulty(self) -> int:
        """Consignments with something to correct."""
        return self.assessed - self.clean

    @property
    def clean_permille(self) -> int | None:
        """Share of consignments without error; None where none is assessed."""
        return permille(self.clean, self.assessed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that was looked at, and each shipper's line, the one with most consignments to correct first."""

    total: Scorecard
    lines: tuple[OverviewLine, ...]
    others: OverviewLine | None
    """Those past the ceiling, together; then each line counts what came while it was kept."""


class Overviewing:
    """Takes in consignments of many shippers and keeps a line for each, up to a ceiling.

    Below the ceiling nothing depends on the order in which they come.
    """

    def __init__(self, covered: tuple[date, date], ceiling: int = MOST_SHIPPERS) -> None:
        self._total = Card(covered)
        self._ceiling = ceiling
        self._rows: dict[tuple[str, str], _Row] = {}
        self._others: _Row | None = None
        self._kinds: dict[Kind, Kind] = {}
        """Each kind once, for all rows: they are few, the rows are many."""

    def add(self, key: tuple[str, str], consignment: ScoredConsignment) -> None:
        """Take in one consignment of the shipper with that folded name and country."""
        self._total.add(consignment)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= self._ceiling:
                self._give_way()
            row = self._rows[key] = _Row()
        row.add(consignment, self._kinds)

    def _give_way(self) -> None:
        """A quarter of the rows, with least to correct and fewest consignments, are counted together."""
        ranked = sorted(self._rows, key=lambda key: (self._rows[key].rank(), key))
        self._others = self._others or _Row()
        for key in ranked[: max(1, self._ceiling // 4)]:
            self._others.join(self._rows.pop(key))

    def overview(self, *, worst: int = 20, imports: Imports | None = None) -> Overview:
        """What was taken in so far."""
        ranked = sorted(self._rows.items(), key=lambda item: ([-n for n in item[1].rank()], item[0]))
        return Overview(
            total=self._total.scorecard(worst=worst, imports=imports),
            lines=tuple(row.line(country) for (_, country), row in ranked),
            others=None if self._others is None else self._others.line("", named=False),
        )


class _Row:
    __slots__ = ("_counts", "_kinds", "_name")

    def __init__(self) -> None:
        self._name: tuple[int, str] | None = None
        self._counts = [0, 0, 0]
        self._kinds: Counter[Kind] = Counter()

    def add(self, consignment: ScoredConsignment, known: dict[Kind, Kind]) -> None:
        if consignment.name is not None:
            named = (consignment.number, consignment.name)
            self._name = named if self._name is None else min(self._name, named)
        findings = consignment.findings
        self._count((1, findings is not None, consignment.clean))
        kinds = {kind_of(finding) for finding in findings or () if is_error(finding)}
        self._kinds.update(known.setdefault(kind, kind) for kind in kinds)

    def join(self, other: _Row) -> None:
        self._count(other._counts)
        self._kinds.update(other._kinds)

    def _count(self, counts: Iterable[int]) -> None:
        self._counts = [a + b for a, b in zip(self._counts, counts, strict=True)]

    def rank(self) -> tuple[int, int]:
        consignments, assessed, clean = self._counts
        return (assessed - clean, consignments)

    def line(self, country: str, *, named: bool = True) -> OverviewLine:
        top = sorted(self._kinds.items(), key=lambda item: (-item[1], item[0]))
        consignments, assessed, clean = self._counts
        return OverviewLine(
            name=self._name[1] if self._name is not None and named else None,
            country=country,
            consignments=consignments,
            assessed=assessed,
            clean=clean,
            top=tuple(top[:_TOP]),
        )


_TOP = 3
