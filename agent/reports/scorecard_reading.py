"""Reads the store for scorecards: what of each consignment enters one, and whose it is."""

from __future__ import annotations

import difflib
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from agent.domain.consignment.declaration import Declaration, Level
from agent.domain.consignment.effective import effective
from agent.domain.description.check import DescriptionGrade, judge
from agent.domain.findings.codes import FACT_OF_CODE, pack_code
from agent.domain.findings.finding import Finding, Severity
from agent.domain.policy.pack import Policy
from agent.domain.policy.totals_terms import LIMIT_CODE
from agent.domain.scorecard.card import Card, DescribedGoods, Imports, Scorecard, ScoredConsignment
from agent.domain.scorecard.overview import Overview, Overviewing
from agent.domain.scorecard.trend import covered_days
from agent.domain.screening.names import fold
from agent.domain.values.text import canonical
from agent.errors import AgentError, UnknownName
from agent.store.assessment_reader import Asked, AssessedDeclaration, DeclaredShipment, StoredAssessments
from agent.store.assessment_table import StoredFinding
from agent.texts.findings import codes

Progress = Callable[[int, int], None]
"""Takes the declarations read so far, and how many there are."""

MOST_NAMES = 20_000
"""Names that are remembered, to suggest which one may have been meant."""
_REMEMBERED = 8_192
_NEAR = 5
_FOREVER = (date.min, date.max)


