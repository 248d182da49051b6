"""Which declared piece a scanned number leads to.

A number is looked for among the consignments' own, and in the table ``identifier``, where all others lie.
What the declarations found that way say decides: on which pieces the number is, by which key each piece goes.
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
            WHERE value = :value AND kind = :kind LIMIT 64)) AS found
        CROSS JOIN declaration AS d
            ON d.era IN (SELECT number FROM era) AND d.consignment = found.consignment
        JOIN source AS s ON s.id = d.source
    ORDER BY d.consignment, d.id"""
"""What was said of the consignments that may show a number; see :func:`matched`.

One label on more consignments than these is no number of a piece; so many are told to be more than one.
"""

Said = tuple[str, int, str, bytes]
"""Consignment, number of the declaration, when its source was received, body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The declared piece that a scan was of. ``others``: further pieces that carry the scanned number."""

    key: PieceKey
    consignment: str
    receptacle: str | None
    others: int


class _Found(NamedTuple):
    """A piece that carries the number. The newest comes last, of one declaration's pieces the first."""

    received: str
    declaration: int
    before: int
    """Minus its place among the pieces of its consignment."""
    match: Match


def matched(rows: Sequence[Said], label: Label, *, s10_since: str | None) -> Match | None:
    """The piece out of what ``MATCH`` found, of several the one that was declared last.

    Args:
        rows: In the order of ``MATCH``.
        label: What was scanned.
        s10_since: Of S10 items only those declared then or later count; ISO 8601.
    """
    found: list[_Found] = []
    for consignment, said in groupby(rows, key=lambda row: row[0]):
        found += _pieces(consignment, list(said), label, s10_since or "")
    if not found:
        return None
    newest = max(found).match
    return Match(
        key=newest.key,
        consignment=newest.consignment,
        receptacle=newest.receptacle,
        others=len(found) - 1,
    )


def _pieces(consignment: str, said: Sequence[Said], label: Label, since: str) -> Iterator[_Found]:
    """Pieces of one consignment that carry a label.

    A piece keeps the key that it was first declared under, so that what was decided on it is found; it lies
    in the receptacle that was named last.
    """
    keys: dict[int, Label] = {}
    receptacles: dict[int, str | None] = {}
    carrying: dict[int, tuple[str, int]] = {}
    for _, declaration, received, body in said:
        with suppress(DeclarationInvalid):  # damaged: it says nothing, and the others still do
            labelled = decode_labels(body)
            for number, printed in enumerate(filter(None, labelled.pieces), 1):
                keys.setdefault(number, printed[0])
                receptacles[number] = labelled.receptacle
                if label in printed and received >= since:
                    carrying[number] = max(carrying.get(number, ("", 0)), (received, declaration))
    for number, (received, declaration) in carrying.items():
        key = PieceKey(kind=keys[number].kind, value=keys[number].value)
        match = Match(key=key, consignment=consignment, receptacle=receptacles[number], others=0)
        yield _Found(received, declaration, -number, match)
