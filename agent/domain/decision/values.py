"""What a decision consists of: digests of its inputs, the risk score, the verdict, and the whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.domain.findings.disposition import Because, Disposition, SetBy
from agent.domain.findings.finding import Finding
from agent.domain.piece import PieceKey, Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReason:
    """What one group of features adds to the risk, in thousandths of the margin."""

    group: str
    milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskScore:
    """Calibrated risk of one piece, for the sealed block only."""

    permille: int
    reasons: tuple[RiskReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """SHA-256 (hex) of what a decision read."""

    policy: str | None = None
    lists: str | None = None
    model: str | None = None
    inputs: str | None = None
    scan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A disposition and the findings behind it, parted by who may read them."""

    disposition: Disposition
    set_by: SetBy
    open: tuple[Finding, ...]
    sealed: tuple[Finding, ...]
    risk: RiskScore | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything a preclearance decision says, before the log gives it its place."""

    piece: PieceKey
    consignment: str | None
    receptacle: str | None
    station: str
    operator: str | None
    verdict: Verdict
    because: Because
    source: str
    supersedes: int | None
    evaluated_for: datetime
    valid_until: datetime
    weighed: Weighed | None
    digests: Digests
