"""One piece: the key it goes by, the weight of one scan, and the decision that stands on it."""

from __future__ import annotations

from dataclasses import dataclass

from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceKey:
    """The identifier a piece is known by."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A weight that belongs to this scan: the device's own digits and unit, grams derived (half-even).

    ``remarks`` are what must be said of the scale along with it; they go wherever the weight goes.
    """

    digits: str
    unit: str
    grams: int
    u_grams: int
    stable: bool = True
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The decision that stands on a piece before the present one.

    ``hold`` is what the authority has set and not removed; it outlives every decision of the hub.
    """

    seq: int | None
    """None when it lies in a log that the present one continues."""
    disposition: Disposition
    station: str
    cleared: bool = False
    """Whether the piece was ever cleared under this number."""
    hold: Disposition | None = None