class Ambiguous(AgentError):
    """A name that shippers of several countries have."""

    def __init__(self, name: str, countries: Iterable[str]) -> None:
        listed = ", ".join(country or "none" for country in countries)
        super().__init__(f"{name!r} ships from several countries ({listed}); say which one with --country")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose card; ``country`` counts only where it is given (``none`` for a shipper without one)."""

    shipper: str
    country: str | None = None


class StoreReading:
    """One pass over the store; the hub may be running.

    Args:
        reads: How vague a description reads, 0 to 1.
    """

    def __init__(
        self, stored: StoredAssessments, policy: Policy, reads: Callable[[str], float], progress: Progress
    ) -> None:
        self._stored = stored
        self._policy = policy
        self._progress = progress
        own = {text.code for text in policy.texts}
        self._correctable = frozenset(codes()) | frozenset(FACT_OF_CODE)
        self._of_pack = own - self._correctable
        self._of_law = frozenset(rule.code for rule in policy.rules.rules)
        self._fold = functools.lru_cache(_REMEMBERED)(fold)
        limits = policy.reading_limits

        @functools.lru_cache(_REMEMBERED)
        def described(key: str) -> tuple[int, str | None, bool, tuple[str, ...]]:
            judged = judge(key, policy.description_terms, level=Level.HOUSE, reads=reads, limits=limits)
            bad = judged.grade is not DescriptionGrade.OK
            return (
                round(1000 * judged.score),
                judged.reason if bad else None,
                judged.grade is DescriptionGrade.REJECT,
                judged.terms,
            )

        self._judged = described

    def overview(self, asked: Asked, *, by_sender: bool, worst: int) -> Overview:
        """All shippers, or all senders, that sent anything then."""
        making = Overviewing(self._covered(asked))
        for row, declared in self._rows(asked):
            name, country = (
                (row.party, "") if by_sender else (declared.consignor.name, declared.consignor.country)
            )
            making.add(self._key(name, country), self._consignment(row, declared, name))
        return making.overview(worst=worst, imports=self._imports(asked))

    def of_sender(self, asked: Asked, *, worst: int) -> Scorecard:
        """Of whom ``asked`` names."""
        card = Card(self._covered(asked))
        for row, declared in self._rows(asked):
            card.add(self._consignment(row, declared, row.party))
        return card.scorecard(worst=worst, imports=self._imports(asked))

    def of_shipper(self, asked: Asked, wanted: Wanted, *, worst: int) -> tuple[Scorecard, str]:
        """Of one shipper, and the country it ships from.

        Raises:
            UnknownName: nobody of that name sent anything then; the message lists similar names.
            Ambiguous: shippers of several countries have the name.
        """
        covered, folded = self._covered(asked), fold(wanted.shipper)
        cards: dict[str, Card] = {}
        others: dict[str, str] = {}
        for row, declared in self._rows(asked):
            name, country = declared.consignor.name, declared.consignor.country
            key = self._key(name, country)
            if key[0] != folded or (wanted.country is not None and key[1] != _country(wanted.country)):
                if name is not None and len(others) < MOST_NAMES:
                    others.setdefault(key[0], name)
                continue
            cards.setdefault(key[1], Card(covered)).add(self._consignment(row, declared, name))
        if not cards:
            raise UnknownName(f"no shipper {wanted.shipper[:80]!r} in this period{_nearest(folded, others)}")
        if len(cards) > 1:
            raise Ambiguous(wanted.shipper[:80], sorted(cards))
        ((country, card),) = cards.items()
        return card.scorecard(worst=worst), country

    def party(self, name: str) -> str:
        """The sender of that name as the store has it.

        Raises:
            UnknownName: nobody of that name sent anything; the message lists similar names.
        """
        known = self._stored.parties()
        if name in known:
            return name
        by_fold = {fold(party): party for party in known}
        if fold(name) in by_fold:
            return by_fold[fold(name)]
        raise UnknownName(f"no sender {name[:80]!r}{_nearest(fold(name), by_fold)}")

    def _covered(self, asked: Asked) -> tuple[date, date]:
        span = self._stored.span()
        return _FOREVER if span is None else covered_days(*span, asked.since, asked.until)

    def _rows(self, asked: Asked) -> Iterator[tuple[AssessedDeclaration, DeclaredShipment | Declaration]]:
        size = self._stored.size()
        for done, page in self._stored.pages(asked):
            for row in page:
                yield row, self._effective(row) if row.others and not asked.apart else row.shipment
            self._progress(done, size)

    def _effective(self, row: AssessedDeclaration) -> DeclaredShipment | Declaration:
        """All sources merged: the newest may be a flight list that knows neither shipper nor goods."""
        claims = self._stored.claims(row.consignment)
        return effective(claims.claims, self._policy.claims).declaration if claims.claims else row.shipment

    def _key(self, name: str | None, country: str | None) -> tuple[str, str]:
        return self._fold(name or ""), country or ""

    def _consignment(
        self, row: AssessedDeclaration, declared: DeclaredShipment | Declaration, name: str | None
    ) -> ScoredConsignment:
        findings = None
        if row.findings is not None:
            findings = tuple(_finding(kept) for kept in row.findings if self._enters(kept))
        return ScoredConsignment(
            number=row.number,
            day=date.fromisoformat(row.received[:10]),
            name=name,
            findings=findings,
            descriptions=tuple(self._described(declared)) if declared.level is Level.HOUSE else (),
        )

    def _enters(self, kept: StoredFinding) -> bool:
        """Whether a sender can correct it: a text says how. What a pack refers or stops is not about data.

        Nor is what its rules note, by which way goods may enter; nor what a consignee's parcels come to
        together, since most of them are other shippers'.
        """
        if kept.code == LIMIT_CODE:
            return False
        if kept.code in self._of_law and kept.severity == Severity.NOTE:
            return False
        if kept.code in self._of_pack:
            return kept.severity == Severity.CORRECTABLE
        return kept.code in self._correctable

    def _described(self, declared: DeclaredShipment | Declaration) -> Iterator[DescribedGoods]:
        texts = (declared.description, *(item.description for item in declared.items))
        for key, text in {canonical(text): text for text in reversed(texts) if text is not None}.items():
            score, reason, refused, terms = self._judged(key)
            yield DescribedGoods(
                key=key,
                text=_without_contacts(text),
                score_permille=score,
                reason=reason,
                refused=refused,
                terms=terms,
            )

    def _imports(self, asked: Asked) -> Imports:
        files = rows = rejected = 0
        faults: Counter[str] = Counter()
        for taken, refused, by_code in self._stored.sources(asked):
            files, rows, rejected = files + 1, rows + taken + refused, rejected + refused
            faults.update(by_code)
        return Imports(files=files, rows=rows, rejected=rejected, faults=dict(faults))


def _finding(kept: StoredFinding) -> Finding:
    # Kept under a pack or a release that may no longer be in force: the row itself says which code it has.
    severity = Severity(kept.severity)
    return Finding(code=pack_code(kept.code, severity, params=kept.params), params=kept.params)


def _country(wanted: str) -> str:
    return "" if wanted.lower() == "none" else wanted.upper()


def _nearest(folded: str, names: dict[str, str]) -> str:
    near = [name for name in names if folded and folded in name][:_NEAR]
    near += (
        name for name in difflib.get_close_matches(folded, names, n=_NEAR, cutoff=0.6) if name not in near
    )
    listed = ", ".join(repr(names[name][:80]) for name in near[:_NEAR])
    return f"; similar names: {listed}" if listed else "; `preclear scorecard` lists those there are"


_CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+?[0-9][0-9 ().\-]{5,}[0-9]")


def _without_contacts(text: str) -> str:
    """A description as it may be handed on, without the mail addresses and numbers that people put into it.

    >>> _without_contacts("gift, tel 503-555-0147, a.b@c.example")
    'gift, tel …, …'
    """
    return _CONTACT.sub("…", text)
