"""The tables ``declaration``, ``piece``, ``identifier``, ``house``: what was declared, its numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from agent.domain.decision import PieceKey
from agent.domain.declarations import Declaration, Level, decode
from agent.domain.effective import Claim, SourceRole
from agent.domain.s10 import REUSED_AFTER
from agent.ids import new_salts
from agent.store.labelled import Labelled
from sync import sqlite

# No "or replace": with it SQLite keeps a journal for each row, and stores a third as many a second.
_DECLARATION = """INSERT INTO declaration (consignment, source, body, salt) VALUES (?, ?, ?, ?)
    ON CONFLICT (consignment, source) DO UPDATE SET body = excluded.body, salt = excluded.salt"""
_PIECE = """INSERT INTO piece (consignment, number, kind, value, receptacle) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (consignment, number) DO UPDATE SET receptacle = excluded.receptacle"""
_IDENTIFIER = """INSERT INTO identifier (kind, value, consignment, number, declared) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (value, kind, consignment, number) DO UPDATE SET declared = excluded.declared"""
_HOUSE = "INSERT INTO house (master, consignment) VALUES (?, ?) ON CONFLICT DO NOTHING"
_LAST = "SELECT coalesce(max(id), 0) FROM declaration"
_COUNT = "SELECT count(*) FROM declaration"
_CLAIMS = """SELECT s.role, s.party, s.received, d.body, d.salt, s.signer
    FROM declaration AS d JOIN source AS s ON s.id = d.source WHERE d.consignment = ? ORDER BY s.id"""
_NEWEST = """SELECT d.id, d.consignment,
        (SELECT a.read FROM assessment AS a WHERE a.consignment = d.consignment)
    FROM declaration AS d WHERE d.id <= ? AND d.id >= ? ORDER BY d.id DESC LIMIT ?"""
_FIRST = "SELECT min(id) FROM declaration WHERE consignment = ?"
_HOUSES_FROM = """SELECT min(d.id) FROM house AS h JOIN declaration AS d ON d.consignment = h.consignment
    WHERE h.master = ?"""
_HOUSES = "SELECT count(*) FROM (SELECT 1 FROM house WHERE master = ? LIMIT ?)"

MATCH = """SELECT p.consignment, p.receptacle, p.kind, p.value, i.declared, p.number
    FROM identifier AS i JOIN piece AS p ON p.consignment = i.consignment AND p.number = i.number
    WHERE i.value = ? AND i.kind = ? ORDER BY i.declared DESC LIMIT 8"""
"""Pieces that carry a number, by ``(value, kind)``; see :func:`matched`."""

_BY_NUMBER = attrgetter("consignment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The declared piece that a scan was of. ``others``: further pieces that carry the scanned number."""

    key: PieceKey
    consignment: str
    receptacle: str | None
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All that was said of one consignment, and the salted digest that a decision names it by."""

    claims: tuple[Claim, ...]
    digest: str
    carried: tuple[Claim, ...] = ()
    """What was said of the master bill it travels under."""
    houses: int = 0
    """Of a master bill: how many house bills name it; counting ends at ``MOST_HOUSES``."""


MOST_HOUSES = 10_000


class Rows(NamedTuple):
    """Declarations as they go into the tables, sorted so that near numbers are written together."""

    declarations: list[tuple[str, int, bytes, bytes]]
    pieces: list[tuple[str, int, str, str, str | None]]
    identifiers: list[tuple[str, str, str, int, str]]
    houses: list[tuple[str, str]]
    masters: list[str]
    """Master bills among them: what is said of one is said of its houses."""

    @property
    def consignments(self) -> Iterator[tuple[str]]:
        """Whose documents must be assessed anew."""
        return ((row[0],) for row in self.declarations)


def rows_of(
    source: int, declarations: Sequence[Declaration | Labelled], bodies: Sequence[bytes], declared: str
) -> Rows:
    """What is to be written; for any thread.

    Args:
        source: Number of the source.
        bodies: The declarations as ``declarations.encode`` gives them.
        declared: Now, ISO 8601.
    """
    fresh = zip(declarations, bodies, new_salts(len(declarations)), strict=True)
    rows = Rows(sorted((d.consignment, source, body, salt) for d, body, salt in fresh), [], [], [], [])
    for d in sorted(declarations, key=_BY_NUMBER):
        for number, printed in enumerate(filter(None, d.pieces), 1):
            rows.pieces.append((d.consignment, number, printed[0].kind, printed[0].value, d.receptacle))
            rows.identifiers.extend(
                (label.kind, label.value, d.consignment, number, declared) for label in printed
            )
        if d.level is Level.MASTER:
            rows.masters.append(d.consignment)
        elif d.master is not None and d.master != d.consignment:
            rows.houses.append((d.master, d.consignment))
    rows.houses.sort()
    return rows


def write(conn: sqlite.Connection, rows: Rows) -> None:
    """Write declarations; the same consignment of the same source replaces its row."""
    conn.executemany(_DECLARATION, rows.declarations)
    conn.executemany(_PIECE, rows.pieces)
    conn.executemany(_IDENTIFIER, rows.identifiers)
    conn.executemany(_HOUSE, rows.houses)


def last(conn: sqlite.Connection) -> int:
    """Number of the newest declaration; 0 when there is none."""
    return int(conn.execute(_LAST).fetchone()[0])


def count(conn: sqlite.Connection) -> int:
    """How many declarations there are."""
    return int(conn.execute(_COUNT).fetchone()[0])


def newest(conn: sqlite.Connection, at: int, floor: int, limit: int) -> list[tuple[int, str, str | None]]:
    """Declarations from ``at`` down to ``floor``: number, consignment, what its assessment has read."""
    return conn.execute(_NEWEST, (at, floor, limit)).fetchall()


def before(conn: sqlite.Connection, consignment: str) -> int:
    """Number that every declaration of a consignment comes after; of an unknown one, the newest of all."""
    number = conn.execute(_FIRST, (consignment,)).fetchone()[0]
    return last(conn) if number is None else int(number) - 1


def before_houses(conn: sqlite.Connection, master: str) -> int:
    """Number that every declaration of a house bill of ``master`` comes after; without any, the newest."""
    number = conn.execute(_HOUSES_FROM, (master,)).fetchone()[0]
    return last(conn) if number is None else int(number) - 1


def matched(rows: Sequence[Any], *, s10_since: str | None) -> Match | None:
    """The piece out of what ``MATCH`` found; of S10 items only those declared at ``s10_since`` or later."""
    if s10_since is not None:
        rows = [row for row in rows if row[4] >= s10_since]
    if not rows:
        return None
    consignment, receptacle, kind, value, _, number = rows[0]
    return Match(
        key=PieceKey(kind=kind, value=value),
        consignment=consignment,
        receptacle=receptacle,
        others=len({(row[0], row[5]) for row in rows} - {(consignment, number)}),
    )


def read_claims(conn: sqlite.Connection, consignment: str) -> Claims:
    """All that was said of one consignment, and of the master bill it travels under."""
    rows = _of_one_item(conn.execute(_CLAIMS, (consignment,)).fetchall())
    claims = tuple(map(_claim, rows))
    masters = dict.fromkeys(
        d.master
        for d in (claim.declaration for claim in claims)
        if d.level is Level.HOUSE and d.master not in (None, consignment)
    )
    carried = [row for master in masters for row in _of_one_item(conn.execute(_CLAIMS, (master,)).fetchall())]
    houses = 0
    if any(claim.declaration.level is Level.MASTER for claim in claims):
        houses = int(conn.execute(_HOUSES, (consignment, MOST_HOUSES)).fetchone()[0])
    return Claims(
        claims=claims,
        digest=_digest_of((*rows, *carried), houses),
        carried=tuple(map(_claim, carried)),
        houses=houses,
    )


def _claim(row: Any) -> Claim:
    role, party, received, body, _, signer = row
    return Claim(
        role=SourceRole(role), party=party, received=received, signer=signer, declaration=decode(body)
    )


def _of_one_item(rows: Sequence[Any]) -> Sequence[Any]:
    """What was said of an earlier item under the same number is not said of this one."""
    if len(rows) < 2:
        return rows
    newest_at = max(datetime.fromisoformat(row[2]) for row in rows)
    return [row for row in rows if newest_at - datetime.fromisoformat(row[2]) < REUSED_AFTER]


def _digest_of(rows: Sequence[Any], houses: int) -> str:
    digest = hashlib.sha256()
    for _, _, _, body, salt, _ in rows:
        # The salt lies with the data: once both are erased, nothing is left to guess the digest from.
        for part in (salt, body):
            digest.update(len(part).to_bytes(4) + part)
    if houses:
        digest.update(houses.to_bytes(4))
    return digest.hexdigest()
