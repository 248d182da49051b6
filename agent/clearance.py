"""The way of a parcel, from its scan to the entry in the log. Start reading here.

Each line of :func:`clear_piece` leads to one room of the house: identifiers, the manifest, the scale, the
documents, the physical checks, the risk, the decision, the log, the screens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.assessment.documents import Document
from agent.cases.scan import Place, Scan, Weighing
from agent.domain.checks.label import check_label
from agent.domain.checks.weight import check_duplicate, check_stated, check_weight, scale_finding
from agent.domain.decision.decide import audit_draw, audit_findings, decide, risk_findings
from agent.domain.decision.freshness import check_freshness
from agent.domain.decision.values import Decision, Digests, RiskScore, Verdict
from agent.domain.findings.codes import SCALE_CODES
from agent.domain.findings.disposition import Because
from agent.domain.findings.finding import Finding
from agent.domain.identifiers import identify
from agent.domain.identifiers.candidates import Candidate
from agent.domain.piece import PieceKey, Previous, Weighed
from agent.errors import AgentError
from agent.evidence.recorded import Recorded
from agent.feed.messages import logged_decision, repeat_message
from agent.hub import Hub
from agent.store.matching import Match
from models.risk.features import PhysicalFacts
from sync.log.statement import Decision as DecisionStatement
from sync.log.statement import parse


class UnreadableScan(AgentError):
    """What was scanned is no number that could be on a parcel: scan again; nothing was decided."""

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} characters that are no parcel number; scan the label again")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is known of one piece when it is decided on."""

    piece: PieceKey
    match: Match | None
    document: Document | None
    totals: tuple[Finding, ...]
    weighing: Weighing
    extra: tuple[Finding, ...]
    scan_digest: str | None
    weighed_for_this: bool = True
    """Whether the weight could change the outcome for the first time now; else it stood in the one before."""


async def clear_piece(scan: Scan, station: Place, hub: Hub) -> Recorded:
    """Decide on the piece that was just scanned, and record the decision.

    The same piece again at the same station within the policy's window repeats its verdict, without an entry,
    as long as nothing else was decided on it meanwhile.

    Raises:
        UnreadableScan: no candidate could be read from the scan; nothing was decided.
        EvidenceFailed: the decision could not be recorded, so there is none.
    """
    candidates = identify(scan.text, scan.aim)
    if not candidates:
        raise UnreadableScan(len(scan.text))
    match = await hub.reference.match(candidates, hub.clock.now())  # the manifest chooses
    piece = match.key if match else PieceKey(kind=candidates[0].kind, value=candidates[0].value)
    repeated = station.repeats(piece, scan)
    if repeated is not None and await _stands(repeated, piece, hub):
        _publish(repeated, hub, again_at=station.name)
        return repeated
    weighing = await station.weighing_for(scan)  # of this scan, or none
    seen = await _see(piece, match, weighing, scan, candidates, hub)
    async with hub.one_at_a_time(str(piece)):
        previous = await hub.log.previous(piece)
        verdict = judge(seen, previous, hub, check_duplicate(previous))
        decision = _decision(seen, verdict, previous, hub, station.name, Because.SCAN, scan.source)
        recorded = await hub.log.append(decision, previous=previous)  # numbered, sealed, signed, committed
    if scan.source == "station":
        hub.durable_ns = recorded.durable_ns
        hub.latency.note(recorded.durable_ns - max(scan.at_ns, weighing.last_byte_ns))
    station.decided(piece, scan, recorded)
    _publish(recorded, hub)  # screens and handhelds
    if match is None:
        # Its manifest may have landed between the look-up and the entry; nobody else would look again.
        late = await hub.reference.match(candidates, hub.clock.now())
        if late is not None:
            await decide_one_again(piece, recorded.entry.seq, late, hub)
    return recorded


async def _stands(recorded: Recorded, piece: PieceKey, hub: Hub) -> bool:
    """Whether that is still what stands: a manifest, or another station, may have come between."""
    standing = await hub.log.previous(piece)
    return standing is not None and standing.seq == recorded.entry.seq


async def dry_run(scan: Scan, station: Place, hub: Hub) -> tuple[PieceKey, Verdict]:
    """What would be decided now; nothing is recorded, nothing is published.

    Raises:
        UnreadableScan: no candidate could be read from the scan.
    """
    candidates = identify(scan.text, scan.aim)
    if not candidates:
        raise UnreadableScan(len(scan.text))
    match = await hub.reference.match(candidates, hub.clock.now())
    piece = match.key if match else PieceKey(kind=candidates[0].kind, value=candidates[0].value)
    weighing = await station.weighing_for(scan)
    seen = await _see(piece, match, weighing, scan, candidates, hub)
    previous = await hub.log.previous(piece)
    return piece, judge(seen, previous, hub, check_duplicate(previous))


async def _see(
    piece: PieceKey,
    match: Match | None,
    weighing: Weighing,
    scan: Scan,
    candidates: tuple[Candidate, ...],
    hub: Hub,
) -> _Seen:
    document = None if match is None else await hub.documents.of(match.consignment)
    if document is None:
        match = None  # what was declared may have been taken away while the piece was weighed
    return _Seen(
        piece=piece,
        match=match,
        document=document,
        totals=await _totals(document, match, hub),
        weighing=weighing,
        extra=check_label(
            None if match is None else match.others,
            authenticated=scan.authenticated,
            unconfirmed_kind=None if candidates[0].valid else candidates[0].kind,
        ),
        scan_digest=hashlib.sha256(scan.raw).hexdigest(),
    )


async def _totals(document: Document | None, match: Match | None, hub: Hub) -> tuple[Finding, ...]:
    if document is None or match is None:
        return ()
    return await hub.documents.totals(document, match.consignment)


