"""Which declared piece a scanned number leads to.

A number is looked for among the consignments' own, and in the table ``identifier``, where all others lie.
The declarations that are looked up this way decide which pieces carry the number, and under which key each
piece is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from agent.domain.consignment.declaration import Label
from agent.domain.errors import DeclarationInvalid
from agent.domain.piece import PieceKey
from agent.store.batch import decode_labels

MATCH = """SELECT d.consignment, d.id, s.received, d.body
    FROM (SELECT :value AS consignment
        UNION SELECT * FROM (SELECT consignment FROM identifier
            WHERE value = :value AND kind = :kind LIMIT 64)) AS candidate
        CROSS JOIN declaration AS d
            ON d.era IN (SELECT number FROM era) AND d.consignment = candidate.consignment
        JOIN source AS s ON s.id = d.source
    ORDER BY d.consignment, d.id"""
"""Declarations of the consignments that may show a number; see :func:`matched`.

A label on more consignments than the limit does not identify a piece; the limit suffices to report several.
"""

DeclaredRow = tuple[str, int, str, bytes]
"""Consignment, number of the declaration, when its source was received, body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The declared piece that a scan was of. ``others``: further pieces that carry the scanned number."""

    key: PieceKey
    consignment: str
    receptacle: str | None
    others: int


class _Carrier(NamedTuple):
    """A piece that carries the number. The newest comes last, of one declaration's pieces the first."""

    received: str
    declaration: int
    before: int
    """Minus its place among the pieces of its consignment."""
    match: Match


def matched(rows: Sequence[DeclaredRow], label: Label, *, s10_since: str | None) -> Match | None:
    """The piece among the rows of ``MATCH``; of several, the one that was declared last.

    Args:
        rows: In the order of ``MATCH``.
        label: What was scanned.
        s10_since: Of S10 items only those declared then or later count; ISO 8601.
    """
    carriers: list[_Carrier] = []
    for consignment, declared in groupby(rows, key=lambda row: row[0]):
        carriers += _pieces(consignment, list(declared), label, s10_since or "")
    if not carriers:
        return None
    newest = max(carriers).match
    return Match(
        key=newest.key,
        consignment=newest.consignment,
        receptacle=newest.receptacle,
        others=len(carriers) - 1,
    )


def _pieces(consignment: str, rows: Sequence[DeclaredRow], label: Label, since: str) -> Iterator[_Carrier]:
    """Pieces of one consignment that carry a label.

    A piece keeps the key under which it was first declared, so that decisions on it stay attached; it lies in
    the receptacle that was named last.
    """
    keys: dict[int, Label] = {}
    receptacles: dict[int, str | None] = {}
    carrying: dict[int, tuple[str, int]] = {}
    for _, declaration, received, body in rows:
        with suppress(DeclarationInvalid):  # damaged: it is passed over, the others still count
            index = decode_labels(body)
            for number, printed in enumerate(filter(None, index.pieces), 1):
                keys.setdefault(number, printed[0])
                receptacles[number] = index.receptacle
                if label in printed and received >= since:
                    carrying[number] = max(carrying.get(number, ("", 0)), (received, declaration))
    for number, (received, declaration) in carrying.items():
        key = PieceKey(kind=keys[number].kind, value=keys[number].value)
        match = Match(key=key, consignment=consignment, receptacle=receptacles[number], others=0)
        yield _Carrier(received, declaration, -number, match)
