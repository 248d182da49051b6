"""A case: one piece and all that is known of it when it is decided on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from agent.assessment.assessments import Document
from agent.cases.scan import Scan, ScanWeighing
from agent.domain.checks.label import check_label
from agent.domain.checks.weight import check_duplicate, check_stated, check_weight
from agent.domain.decision.decide import audit_draw, audit_findings, decide, risk_findings
from agent.domain.decision.freshness import check_freshness
from agent.domain.decision.values import Decision, Digests, RiskScore, Verdict
from agent.domain.findings.disposition import Because
from agent.domain.findings.finding import Finding
from agent.domain.identifiers import identify
from agent.domain.identifiers.candidates import Candidate
from agent.domain.piece import PieceKey, Previous, Weighed
from agent.errors import UnreadableScan
from agent.hub import Hub
from agent.reference.in_force import InForce
from agent.store.matching import Match
from models.risk.features import PhysicalFacts


class LabelRead(NamedTuple):
    """What a label may mean, and the declared piece that the manifest makes of it."""

    piece: PieceKey
    match: Match | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One piece: all that its verdict follows from, but the time and the decision that stands on it."""

    piece: PieceKey
    match: Match | None
    candidates: tuple[Candidate, ...]
    """What the label may mean; nothing where nobody scanned."""
    in_force: InForce
    """Policy, lists and models that everything about this piece is held against."""
    document: Document | None
    """Assessed under ``in_force``; None for a piece without a declaration."""
    totals: tuple[Finding, ...]
    label: tuple[Finding, ...]
    weighing: ScanWeighing
    drawn: bool
    """Whether the random audit takes the piece."""
    scan_digest: str | None
    last_byte_ns: int | None = None
    """When the last device byte that the decision waited for arrived; None where no device was read."""
    scanned: bool = True
    """False where the piece is decided on again without a scan."""
    weight_is_new: bool = True
    """Whether the weight can change the outcome for the first time now; else the last decision had it too."""


async def look_up(scan: Scan, hub: Hub) -> LabelRead:
    """Read a label, and look up what is declared under it.

    Raises:
        UnreadableScan: no candidate could be read from the scan.
    """
    candidates = identify(scan.text, scan.aim)
    if not candidates:
        raise UnreadableScan(len(scan.text))
    match = await hub.declarations.match(candidates, hub.clock.now())
    best = candidates[0]
    piece = match.key if match else PieceKey(kind=best.kind, value=best.value)
    return LabelRead(piece, match, candidates)


async def open_case(label: LabelRead, scan: Scan, weighing: ScanWeighing, hub: Hub) -> Case:
    """Gather all that is known of a scanned piece, under what is in force at this moment."""
    match, best = label.match, label.candidates[0]
    in_force = hub.reference_data.current
    document, totals = await documents_of(match, in_force, hub)
    if document is None:
        match = None  # the declaration may have been removed while the piece was weighed
    return Case(
        piece=label.piece,
        match=match,
        candidates=label.candidates,
        in_force=in_force,
        document=document,
        totals=totals,
        label=check_label(
            None if match is None else match.others,
            authenticated=scan.authenticated,
            unconfirmed_kind=None if best.valid else best.kind,
        ),
        weighing=weighing,
        drawn=is_drawn(label.piece, in_force, hub),
        scan_digest=hashlib.sha256(scan.raw).hexdigest(),
        last_byte_ns=max(scan.at_ns, weighing.last_byte_ns) if scan.source == "station" else None,
    )


async def documents_of(
    match: Match | None, in_force: InForce, hub: Hub
) -> tuple[Document | None, tuple[Finding, ...]]:
    """The documents of a declared piece under ``in_force``, and what its totals give rise to."""
    document = None if match is None else await hub.assessments.of(match.consignment, in_force)
    if match is None or document is None:
        return None, ()
    return document, await hub.assessments.totals(document, match.consignment, in_force)


def is_drawn(piece: PieceKey, in_force: InForce, hub: Hub) -> bool:
    """Whether the random audit takes this piece."""
    return audit_draw(hub.audit_key, piece, in_force.policy.audit_permille)


def judge(case: Case, previous: Previous | None, now: datetime) -> Verdict:
    """All findings on a piece, and the disposition that follows from them."""
    in_force, policy = case.in_force, case.in_force.policy
    document, weighing = case.document, case.weighing
    risk: RiskScore | None = None
    findings = [*case.label, *(check_duplicate(previous) if case.scanned else ())]
    if document is not None:
        findings += document.findings
        findings += check_stated(weighing.weighed, previous if case.weight_is_new else None)
        findings += check_weight(document.declared_g, weighing.weighed, weighing.reason, policy.tolerance)
        findings += check_freshness(policy, in_force.lists, in_force.expected_lists, now)
        risk = in_force.score(document.features, _physical(weighing.weighed), document.declared_g)
        findings += risk_findings(risk, policy.model)
        findings += audit_findings(case.drawn)
        # Last: where the sealed block has no room left, patterns yield to lists and risk.
        findings += case.totals
    return decide(findings, policy.outcome_of, risk=risk, previous=previous)


def _physical(weighed: Weighed | None) -> PhysicalFacts:
    if weighed is None:
        return PhysicalFacts(measured_g=None, u_grams=None)
    return PhysicalFacts(measured_g=weighed.grams, u_grams=weighed.u_grams)


def decision_of(
    case: Case,
    verdict: Verdict,
    previous: Previous | None,
    now: datetime,
    station: str,
    because: Because,
    source: str,
) -> Decision:
    """The decision that a verdict on a case becomes, with the digests of all that it read."""
    in_force, document, match = case.in_force, case.document, case.match
    return Decision(
        piece=case.piece,
        consignment=None if match is None else match.consignment,
        receptacle=None if match is None else match.receptacle,
        station=station,
        operator=None,
        verdict=verdict,
        because=because,
        source=source,
        supersedes=None if previous is None else previous.seq,
        evaluated_for=now if document is None else document.evaluated_for,
        valid_until=now + timedelta(hours=in_force.policy.validity_hours),
        weighed=case.weighing.weighed,
        digests=Digests(
            policy=in_force.policy_digest,
            lists=in_force.lists_digest,
            model=in_force.model_digest,
            inputs=None if document is None else document.inputs,
            scan=case.scan_digest,
        ),
    )
