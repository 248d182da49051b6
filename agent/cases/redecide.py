"""Deciding again on pieces that nobody scans again: a manifest landed, or documents or the law changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from agent.assessment.assessments import Assessed
from agent.cases.case import Case, decision_of, documents_of, is_drawn, judge
from agent.cases.scan import ScanWeighing
from agent.domain.checks.label import check_label
from agent.domain.checks.weight import scale_finding
from agent.domain.decision.values import Verdict
from agent.domain.findings.codes import SCALE_CODES
from agent.domain.findings.disposition import Because, Disposition
from agent.domain.identifiers import identify
from agent.domain.identifiers.candidates import Candidate
from agent.domain.piece import PieceKey, Previous, Weighed
from agent.evidence.recorded import Recorded
from agent.hub import Hub
from agent.reference.in_force import InForce
from agent.store.matching import Match
from sync.log.statement import Decision, parse

LOOK_UPS_A_TURN = 20


async def decide_again(hub: Hub) -> int:
    """Decide again on pieces that were set aside as unmanifested and have a declaration now.

    Returns:
        How many decisions were recorded.
    """
    after, count = "", 0
    while waiting := await hub.log.unmanifested(after):
        for number, (piece, seq) in enumerate(waiting):
            after = piece
            if number % LOOK_UPS_A_TURN == 0:
                await asyncio.sleep(0)  # lanes share this loop
            kind, _, value = piece.partition(":")
            # Every reading of the number: a manifest may declare it as another kind than the label's best.
            candidates = [Candidate(kind=kind, value=value), *identify(value, None)]
            match = await hub.declarations.match(candidates, hub.clock.now())
            if match is not None:
                count += await decide_one_again(PieceKey(kind=kind, value=value), seq, match, hub)
    return count


async def decide_on_changes(assessed: Sequence[Assessed], hub: Hub) -> int:
    """Decide again on pieces that stand decided while their documents were assessed again.

    A new list, a changed law, a flight that slipped, a corrected declaration: whatever makes the outcome
    stricter is recorded at once, for the parcel may not have left. What a sender was asked for and has
    corrected is recorded too. A milder outcome than a referral needs a new scan. Decisions that have expired
    stay.

    Returns:
        How many decisions were recorded.
    """
    count = 0
    pieces = [str(key) for each in assessed for key in each.pieces]
    standing = await hub.log.standing(pieces)
    for number, (piece, seq) in enumerate(standing):
        if number % LOOK_UPS_A_TURN == 0:
            await asyncio.sleep(0)  # lanes share this loop
        kind, _, value = piece.partition(":")
        match = await hub.declarations.match([Candidate(kind=kind, value=value)], hub.clock.now())
        entry = await hub.log.entry(seq)
        if match is None or entry is None:
            continue
        decision = parse(entry.kind, entry.payload)
        assert isinstance(decision, Decision)
        if datetime.fromisoformat(decision.valid_until) > hub.clock.now():
            key = PieceKey(kind=kind, value=value)
            count += await decide_one_again(key, seq, match, hub, wanted=_worth_recording)
    return count


async def decide_if_changed_meanwhile(case: Case, recorded: Recorded, hub: Hub) -> bool:
    """Decide again where a manifest landed, or a swap happened, between opening a case and its entry.

    Nobody else would look again: when the manifest or the swap was worked through, the entry was not there.

    Returns:
        Whether a decision was recorded.
    """
    piece, seq = case.piece, recorded.entry.seq
    if case.match is None:
        declared = await hub.declarations.match(case.candidates, hub.clock.now())
        return declared is not None and await decide_one_again(piece, seq, declared, hub)
    if hub.reference_data.current is not case.in_force:
        return await decide_one_again(piece, seq, case.match, hub, wanted=_worth_recording)
    return False


def _worth_recording(standing: Previous, verdict: Verdict) -> bool:
    if verdict.disposition is standing.disposition:
        return False
    stricter = verdict.disposition.strictness > standing.disposition.strictness
    # A piece that was only asked about had nothing that refers: not the label, not the weight, not the scan.
    return stricter or standing.disposition is Disposition.RFI


async def decide_one_again(
    piece: PieceKey,
    seq: int,
    match: Match,
    hub: Hub,
    wanted: Callable[[Previous, Verdict], bool] = lambda standing, verdict: True,
) -> bool:
    """Decide again on a piece that nobody scanned again, with the weight it was decided on before.

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
    if standing is None or not isinstance(statement, Decision | None):
        return False
    case = await _reopen(match, statement, hub)
    if case is None:
        return False  # its declaration was removed meanwhile
    async with hub.deciding_on(str(case.piece)):
        standing = await hub.log.previous(piece)
        if standing is None or standing.seq != (None if statement is None else seq):
            return False  # scanned again meanwhile: that decision stands
        if case.piece != piece and await hub.log.previous(case.piece) is not None:
            await hub.log.settle(piece)  # scanned under its other number meanwhile: that decision stands
            return False
        now = hub.clock.now()
        verdict = judge(case, standing, now)
        if not wanted(standing, verdict):
            return False
        because = _what_changed(statement, case.in_force)
        decision = decision_of(case, verdict, standing, now, standing.station, because, "hub")
        recorded = await hub.log.append(decision, previous=standing, settles=piece)
    hub.decided(recorded)
    await decide_if_changed_meanwhile(case, recorded, hub)
    return True


async def _reopen(match: Match, statement: Decision | None, hub: Hub) -> Case | None:
    """The case of a piece that was decided on before.

    Args:
        match: Its declaration.
        statement: The standing decision; None where it lies in a log that the present one continues.
        hub: The hub.

    Returns:
        None where nothing is declared of it any more.
    """
    in_force = hub.reference_data.current
    document, totals = await documents_of(match, in_force, hub)
    if document is None:
        return None
    weighed = None if statement is None else _weighed_before(statement)
    return Case(
        piece=match.key,
        match=match,
        candidates=(),
        in_force=in_force,
        document=document,
        totals=totals,
        label=check_label(match.others),
        weighing=ScanWeighing(weighed=weighed, reason="not_weighed" if weighed is None else None),
        drawn=is_drawn(match.key, in_force, hub),
        scan_digest=None if statement is None else statement.digests.scan,
        scanned=False,
        weight_is_new=statement is None or statement.consignment is None,
    )


def _weighed_before(statement: Decision) -> Weighed | None:
    """The weight in a decision, with what that says of the scale."""
    weight = statement.weight
    if weight is None:
        return None
    return Weighed(
        digits=weight.digits,
        unit=weight.unit,
        grams=weight.grams,
        u_grams=weight.u_grams,
        stable=weight.stable,
        remarks=tuple(
            scale_finding(finding.code, **finding.params)
            for finding in statement.open
            if finding.code in SCALE_CODES
        ),
    )


def _what_changed(statement: Decision | None, in_force: InForce) -> Because:
    """Why a piece is decided on again: which input of the previous decision has changed."""
    if statement is not None:
        if statement.digests.policy != in_force.policy_digest:
            return Because.POLICY
        if statement.digests.lists != in_force.lists_digest:
            return Because.LIST
        if statement.digests.model != in_force.model_digest:
            return Because.MODEL
    return Because.MANIFEST
