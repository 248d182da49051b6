"""Past parcels under another policy: what stands in the log is assessed again under two packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.domain.assessment import assess
from agent.domain.decision import decide
from agent.domain.effective import Effective, effective
from agent.domain.policy import Policy
from agent.store.head import FILE as EVIDENCE
from agent.store.reference import FILE as REFERENCE
from agent.store.stored_declarations import StoredDeclarations
from agent.store.stored_log import StoredLog
from sync.log import Entry
from sync.statement import Decision, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """The last decision on one piece."""

    piece: str
    consignment: str
    seq: int
    at: datetime
    disposition: str


def replayed(folder: Path, present: Policy, proposed: Policy, since: datetime) -> dict[str, Any]:
    """The documents of every piece decided from ``since`` (aware) on, under both packs.

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
    with StoredDeclarations(folder / REFERENCE) as declarations:
        for piece in past:
            claims = declarations.claims(piece.consignment).claims
            if not claims:
                undeclared += 1
                continue
            document = effective(claims)
            old, old_codes = _judged(document, present, piece.at)
            new, new_codes = _judged(document, proposed, piece.at)
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


def _judged(document: Effective, policy: Policy, at: datetime) -> tuple[str, set[str]]:
    """The disposition of the documents alone, and the codes that bear on it and may be shown."""
    verdict = decide(assess(document, policy, (), at).findings, policy.outcome_of, risk=None, previous=None)
    codes = {finding.code for finding in verdict.open if policy.outcome_of(finding) is not None}
    return verdict.disposition.value, codes
