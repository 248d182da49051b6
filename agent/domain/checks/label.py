"""What the label of a piece gives rise to, and how it was read."""

from __future__ import annotations

from agent.domain.findings.finding import Finding


def check_label(
    other_pieces: int | None, *, authenticated: bool = True, unconfirmed_kind: str | None = None
) -> tuple[Finding, ...]:
    """Findings on the label itself.

    Args:
        other_pieces: How many other pieces are declared under this label; None when no piece is.
        authenticated: False where anybody within reach of the network could have sent the scan.
        unconfirmed_kind: The kind of number whose check digit failed; None when it held or none was read.

    Returns:
        ``SCAN_UNAUTHENTICATED`` (a NOTE), ``UNMANIFESTED`` (STOP) or ``AMBIGUOUS_LABEL`` (``pieces``, REFER),
        and ``CHECK_DIGIT`` (``kind``, a NOTE: it hides no candidate; it asks for a second look at the label).
    """
    findings: list[Finding] = []
    if not authenticated:
        findings.append(Finding(code="SCAN_UNAUTHENTICATED"))
    if other_pieces is None:
        findings.append(Finding(code="UNMANIFESTED"))
    elif other_pieces:
        params: dict[str, str | int] = {"pieces": other_pieces + 1}
        findings.append(Finding(code="AMBIGUOUS_LABEL", params=params))
    if unconfirmed_kind is not None:
        findings.append(Finding(code="CHECK_DIGIT", params={"kind": unconfirmed_kind}))
    return tuple(findings)
