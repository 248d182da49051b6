"""A shipper's scorecard: how good the data is that he sends, and what he can do about it.

It is fed one consignment after the other and keeps a bounded state. In which order they are fed changes
nothing. Sealed findings never enter: a scorecard is read by those whom it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import heappop, heappush
from types import MappingProxyType

from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.scorecard.trend import MOST_DAYS, Period, Unit, change_of, permille, trend_of

CONFLICT = "SOURCES_DISAGREE"
"""Whose word is wrong nobody knows: told, and held against none of those who differ."""

MOST_TEXTS = 256
"""Descriptions of each reason that are remembered, the vaguest ones."""
MOST_VALUES = 256
"""Values of one parameter of a finding that are told apart."""

_SHOWN = 200
_NAMED = 3
_KINDS = ("field", "other", "or", "class", "reason")
"""Parameters by which two findings of one code are two kinds of error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedGoods:
    """A description of goods and what it is worth; what holds of a key holds of all texts that share it."""

    key: str
    """Its canonical form, see ``texts.canonical``."""
    text: str
    score_permille: int
    """1000 names no goods at all."""
    reason: str | None = None
    """Why it says too little, see ``descriptions.Judgement``; None for one that will do."""
    refused: bool = False
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredConsignment:
    """What a scorecard takes in of one consignment.

    Raises:
        ValueError: A finding is sealed.
    """

    number: int
    """Of the order in which it was declared: the lower one came first."""
    day: date
    """On which it was declared, UTC."""
    name: str | None = None
    """Of the shipper or the sender, as written there."""
    findings: tuple[Finding, ...] | None = None
    """Those a sender can correct; None for a consignment that is not assessed yet."""
    descriptions: tuple[DescribedGoods, ...] = ()
    """Each key once."""

    def __post_init__(self) -> None:
        if any(finding.disclosure is not Disclosure.OPEN for finding in self.findings or ()):
            raise ValueError(f"consignment {self.number}: a sealed finding may be on no scorecard")

    @property
    def clean(self) -> bool:
        """Whether it is assessed and nothing in it asks to be corrected."""
        return self.findings is not None and not any(map(is_error, self.findings))