def judge(seen: _Seen, previous: Previous | None, hub: Hub, also: tuple[Finding, ...] = ()) -> Verdict:
    """All findings on a piece, and the disposition that follows from them."""
    policy = hub.in_force.policy
    document, weighing = seen.document, seen.weighing
    risk: RiskScore | None = None
    findings = [*seen.extra, *also]
    if document is not None:
        findings += document.findings
        findings += check_stated(weighing.weighed, previous if seen.weighed_for_this else None)
        findings += check_weight(document.declared_g, weighing.weighed, weighing.reason, policy.tolerance)
        findings += check_freshness(policy, hub.in_force.lists, hub.in_force.expected_lists, hub.clock.now())
        risk = hub.score(document.features, _physical(weighing.weighed), document.declared_g)
        findings += risk_findings(risk, policy.model)
        findings += audit_findings(audit_draw(hub.audit_key, seen.piece, policy.audit_permille))
        # Last: where the sealed block has no room left, patterns yield to lists and risk.
        findings += seen.totals
    return decide(findings, policy.outcome_of, risk=risk, previous=previous)


async def decide_one_again(
    piece: PieceKey,
    seq: int,
    match: Match,
    hub: Hub,
    wanted: Callable[[Previous, Verdict], bool] = lambda standing, verdict: True,
) -> bool:
    """Decide anew on a piece that nobody scanned again, with the weight it was decided on before.

    Args:
        piece: The number the standing decision names it by.
        seq: Of that decision; where another one stands meanwhile, nothing is decided.
        match: Its declaration.
        hub: The hub.
        wanted: Whether the verdict is to be recorded, given what stands.

    Returns:
        Whether a decision was recorded.
    """
    standing = await hub.log.previous(piece)
    entry = await hub.log.entry(seq)
    statement = None if entry is None else parse(entry.kind, entry.payload)
    if standing is None or not isinstance(statement, DecisionStatement | None):
        return False
    # Of a piece that a closed log speaks of, the weight is not at hand: it is decided on without.
    weighed = None
    if statement is not None and (weight := statement.weight) is not None:
        weighed = Weighed(
            digits=weight.digits,
            unit=weight.unit,
            grams=weight.grams,
            u_grams=weight.u_grams,
            stable=weight.stable,
            remarks=tuple(
                scale_finding(found.code, **found.params)
                for found in statement.open
                if found.code in SCALE_CODES
            ),
        )
    document = await hub.documents.of(match.consignment)
    if document is None:
        return False  # its declaration was taken away meanwhile
    seen = _Seen(
        piece=match.key,
        match=match,
        document=document,
        totals=await _totals(document, match, hub),
        weighing=Weighing(weighed=weighed, reason="not_weighed" if weighed is None else None),
        extra=check_label(match.others),
        scan_digest=None if statement is None else statement.digests.scan,
        weighed_for_this=statement is None or statement.consignment is None,
    )
    async with hub.one_at_a_time(str(match.key)):
        standing = await hub.log.previous(piece)
        if standing is None or standing.seq != (None if statement is None else seq):
            return False  # scanned again meanwhile: that decision stands
        if match.key != piece and await hub.log.previous(match.key) is not None:
            await hub.log.settle(piece)  # scanned under its other number meanwhile: that decision stands
            return False
        verdict = judge(seen, standing, hub)
        if not wanted(standing, verdict):
            return False
        because = _what_changed(statement, hub)
        decision = _decision(seen, verdict, standing, hub, standing.station, because, "hub")
        recorded = await hub.log.append(decision, previous=standing, settles=piece)
    _publish(recorded, hub)
    return True


def _what_changed(statement: DecisionStatement | None, hub: Hub) -> Because:
    """Why a piece is decided on anew: what the decision before it read and is no more the same."""
    in_force = hub.in_force
    if statement is not None:
        if statement.digests.policy != in_force.policy_digest:
            return Because.POLICY
        if statement.digests.lists != in_force.lists_digest:
            return Because.LIST
        if statement.digests.model != (None if hub.scorer is None else hub.scorer.digest):
            return Because.MODEL
    return Because.MANIFEST


def _physical(weighed: Weighed | None) -> PhysicalFacts:
    if weighed is None:
        return PhysicalFacts(measured_g=None, u_grams=None)
    return PhysicalFacts(measured_g=weighed.grams, u_grams=weighed.u_grams)


def _decision(
    seen: _Seen,
    verdict: Verdict,
    previous: Previous | None,
    hub: Hub,
    station: str,
    because: Because,
    source: str,
) -> Decision:
    now = hub.clock.now()
    in_force, document, match = hub.in_force, seen.document, seen.match
    evaluated_for: datetime = now if document is None else document.evaluated_for
    return Decision(
        piece=seen.piece,
        consignment=None if match is None else match.consignment,
        receptacle=None if match is None else match.receptacle,
        station=station,
        operator=None,
        verdict=verdict,
        because=because,
        source=source,
        supersedes=None if previous is None else previous.seq,
        evaluated_for=evaluated_for,
        valid_until=now + timedelta(hours=in_force.policy.validity_hours),
        weighed=seen.weighing.weighed,
        digests=Digests(
            policy=in_force.policy_digest,
            lists=in_force.lists_digest,
            model=None if hub.scorer is None else hub.scorer.digest,
            inputs=None if document is None else document.inputs,
            scan=seen.scan_digest,
        ),
    )


def _publish(recorded: Recorded, hub: Hub, again_at: str | None = None) -> None:
    decision = logged_decision(recorded.entry)
    if again_at is None:
        hub.feed.publish(decision)
        hub.new_entries.set()
    else:
        hub.feed.publish(repeat_message(decision, again_at))
