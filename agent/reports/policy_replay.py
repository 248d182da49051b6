"""Past parcels under another policy: what stands in the log is assessed again under two packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.domain.consignment.effective import Effective, effective
from agent.domain.consignment.flights import arrivals, with_flight
from agent.domain.decision.assess import assess
from agent.domain.decision.decide import decide
from agent.domain.policy.pack import Policy
from agent.domain.totals.check import check_totals
from agent.domain.totals.tally import Tally, tally_of
from agent.evidence.opening import FILE as EVIDENCE
from agent.evidence.reader import StoredLog
from agent.reference.goods_models import shipped_readings
from agent.store.declaration_table import Claims
from agent.store.declarations import FILE as REFERENCE
from agent.store.reader import StoredDeclarations
from sync.log.entries import Entry
from sync.log.statement import Decision, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """The last decision on one piece."""

    piece: str
    consignment: str
    seq: int
    at: datetime
    disposition: str


def replayed(folder: Path, present: Policy, proposed: Policy, since: datetime) -> dict[str, Any]:
    """The documents and totals of every piece decided from ``since`` (aware) on, under both packs.

    Returns:
        ``parcels``, ``undeclared`` (without a declaration, or with none left), ``changed`` (each with its
        dispositions and the codes that come and go) and ``by_change``, the largest change first.

    Raises:
        NotFound: the hub has no log, or no declarations.
    """
    with StoredLog(folder / EVIDENCE) as log:
        past, undeclared = _newest(log.entries(), since)
    changed: list[dict[str, Any]] = []
    by_change: Counter[str] = Counter()
    sides = _Side(present), _Side(proposed)
    with StoredDeclarations(folder / REFERENCE) as declarations:
        # Totals need the other parcels, so all are counted before the first is judged.
        for piece in past:
            claims = declarations.claims(piece.consignment)
            for side in sides if claims.claims else ():
                side.count(claims, piece.at)
        for piece in past:
            claims = declarations.claims(piece.consignment)
            if not claims.claims:
                undeclared += 1
                continue
            (old, old_codes), (new, new_codes) = (side.judged(claims, piece.at) for side in sides)
            if old == new:
                continue
            by_change[f"{old} → {new}"] += 1
            changed.append(
                {
                    "piece": piece.piece,
                    "consignment": piece.consignment,
                    "seq": piece.seq,
                    "recorded": piece.disposition,
                    "old": old,
                    "new": new,
                    "added": sorted(new_codes - old_codes),
                    "removed": sorted(old_codes - new_codes),
                }
            )
    return {
        "parcels": len(past),
        "undeclared": undeclared,
        "changed": changed,
        "by_change": dict(by_change.most_common()),
    }


def _newest(entries: Iterable[Entry], since: datetime) -> tuple[list[_Past], int]:
    """The last decision on each piece since then, in the order of the log; how many were undeclared."""
    newest: dict[str, _Past | None] = {}
    for entry in entries:
        if entry.kind != "decision":
            continue
        said = parse(entry.kind, entry.payload)
        assert isinstance(said, Decision)
        at = datetime.fromisoformat(said.at)
        if at < since:
            continue
        piece = f"{said.piece.kind}:{said.piece.value}"
        newest.pop(piece, None)
        newest[piece] = None
        if said.consignment is not None:
            newest[piece] = _Past(
                piece=piece,
                consignment=said.consignment,
                seq=said.seq,
                at=at,
                disposition=said.disposition,
            )
    declared = [past for past in newest.values() if past is not None]
    return declared, len(newest) - len(declared)


class _Side:
    """One of the two packs, and what is counted under it: other words count, other people are one person."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._counted: dict[int, dict[str, Tally]] = {}

    def count(self, claims: Claims, at: datetime) -> None:
        """Count a consignment among those that share a key with it."""
        document, _ = self._document(claims)
        tally = self._tally(document, claims, at)
        keys = () if tally is None else tally.keys()
        for key in keys:
            assert tally is not None
            self._counted.setdefault(key, {})[document.declaration.consignment] = tally

    def judged(self, claims: Claims, at: datetime) -> tuple[str, set[str]]:
        """The disposition of documents and totals alone, and the codes that bear on it and may be shown."""
        policy = self._policy
        document, expected = self._document(claims)
        made = assess(document, policy, (), at, expected, readings=shipped_readings())
        found = list(made.findings)
        tally = self._tally(document, claims, at)
        if tally is not None:
            # What was declared after that decision it could not know.
            others = [
                (consignment, other)
                for key in tally.keys()  # noqa: SIM118 - not a mapping
                for consignment, other in self._counted.get(key, {}).items()
                if other.received <= at.timestamp()
            ]
            number = document.declaration.consignment
            terms = policy.aggregation
            found += check_totals(tally, number, others, terms, made.evaluated_for, complete=True)
        verdict = decide(found, policy.outcome_of, risk=None, previous=None)
        codes = {finding.code for finding in verdict.open if policy.outcome_of(finding) is not None}
        return verdict.disposition.value, codes

    def _document(self, claims: Claims) -> tuple[Effective, tuple[datetime, ...]]:
        told, order = with_flight(claims.claims, claims.carried), self._policy.claims
        return effective(told, order, houses=claims.houses), arrivals(told, order)

    def _tally(self, document: Effective, claims: Claims, at: datetime) -> Tally | None:
        return tally_of(
            document,
            self._policy.aggregation,
            _SECRET,
            received=max(datetime.fromisoformat(claim.received) for claim in claims.claims),
            evaluated_for=at,
            placeholders=self._policy.placeholder_names,
        )


_SECRET = b"replay"
"""These digests are compared within one command and kept nowhere."""
