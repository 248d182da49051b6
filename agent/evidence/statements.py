"""From the domain's values to the bodies of signed statements."""

from __future__ import annotations

from typing import Any

from agent.domain.decision.values import Decision
from agent.domain.findings.codes import ALWAYS_SHOWN_CODES
from agent.domain.findings.finding import Finding
from agent.domain.piece import Weighed
from agent.runtime.clock import iso
from sync.log import statement
from sync.log.sealed import SealedFinding, reasons

MAX_OPEN = 16
"""Open findings in one decision; the strictest stand first, and what is past this is counted in the last."""


def decision_body(decision: Decision) -> dict[str, Any]:
    """Body of a decision statement, without its sealed block."""
    weighed, digests = decision.weighed, decision.digests
    return {
        "piece": {"kind": decision.piece.kind, "value": decision.piece.value},
        "consignment": decision.consignment,
        "receptacle": decision.receptacle,
        "station": decision.station,
        "operator": decision.operator,
        "disposition": decision.verdict.disposition.value,
        "set_by": decision.verdict.set_by.value,
        "because": decision.because.value,
        "source": decision.source,
        "supersedes": decision.supersedes,
        "evaluated_for": iso(decision.evaluated_for),
        "valid_until": iso(decision.valid_until),
        "open": _open(decision.verdict.open),
        "weight": None if weighed is None else _weight(weighed),
        "digests": {
            "policy": digests.policy,
            "lists": digests.lists,
            "model": digests.model,
            "inputs": digests.inputs,
            "scan": digests.scan,
        },
    }


def decision_statement(
    body: dict[str, Any], sealed_block: str, place: statement.LogPlace
) -> statement.Decision:
    """The statement that a body of :func:`decision_body` becomes at its place in the log."""
    weight = body["weight"]
    return statement.Decision(
        **{
            **body,
            "piece": statement.Piece(**body["piece"]),
            "open": [statement.OpenFinding(**finding) for finding in body["open"]],
            "weight": None if weight is None else statement.SignedWeight(**weight),
            "digests": statement.Digests(**body["digests"]),
        },
        v=1,
        kind="decision",
        sealed=sealed_block,
        log_id=place.log_id,
        seq=place.seq,
        prev=place.prev,
        boot=place.boot,
        mono_ns=place.mono_ns,
        at=place.at,
        clock=place.clock,
        anchor=place.anchor,
    )


def _weight(weighed: Weighed) -> dict[str, Any]:
    return {
        "digits": weighed.digits,
        "unit": weighed.unit,
        "grams": weighed.grams,
        "u_grams": weighed.u_grams,
        "stable": weighed.stable,
    }


def _open(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    left_out = 0
    if len(findings) > MAX_OPEN:
        always = [f for f in findings if f.code in ALWAYS_SHOWN_CODES]
        others = [f for f in findings if f.code not in ALWAYS_SHOWN_CODES]
        left_out = len(findings) - MAX_OPEN + 1
        findings = (*others[: len(others) - left_out], *always)
    rows = [{"code": f.code, "params": dict(f.params)} for f in findings]
    if left_out:
        rows.append({"code": "MORE_FINDINGS", "params": {"count": left_out}})
    return rows


def sealed_reasons(decision: Decision) -> bytes:
    """Plaintext of the sealed block of a decision, always of one size."""
    risk = decision.verdict.risk
    return reasons(
        [SealedFinding(f.code, dict(f.params)) for f in decision.verdict.sealed],
        None if risk is None else risk.permille,
        () if risk is None else [(r.group, r.milli) for r in risk.reasons],
    )
