"""Deciding anew on pieces that nobody scans again: their manifest landed, or their documents changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from agent.assessment.documents import Assessed
from agent.clearance import decide_one_again
from agent.domain.decision.values import Verdict
from agent.domain.findings.disposition import Disposition
from agent.domain.identifiers import identify
from agent.domain.identifiers.candidates import Candidate
from agent.domain.piece import PieceKey, Previous
from agent.hub import Hub
from sync.log.statement import Decision, parse

LOOK_UPS_A_TURN = 20


async def decide_again(hub: Hub) -> int:
    """Decide anew on pieces that were set aside as unmanifested and have a declaration now.

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
            match = await hub.reference.match(candidates, hub.clock.now())
            if match is not None:
                count += await decide_one_again(PieceKey(kind=kind, value=value), seq, match, hub)
    return count


async def decide_on_changes(assessed: Sequence[Assessed], hub: Hub) -> int:
    """Decide anew on pieces that stand decided while their documents were assessed again.

    A new list, a changed law, a flight that slipped, a corrected declaration: whatever makes the outcome
    stricter is recorded at once, for the parcel may not have left. What a sender was asked for and has mended
    is recorded too. A milder outcome than a referral needs a new scan. Decisions that have expired stay.

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
        match = await hub.reference.match([Candidate(kind=kind, value=value)], hub.clock.now())
        entry = await hub.log.entry(seq)
        if match is None or entry is None:
            continue
        decision = parse(entry.kind, entry.payload)
        assert isinstance(decision, Decision)
        if datetime.fromisoformat(decision.valid_until) > hub.clock.now():
            key = PieceKey(kind=kind, value=value)
            count += await decide_one_again(key, seq, match, hub, wanted=_worth_recording)
    return count


def _worth_recording(standing: Previous, verdict: Verdict) -> bool:
    if verdict.disposition is standing.disposition:
        return False
    stricter = verdict.disposition.strictness > standing.disposition.strictness
    # A piece that was only asked about had nothing that refers: not the label, not the weight, not the scan.
    return stricter or standing.disposition is Disposition.RFI
