"""From findings to a disposition. Nothing is cleared by default, and only the authority lifts its holds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence

from agent.domain.decision.values import RiskScore, Verdict
from agent.domain.findings.codes import NEUTRAL_CODE
from agent.domain.findings.disposition import Disposition, SetBy, strictest
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.piece import PieceKey, Previous
from agent.domain.policy.pack import ModelTerms, OnAbsent


def audit_draw(key: bytes, piece: PieceKey, permille: int) -> bool:
    """Whether the random audit takes this piece.

    A keyed hash of the piece: nobody at the lane can steer it by scanning again, and a holder of the key can
    reproduce it.
    """
    digest = hmac.digest(key, f"preclear/audit/v1|{piece}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8]) % 1000 < permille


def risk_findings(risk: RiskScore | None, terms: ModelTerms | None) -> tuple[Finding, ...]:
    """What the model's score, or its absence, adds. Risk may add a referral, never remove one.

    Args:
        risk: None when the model is missing, refused, or not the one the policy names.
        terms: What the signed policy says of the model; None when it names none and goes by rules alone.
    """
    if terms is None:
        return ()
    if risk is None:
        refers = terms.on_absent is OnAbsent.REFER
        return (Finding(code="MODEL_ABSENT", severity=None if refers else Severity.NOTE),)
    if risk.permille < terms.refer_at_permille:
        return ()
    return (Finding(code="RISK", params={"permille": risk.permille}),)


def audit_findings(drawn: bool) -> tuple[Finding, ...]:
    """The finding of a piece that the random audit has drawn."""
    return (Finding(code="RANDOM_AUDIT"),) if drawn else ()


def decide(
    findings: Iterable[Finding],
    outcome_of: Callable[[Finding], Disposition | None],
    *,
    risk: RiskScore | None,
    previous: Previous | None,
) -> Verdict:
    """The disposition that follows from all findings.

    A sealed finding that refers shows outside as the neutral ``SCREENING`` and refers for screening, whatever
    it is: a stricter outcome would reveal what was found. A hold of the authority stays in force until the
    authority removes it.
    """
    every = tuple(findings)
    sealed = tuple(f for f in every if f.disclosure is Disclosure.SEALED)
    shown = [f for f in every if f.disclosure is Disclosure.OPEN]
    if any(f.severity is not Severity.NOTE for f in sealed):
        shown.append(Finding(code=NEUTRAL_CODE))
    outcomes = {id(f): _outcome(f, outcome_of) for f in shown}
    disposition = strictest(*(d for d in outcomes.values() if d is not None))
    set_by = SetBy.HUB
    hold = None if previous is None else previous.hold
    if hold is not None and hold.strictness >= disposition.strictness:
        disposition, set_by = hold, SetBy.AUTHORITY
    return Verdict(
        disposition=disposition,
        set_by=set_by,
        open=_strictest_first(shown, outcomes),
        sealed=sealed,
        risk=risk,
    )


def _outcome(finding: Finding, outcome_of: Callable[[Finding], Disposition | None]) -> Disposition | None:
    if finding.code == NEUTRAL_CODE:
        return Disposition.RFS
    return outcome_of(finding)


def _strictest_first(
    findings: Sequence[Finding], outcomes: dict[int, Disposition | None]
) -> tuple[Finding, ...]:
    def rank(finding: Finding) -> int:
        outcome = outcomes[id(finding)]
        return -1 if outcome is None else outcome.strictness

    return tuple(sorted(findings, key=rank, reverse=True))
