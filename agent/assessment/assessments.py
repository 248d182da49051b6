"""Assessments of the hub's consignments: made once a declaration has arrived, kept for the scan.

Declarations are stored at full speed and assessed after that, the newest first. A scan that comes earlier
makes the assessment itself: no piece is ever judged without one.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from agent.assessment.pipeline import assess_claims
from agent.domain.consignment.declaration import Declaration
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.piece import PieceKey
from agent.domain.policy.pack import Policy
from agent.domain.totals.check import check_totals, check_uncounted
from agent.domain.totals.tally import Tally
from agent.reference.in_force import InForce, Reference
from agent.runtime.clock import Clock
from agent.store.assessment_table import KeptAssessment, StoredAssessment, StoredFinding
from agent.store.declaration_table import Claims
from agent.store.declarations import DeclarationStore
from agent.trust.at_rest import AtRest, CannotUnlock, LockedFinding
from models.risk.features import DocumentFacts, Tables, document_features

CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the documents of one piece say, ready to be joined with its weight."""

    findings: tuple[Finding, ...]
    evaluated_for: datetime
    declared_g: int | None
    features: tuple[float, ...] | None
    inputs: str
    tally: Tally | None
    """What is counted of it, where there is anything to count by."""


class Assessed(NamedTuple):
    """A consignment that was assessed in the background, and the numbers its pieces may go by."""

    consignment: str
    pieces: tuple[PieceKey, ...]


def keys_of(claims: Claims) -> tuple[PieceKey, ...]:
    """The first label of every piece, as each source declares it."""
    printed = (piece[0] for claim in claims.claims for piece in claim.declaration.pieces if piece)
    return tuple(dict.fromkeys(PieceKey(kind=label.kind, value=label.value) for label in printed))


class Assessments:
    """Assessments of consignments, made once and made again when what they read has changed."""

    def __init__(self, store: DeclarationStore, reference: Reference, at_rest: AtRest, clock: Clock) -> None:
        self._store = store
        self._reference = reference
        self._at_rest = at_rest
        self._clock = clock

    async def of(self, consignment: str, in_force: InForce | None = None) -> Document | None:
        """The kept assessment, or one made now; None once what was declared has been taken away.

        Args:
            consignment: Its number.
            in_force: What the assessment must have been made under; None: what is in force now.
        """
        in_force = in_force or self._reference.current
        kept = await self._store.assessment(consignment, in_force.assessed_under)
        now = self._clock.now()
        if kept is not None and _still_good(kept.assessment, in_force.policy, now):
            with contextlib.suppress(CannotUnlock):
                return self._document(kept, consignment, in_force.policy)
        claims = await self._store.claims(consignment)
        if not claims.claims:
            return None
        made = self.assess(claims, in_force, now)
        if in_force is self._reference.current:  # one of before a swap must not replace a newer one
            self._store.keep_assessments(in_force.assessed_under, [(consignment, made)])
        return self._document(made, consignment, in_force.policy)

    def _document(self, made: KeptAssessment, consignment: str, policy: Policy) -> Document:
        kept = made.assessment
        unlocked = self._at_rest.unlock(kept.sealed, consignment)
        shown = [_finding(f, Disclosure.OPEN, policy) for f in kept.findings]
        sealed = [_finding(f, Disclosure.SEALED, policy) for f in unlocked]
        return Document(
            findings=(*shown, *sealed),
            evaluated_for=kept.evaluated_for if kept.dated else self._clock.now(),
            declared_g=kept.declared_g,
            features=None if kept.features is None else tuple(kept.features),
            inputs=kept.inputs,
            tally=made.tally,
        )

    async def totals(self, document: Document, consignment: str, in_force: InForce) -> tuple[Finding, ...]:
        """What the parcels of one person come to with this one, and who shares its address and contacts.

        Looked up again for each decision, since any import may add to it. A lower bound: only what is
        assessed at this hub counts.
        """
        terms, complete = in_force.policy.aggregation, self._store.is_assessed(in_force.assessed_under)
        if document.tally is None:
            return check_uncounted(terms, complete=complete)
        others = await self._store.near(document.tally, consignment, terms.window_days)
        return check_totals(
            document.tally, consignment, others, terms, document.evaluated_for, complete=complete
        )

    def catch_up(self, limit: int = CHUNK) -> list[Assessed]:
        """Assess consignments that have no present assessment, newest first; for a thread of its own.

        Returns:
            Those that were assessed; none when there is nothing left to do.
        """
        in_force, now = self._reference.current, self._clock.now()
        while True:
            stale = self._store.stale(in_force.assessed_under, limit)
            if stale is None:
                return []
            if stale:
                rows = [(consignment, self.assess(claims, in_force, now)) for consignment, claims in stale]
                self._store.keep_assessments(in_force.assessed_under, rows).result()
                return [Assessed(consignment, keys_of(claims)) for consignment, claims in stale]

    def assess(self, claims: Claims, in_force: InForce, now: datetime) -> KeptAssessment:
        """Checks, policy and document features of one consignment, and what is counted of it."""
        declaration, assessment, tally = assess_claims(claims, in_force, now, self._at_rest.counting_secret)
        findings = assessment.findings
        stored = StoredAssessment(
            findings=[
                StoredFinding(f.code, f.severity.value, dict(f.params))
                for f in findings
                if f.disclosure is Disclosure.OPEN
            ],
            sealed=self._at_rest.lock(
                [
                    LockedFinding(f.code, f.severity.value, dict(f.params))
                    for f in findings
                    if f.disclosure is Disclosure.SEALED
                ],
                declaration.consignment,
            ),
            evaluated_for=assessment.evaluated_for,
            dated=assessment.evaluated_for > now,
            declared_g=declared_weight(declaration),
            features=_features(declaration, in_force.tables),
            inputs=claims.digest,
        )
        return KeptAssessment(stored, tally)


def _still_good(kept: StoredAssessment, policy: Policy, now: datetime) -> bool:
    """An assessment is outdated once the arrival it was made for has passed, or a rule has begun since."""
    if kept.dated:
        return kept.evaluated_for >= now
    return policy.same_law(kept.evaluated_for, now)


def _finding(kept: StoredFinding | LockedFinding, disclosure: Disclosure, policy: Policy) -> Finding:
    return Finding(
        code=policy.finding_code(kept.code, kept.params),
        severity=Severity(kept.severity),
        disclosure=disclosure,
        params=kept.params,
    )


def declared_weight(declaration: Declaration) -> int | None:
    """Declared gross grams of one piece; None where a total was declared for several pieces."""
    pieces = max(len(declaration.pieces), declaration.piece_count or 0)
    return declaration.gross_weight_g if pieces <= 1 else None


def _features(declaration: Declaration, tables: Tables | None) -> list[float] | None:
    if tables is None:
        return None
    value = declaration.value
    facts = DocumentFacts(
        declared_g=declaration.gross_weight_g,
        value_minor=None if value is None else value.minor,
        currency=None if value is None else value.currency,
        quantity=declaration.quantity,
        hs=declaration.hs,
        description=declaration.description or "",
        pieces=max(1, len(declaration.pieces)),
    )
    return list(document_features(facts, tables))
