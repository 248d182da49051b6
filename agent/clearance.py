"""The way of a parcel, from its scan to the entry in the log. Start reading here.

Each line of :func:`clear_piece` leads to one room of the house: identifiers and the manifest, the station's
scale, the documents, all checks and the decision, the log, the screens.
"""

from __future__ import annotations

from agent.cases.case import decision_of, judge, look_up, open_case
from agent.cases.redecide import decide_if_changed_meanwhile
from agent.cases.scan import Place, Scan
from agent.domain.decision.values import Verdict
from agent.domain.findings.disposition import Because
from agent.domain.piece import PieceKey
from agent.evidence.recorded import Recorded
from agent.hub import Hub


async def clear_piece(scan: Scan, station: Place, hub: Hub) -> Recorded:
    """Decide on the piece that was just scanned, and record the decision.

    The same piece again at the same station within the policy's window repeats its verdict, without an entry,
    as long as nothing else was decided on it meanwhile.

    Raises:
        UnreadableScan: no candidate could be read from the scan; nothing was decided.
        EvidenceFailed: the decision could not be recorded, so there is none.
    """
    label = await look_up(scan, hub)  # the manifest chooses what the label means
    earlier = station.repeats(label.piece, scan)
    if earlier is not None and await _stands(earlier, label.piece, hub):
        hub.repeated(earlier, station=station.name)
        return earlier
    weighing = await station.weighing_for(scan)  # of this scan, or none
    case = await open_case(label, scan, weighing, hub)  # its documents, and what is in force now
    async with hub.deciding_on(str(case.piece)):
        previous = await hub.log.previous(case.piece)
        now = hub.clock.now()
        verdict = judge(case, previous, now)  # pure: all findings, and the disposition that follows
        decision = decision_of(case, verdict, previous, now, station.name, Because.SCAN, scan.source)
        recorded = await hub.log.append(decision, previous=previous)  # numbered, sealed, signed, committed
    station.decided(case.piece, scan, recorded)  # remembered, to repeat it
    hub.decided(recorded, last_byte_ns=case.last_byte_ns)  # screens, figures, the centre
    await decide_if_changed_meanwhile(case, recorded, hub)
    return recorded


async def try_piece(scan: Scan, station: Place, hub: Hub) -> tuple[PieceKey, Verdict]:
    """What :func:`clear_piece` would decide now; nothing is recorded, nothing is published.

    Raises:
        UnreadableScan: no candidate could be read from the scan.
    """
    label = await look_up(scan, hub)
    weighing = await station.weighing_for(scan)
    case = await open_case(label, scan, weighing, hub)
    previous = await hub.log.previous(case.piece)
    return case.piece, judge(case, previous, hub.clock.now())


async def _stands(recorded: Recorded, piece: PieceKey, hub: Hub) -> bool:
    """Whether that is still what stands: a manifest, or another station, may have come between."""
    previous = await hub.log.previous(piece)
    return previous is not None and previous.seq == recorded.entry.seq