def is_error(finding: Finding) -> bool:
    """Whether a finding counts against who declared the consignment; notes and conflicts do not."""
    return finding.severity is not Severity.NOTE and finding.code != CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardExample:
    """One kind of error: its code, and the field and reason that make it this one."""

    code: str
    kind: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    """Of other parameters the most frequent values."""
    consignments: int

    def params(self) -> dict[str, str]:
        """Parameters for its text."""
        return {**{name: ", ".join(values) for name, values in self.values.items()}, **self.kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """A description that says too little, and on how many consignments it stands."""

    text: str
    """As first written; a long one is cut."""
    reason: str
    refused: bool
    terms: tuple[str, ...]
    score_permille: int
    consignments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What became of the rows of a sender's files; ``faults`` counts rejections and corrections by code."""

    files: int = 0
    rows: int = 0
    rejected: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """How good the declared data is. Shares are of assessed consignments."""

    name: str | None
    """As first written."""
    consignments: int
    assessed: int
    clean: int
    findings: tuple[ScorecardExample, ...]
    """Errors, the most frequent first."""
    notes: tuple[ScorecardExample, ...]
    conflicts: tuple[ScorecardExample, ...]
    descriptions: int
    vague: int
    worst: tuple[Worst, ...]
    """Refused ones first, then the most frequent."""
    unit: Unit
    trend: tuple[Period, ...]
    """Without gaps, the oldest first."""
    change_permille: int | None
    """By how much the clean share grew from the last complete period but one to the last complete one."""
    imports: Imports | None = None
    """None where files do not belong to whom the card is about."""

    @property
    def clean_permille(self) -> int | None:
        """Share of consignments without error; None where none is assessed."""
        return permille(self.clean, self.assessed)


Kind = tuple[str, tuple[tuple[str, str], ...]]
"""A code, and the parameters by which two findings of it are two kinds of error."""


def kind_of(finding: Finding) -> Kind:
    """What a finding is counted under."""
    if finding.code == CONFLICT:
        # Which capacity spoke against which does not concern the sender.
        return CONFLICT, (("field", str(finding.params.get("field", ""))),)
    kind = tuple((name, str(finding.params[name])) for name in _KINDS if name in finding.params)
    return finding.code, kind


class Card:
    """Takes in consignments of one shipper, or of all, and makes a scorecard of them.

    Args:
        covered: First and last day of which every consignment is taken in; a period that begins before or
            ends after them is partial.
    """

    def __init__(self, covered: tuple[date, date]) -> None:
        self._covered = covered
        self._named: tuple[int, str] | None = None
        self._days: dict[date, list[int]] = {}
        self._totals = [0, 0, 0]
        self._errors: dict[Kind, _Tally] = {}
        self._notes: dict[Kind, _Tally] = {}
        self._conflicts: dict[Kind, _Tally] = {}
        self._texts: dict[str, _Vaguest] = {}
        self._described = self._vague = 0

    def add(self, consignment: ScoredConsignment) -> None:
        """Take in one consignment."""
        if consignment.name is not None:
            named = (consignment.number, consignment.name)
            self._named = named if self._named is None else min(self._named, named)
        day = self._days.setdefault(consignment.day, [0, 0, 0])
        for place, counts in enumerate((True, consignment.findings is not None, consignment.clean)):
            day[place] += counts
            self._totals[place] += counts
        if len(self._days) > MOST_DAYS:
            del self._days[min(self._days)]
        self._count(consignment.findings or ())
        for described in consignment.descriptions:
            self._described += 1
            if described.reason is not None:
                self._vague += 1
                self._texts.setdefault(described.reason, _Vaguest()).add(described, consignment.number)

    def _count(self, findings: Iterable[Finding]) -> None:
        met: set[int] = set()
        for finding in findings:
            if finding.code == CONFLICT:
                cases = self._conflicts
            else:
                cases = self._errors if is_error(finding) else self._notes
            tally = cases.setdefault(kind_of(finding), _Tally())
            if id(tally) not in met:
                met.add(id(tally))
                tally.consignments += 1
            if cases is not self._conflicts:
                tally.add(finding.params)

    def scorecard(self, *, worst: int = 20, imports: Imports | None = None) -> Scorecard:
        """The card of what was taken in so far, with so many of the worst descriptions."""
        unit, trend = trend_of(self._days, self._covered)
        texts = [worst for vaguest in self._texts.values() for worst in vaguest.worst()]
        texts.sort(key=lambda w: (not w.refused, -w.consignments, -w.score_permille, w.text, w.reason))
        return Scorecard(
            name=None if self._named is None else self._named[1],
            consignments=self._totals[0],
            assessed=self._totals[1],
            clean=self._totals[2],
            findings=_cases(self._errors),
            notes=_cases(self._notes),
            conflicts=_cases(self._conflicts),
            descriptions=self._described,
            vague=self._vague,
            worst=tuple(texts[:worst]),
            unit=unit,
            trend=trend,
            change_permille=change_of(trend),
            imports=imports,
        )


class _Tally:
    """Consignments of one case, and the values that its parameters had."""

    def __init__(self) -> None:
        self.consignments = 0
        self._values: dict[str, Counter[str]] = {}

    def add(self, params: Mapping[str, str | int]) -> None:
        for name, value in params.items():
            if name not in _KINDS:
                counts = self._values.setdefault(name, Counter())
                counts[str(value)[:_SHOWN]] += 1
                if len(counts) > MOST_VALUES:
                    # Whatever comes in which order, the same ones stay, and each is counted in full.
                    del counts[max(counts)]

    def values(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(sorted(counts, key=lambda value: (-counts[value], value))[:_NAMED])
            for name, counts in sorted(self._values.items())
        }


def _cases(tallies: Mapping[Kind, _Tally]) -> tuple[ScorecardExample, ...]:
    cases = [
        ScorecardExample(
            code=code,
            kind=MappingProxyType(dict(kind)),
            values=MappingProxyType(tally.values()),
            consignments=tally.consignments,
        )
        for (code, kind), tally in sorted(tallies.items())
    ]
    return tuple(sorted(cases, key=lambda case: -case.consignments))


class _Vaguest:
    """Of the texts with one reason the ``MOST_TEXTS`` vaguest, each counted in full.

    A text that gave way is below all that stay, and so it is when it comes again: none is counted in part.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._texts: dict[str, tuple[DescribedGoods, int, int]] = {}
        """By key: one of its texts, the number of its consignment, how many consignments."""

    def add(self, described: DescribedGoods, number: int) -> None:
        known = self._texts.get(described.key)
        if known is not None:
            earlier = min((known[1], known[0].text), (number, described.text)) == (number, described.text)
            first, at = (described, number) if earlier else known[:2]
            self._texts[described.key] = (first, at, known[2] + 1)
            return
        place = (described.score_permille, described.key)
        if len(self._heap) >= MOST_TEXTS:
            if place < self._heap[0]:
                return
            del self._texts[heappop(self._heap)[1]]
        heappush(self._heap, place)
        self._texts[described.key] = (described, number, 1)

    def worst(self) -> Iterable[Worst]:
        for described, _, count in self._texts.values():
            cut = described.text if len(described.text) <= _SHOWN else described.text[: _SHOWN - 1] + "…"
            yield Worst(
                text=cut,
                reason=described.reason or "",
                refused=described.refused,
                terms=described.terms,
                score_permille=described.score_permille,
                consignments=count,
            )
