"""Past parcels under another policy: what stands in the log is assessed again under two packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.assessment.pipeline import assess_claims, tally_claims
from agent.domain.decision.decide import decide
from agent.domain.policy.pack import Policy
from agent.domain.totals.check import check_totals
from agent.domain.totals.tally import Tally
from agent.evidence.reader import FILE as EVIDENCE
from agent.evidence.reader import StoredLog
from agent.reference.goods_models import shipped_readings
from agent.reference.in_force import InForce
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
        UnknownName: the hub has no log, or no declarations.
    """
    with StoredLog(folder / EVIDENCE) as log:
        past, undeclared = _newest(log.entries(), since)
    changed: list[dict[str, Any]] = []
    by_change: Counter[str] = Counter()
    packs = PackUnderTest(present), PackUnderTest(proposed)
    with StoredDeclarations(folder / REFERENCE) as declarations:
        # Totals need the other parcels, so all are counted before the first is judged.
        for piece in past:
            claims = declarations.claims(piece.consignment)
            for pack in packs if claims.claims else ():
                pack.count(claims, piece.at)
        for piece in past:
            claims = declarations.claims(piece.consignment)
            if not claims.claims:
                undeclared += 1
                continue
            (old, old_codes), (new, new_codes) = (pack.judged(claims, piece.at) for pack in packs)
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
        decision = parse(entry.kind, entry.payload)
        assert isinstance(decision, Decision)
        at = datetime.fromisoformat(decision.at)
        if at < since:
            continue
        piece = f"{decision.piece.kind}:{decision.piece.value}"
        newest.pop(piece, None)
        newest[piece] = None
        if decision.consignment is not None:
            newest[piece] = _Past(
                piece=piece,
                consignment=decision.consignment,
                seq=decision.seq,
                at=at,
                disposition=decision.disposition,
            )
    declared = [past for past in newest.values() if past is not None]
    return declared, len(newest) - len(declared)


class PackUnderTest:
    """One of the two packs, and what is counted under it: other words count, other people are one person."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._in_force = InForce.pack_alone(policy, shipped_readings())
        self._counted: dict[int, dict[str, Tally]] = {}

    def count(self, claims: Claims, at: datetime) -> None:
        """Count a consignment among those that share a key with it."""
        tally = tally_claims(claims, self._in_force, at, _SECRET)
        if tally is not None:
            for key in tally.keys():  # noqa: SIM118 - not a mapping
                self._counted.setdefault(key, {})[claims.claims[0].declaration.consignment] = tally

    def judged(self, claims: Claims, at: datetime) -> tuple[str, set[str]]:
        """The disposition of documents and totals alone, and the codes that bear on it and may be shown."""
        policy = self._policy
        declaration, assessment, tally = assess_claims(claims, self._in_force, at, _SECRET)
        findings = list(assessment.findings)
        if tally is not None:
            # What was declared after that decision it could not know.
            others = [
                (consignment, other)
                for key in tally.keys()  # noqa: SIM118 - not a mapping
                for consignment, other in self._counted.get(key, {}).items()
                if other.received <= at.timestamp()
            ]
            number, terms = declaration.consignment, policy.aggregation
            findings += check_totals(tally, number, others, terms, assessment.evaluated_for, complete=True)
        verdict = decide(findings, policy.outcome_of, risk=None, previous=None)
        codes = {finding.code for finding in verdict.open if policy.outcome_of(finding) is not None}
        return verdict.disposition.value, codes


_SECRET = b"replay"
"""These digests are compared within one command and kept nowhere."""
