"""What a flight carries, per waybill: one may lie in several units, or fly in part only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.domain.consignment.declaration import CEILINGS, MAX_GRAMS, Declaration, Level, Transport
from agent.domain.errors import ManifestRefused
from agent.formats.rows import Mending, Row, RowError

MAX_WAYBILLS = 20_000
"""Most waybills of one flight."""


class Share(NamedTuple):
    """One line of a flight manifest: all of a waybill, or a share of it."""

    line: int
    master: str
    whole: bool
    pieces: int | None
    grams: int | None
    total: int | None
    """Pieces of the whole waybill, where given."""
    description: str | None
    unit: str | None
    """The unit load device it lies in; None for bulk."""
    port: str | None
    arrival: str | None


@dataclass(slots=True)
class Flight:
    """Waybills of one flight as its manifest is read, part by part."""

    number: str | None
    mended: tuple[Mending, ...] = ()
    _shares: dict[str, list[Share]] = field(default_factory=dict)
    _faults: dict[str, list[RowError]] = field(default_factory=dict)

    def add(self, share: Share) -> None:
        """Take in one line.

        Raises:
            ManifestRefused: More waybills than a flight can have.
        """
        self._shares.setdefault(share.master, []).append(share)
        if len(self._shares) > MAX_WAYBILLS:
            hint = f"at most {MAX_WAYBILLS} on a flight"
            raise ManifestRefused("E056", f"more than {MAX_WAYBILLS} waybills on one flight", hint)

    def refuse(self, master: str, faults: list[RowError]) -> None:
        """A line of this waybill could not be read; so nothing is known of the whole."""
        self._faults.setdefault(master, []).extend(faults)
        self._shares.setdefault(master, [])

    def rows(self) -> Iterator[Row | RowError]:
        """A row for each waybill, in the order of the manifest; faults for each that could not be read."""
        mended = self.mended
        for master, shares in self._shares.items():
            if faults := self._faults.get(master):
                yield from faults
            else:
                yield Row(shares[0].line, self._declaration(master, shares), mended)
                mended = ()

    def _declaration(self, master: str, shares: list[Share]) -> Declaration:
        pieces, grams = _quantity(shares)
        texts = dict.fromkeys(share.description for share in shares if share.description)
        description = " / ".join(texts)
        units = {share.unit for share in shares}
        first = shares[0]
        return Declaration(
            consignment=master,
            transport=Transport.EXPRESS,
            level=Level.MASTER,
            master=master,
            receptacle=units.pop() if len(units) == 1 else None,
            description=description if 0 < len(description) <= CEILINGS["description"] else first.description,
            piece_count=pieces,
            gross_weight_g=grams,
            flight=self.number,
            arrival_port=first.port,
            expected_arrival=first.arrival,
        )


def _quantity(shares: list[Share]) -> tuple[int | None, int | None]:
    """Pieces and grams of the whole waybill: a share's weight is never taken for that of the whole."""
    pieces = _sum([share.pieces for share in shares])
    grams = _sum([share.grams for share in shares])
    total = next((share.total for share in shares if share.total is not None), None)
    if all(share.whole for share in shares) or (total is not None and total == pieces):
        return pieces, grams if grams is None or grams <= MAX_GRAMS else None
    return total, None


def _sum(numbers: list[int | None]) -> int | None:
    return None if None in numbers else sum(number for number in numbers if number is not None)
