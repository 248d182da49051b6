"""A scan of any source, and the weight that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from agent.domain.piece import PieceKey, Weighed
from agent.evidence.recorded import Recorded

Origin = Literal["station", "keyed", "cli"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One label that was read or typed. ``at_ns`` is the monotonic time of its last byte.

    ``authenticated`` is False where anybody within reach of the network could have sent it.
    """

    text: str
    aim: str | None
    raw: bytes
    at_ns: int
    source: Origin = "station"
    authenticated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanWeighing:
    """What the scale says to one scan: a weight, or why there is none.

    ``last_byte_ns`` is when the reading arrived that settled it; 0 where no device was asked.
    """

    weighed: Weighed | None
    reason: str | None
    last_byte_ns: int = 0


class Place(Protocol):
    """Where a piece is decided on: a station, or the command line."""

    @property
    def name(self) -> str: ...

    async def weighing_for(self, scan: Scan) -> ScanWeighing:
        """The weighing of this scan and of no other."""
        ...

    def repeats(self, piece: PieceKey, scan: Scan) -> Recorded | None:
        """The entry whose verdict this scan repeats, or None."""
        ...

    def decided(self, piece: PieceKey, scan: Scan, recorded: Recorded) -> None:
        """Remember what was decided on a scan."""
        ...


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A person with a keyboard, who gives the grams, or none."""

    grams: int | None = None
    name: str = "cli"

    async def weighing_for(self, scan: Scan) -> ScanWeighing:
        if self.grams is None:
            return ScanWeighing(weighed=None, reason="not_weighed")
        weighed = Weighed(digits=str(self.grams), unit="g", grams=self.grams, u_grams=1, stable=False)
        return ScanWeighing(weighed=weighed, reason=None)

    def repeats(self, piece: PieceKey, scan: Scan) -> None:
        return None

    def decided(self, piece: PieceKey, scan: Scan, recorded: Recorded) -> None:
        pass
