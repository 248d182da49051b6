"""What the scale and the scan say of a piece, held against its declaration."""

from __future__ import annotations

from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Finding, Severity
from agent.domain.piece import Previous, Weighed
from agent.domain.policy.pack import Tolerance


def scale_finding(code: str, **params: str | int) -> Finding:
    """A remark on the scale that a weight comes from.

    >>> scale_finding("SCALE_OVERDUE", due="2026-01-31").severity.value
    'refer'
    """
    return Finding(code=code, params=params)


def allowed_g(declared_g: int, tolerance: Tolerance) -> int:
    """How far a measured weight may lie from a declared one, in grams."""
    return max(tolerance.weight_tolerance_g, declared_g * tolerance.weight_tolerance_permille // 1000)


def check_weight(
    declared_g: int | None, weighed: Weighed | None, no_weight_reason: str | None, tolerance: Tolerance
) -> tuple[Finding, ...]:
    """Weight findings of one scan.

    Args:
        declared_g: Declared gross weight of the piece, or None when nothing was declared.
        weighed: The weight of this scan, or None.
        no_weight_reason: Why there is none (``not_weighed``, ``not_stable``, ``device_lost``, ``no_unit``…).
    """
    if weighed is None:
        reason = no_weight_reason or "not_weighed"
        return (Finding(code="NO_WEIGHT", params={"reason": reason}),)
    if declared_g is None:
        # Weighed, but against nothing: a check that could not run refers.
        params: dict[str, str | int] = {"measured_g": weighed.grams}
        uncompared = Finding(code="WEIGHT_NOT_COMPARABLE", params=params)
        return (uncompared, *weighed.remarks)
    allowed = allowed_g(declared_g, tolerance) + weighed.u_grams
    if abs(weighed.grams - declared_g) <= allowed:
        return weighed.remarks
    params = {"declared_g": declared_g, "measured_g": weighed.grams, "allowed_g": allowed}
    return (Finding(code="WEIGHT_MISMATCH", params=params), *weighed.remarks)


def check_stated(weighed: Weighed | None, previous: Previous | None) -> tuple[Finding, ...]:
    """A weight that a person typed is not a measurement: it lifts no earlier referral."""
    if weighed is None or weighed.stable:
        return ()
    lowers = previous is not None and previous.disposition is not Disposition.CLEAR
    return (Finding(code="WEIGHT_STATED", severity=Severity.REFER if lowers else None),)


def check_duplicate(previous: Previous | None) -> tuple[Finding, ...]:
    """A piece that was decided before is a duplicate scan.

    It refers once the number was cleared, however often it is scanned after that: one label may be on two
    parcels, and nobody can tell which of them was meant. After a referral alone, a second scan is usual
    once the parcel is corrected, so it is only noted.
    """
    if previous is None:
        return ()
    params: dict[str, str | int] = {"earlier_station": previous.station}
    if previous.seq is not None:
        params["earlier_seq"] = previous.seq
    severity = Severity.REFER if previous.cleared else None
    return (Finding(code="DUPLICATE_SCAN", severity=severity, params=params),)
