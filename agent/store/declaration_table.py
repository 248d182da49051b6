"""The tables ``declaration``, ``identifier``, ``house``: what was declared, and its numbers.

A consignment is looked up by its own number in its declarations; only the other numbers on its pieces lie in
``identifier``. Most parcels have no row there, and storing one touches one index.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from agent.domain.consignment.declaration import Level, decode
from agent.domain.consignment.effective import Claim, SourceRole
from agent.domain.errors import DeclarationInvalid
from agent.domain.identifiers.s10 import REUSED_AFTER
from agent.formats.batch import Batch
from agent.runtime.ids import new_salts
from agent.store.batch import DeclarationIndex, decode_labels
from sync import sqlite

# No "or replace": with it SQLite keeps a journal for each row, and stores a third as many a second.
_DECLARATION = """INSERT INTO declaration (era, consignment, source, body, salt) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (era, consignment, source) DO UPDATE SET body = excluded.body, salt = excluded.salt"""
_ERA = "INSERT INTO era (number) VALUES (?) ON CONFLICT DO NOTHING"
_IDENTIFIER = "INSERT INTO identifier (value, kind, consignment) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_HOUSE = "INSERT INTO house (master, consignment) VALUES (?, ?) ON CONFLICT DO NOTHING"
_LAST = "SELECT coalesce(max(id), 0) FROM declaration"
_COUNT = "SELECT count(*) FROM declaration"
_CLAIMS = """SELECT s.role, s.party, s.received, d.body, d.salt, s.signer
    FROM declaration AS d JOIN source AS s ON s.id = d.source
    WHERE d.era IN (SELECT number FROM era) AND d.consignment = ? ORDER BY s.id"""
_NEWEST = """SELECT d.id, d.consignment,
        (SELECT a.read FROM assessment AS a WHERE a.consignment = d.consignment)
    FROM declaration AS d WHERE d.id <= ? AND d.id >= ? ORDER BY d.id DESC LIMIT ?"""
_FIRST = """SELECT min(id) FROM declaration
    WHERE era IN (SELECT number FROM era) AND consignment = ?"""
_HOUSES_FROM = """SELECT min(d.id) FROM house AS h CROSS JOIN declaration AS d
    ON d.era IN (SELECT number FROM era) AND d.consignment = h.consignment
    WHERE h.master = ?"""
_OF_SOURCES = """SELECT id, consignment, body FROM declaration
    WHERE id > ? AND id <= ? AND source IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?"""
_STORED = """SELECT id, body FROM declaration
    WHERE era IN (SELECT number FROM era) AND consignment = ? AND source = ?"""
_REPLACE = "UPDATE declaration SET body = ?, salt = ? WHERE id = ?"
_TAKE_AWAY = "DELETE FROM declaration WHERE id = ?"
_DROP_ERAS = "DELETE FROM era WHERE NOT EXISTS (SELECT 1 FROM declaration AS d WHERE d.era = era.number)"
_LEFT = """SELECT body FROM declaration
    WHERE era IN (SELECT number FROM era) AND consignment = ? ORDER BY id"""
_DROP_IDENTIFIER = "DELETE FROM identifier WHERE value = ? AND kind = ? AND consignment = ?"
_DROP_HOUSE = "DELETE FROM house WHERE master = ? AND consignment = ?"
_HOUSES = "SELECT count(*) FROM (SELECT 1 FROM house WHERE master = ? LIMIT ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All claims on one consignment, and the salted digest by which a decision names them."""

    claims: tuple[Claim, ...]
    digest: str
    carried: tuple[Claim, ...] = ()
    """The claims on the master bill under which it travels."""
    houses: int = 0
    """Of a master bill: how many house bills name it, at most ``MOST_HOUSES``."""


MOST_HOUSES = 10_000

ERA = 1 << 18
"""Consecutive declarations, in order of arrival, that share a part of the index."""


class InsertRows(NamedTuple):
    """Declarations as they go into the tables, each sorted so that near numbers are written together."""

    declarations: list[tuple[str, int, bytes, bytes]]
    identifiers: list[tuple[str, str, str]]
    houses: list[tuple[str, str]]
    masters: list[str]
    """Master bills among them: what is declared of one counts for its house bills."""

    @property
    def consignments(self) -> Iterator[tuple[str]]:
        """Those whose documents must be assessed again."""
        return ((row[0],) for row in self.declarations)


def rows_of(source: int, batch: Batch) -> InsertRows:
    """The rows to insert for a batch; callable from any thread.

    Args:
        source: Number of the source.
    """
    numbers, bodies, salts = batch.numbers, batch.bodies, new_salts(len(batch.numbers))
    # Strings sort in a third of the time of rows, and a sort blocks every other thread.
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return InsertRows(
        declarations=[(numbers[at], source, bodies[at], salts[at]) for at in order],
        identifiers=sorted(batch.labels),
        houses=sorted(batch.houses),
        masters=batch.masters,
    )


def write(conn: sqlite.Connection, rows: InsertRows) -> None:
    """Write declarations of a source that has no rows of these consignments yet; see :func:`write_again`."""
    _insert(conn, rows.declarations)
    conn.executemany(_IDENTIFIER, rows.identifiers)
    conn.executemany(_HOUSE, rows.houses)


def write_again(conn: sqlite.Connection, rows: InsertRows) -> dict[str, None]:
    """As :func:`write`, where the source may have rows already: labels that only those had are dropped.

    Returns:
        Master bills that the replaced rows named.
    """
    replaced, fresh = [], []
    for row in rows.declarations:
        _, _, new, salt = row
        stored = conn.execute(_STORED, row[:2]).fetchone()
        if stored is None:
            fresh.append(row)
            continue
        number, body = stored
        conn.execute(_REPLACE, (new, salt, number))
        with suppress(DeclarationInvalid):
            replaced.append(decode_labels(body))
    write(conn, rows._replace(declarations=fresh))
    for old in replaced:
        _index_again(conn, old.consignment, [old])
    return dict.fromkeys(old.master for old in replaced if old.master is not None)


def _insert(conn: sqlite.Connection, declarations: Sequence[tuple[str, int, bytes, bytes]]) -> None:
    era = last(conn) // ERA
    if declarations:
        conn.execute(_ERA, (era,))
    conn.executemany(_DECLARATION, ((era, *row) for row in declarations))


class TakenAway(NamedTuple):
    """Declarations that were removed from the tables, by consignment, and how far the scan has come."""

    at: int
    gone: dict[str, list[DeclarationIndex]]
    taken: int


def take_away(
    conn: sqlite.Connection, sources: Sequence[int], after: int, *, span: int, most: int
) -> TakenAway:
    """Remove declarations of some sources; their consignments keep the labels of the remaining ones.

    Args:
        sources: Their numbers.
        after: Number of the declaration after which to go on.
        span: How many numbers to scan at most.
        most: How many declarations to remove at most.
    """
    rows = conn.execute(_OF_SOURCES, (after, after + span, json.dumps(list(sources)), most)).fetchall()
    conn.executemany(_TAKE_AWAY, ((number,) for number, _, _ in rows))
    conn.execute(_DROP_ERAS)
    gone: dict[str, list[DeclarationIndex]] = {}
    for _, consignment, body in rows:
        removed = gone.setdefault(consignment, [])
        with suppress(DeclarationInvalid):  # damaged: which labels it had is unknown
            removed.append(decode_labels(body))
    for consignment, removed in gone.items():
        _index_again(conn, consignment, removed)
    return TakenAway(rows[-1][0] if len(rows) == most else after + span, gone, len(rows))


def _index_again(conn: sqlite.Connection, consignment: str, gone: Sequence[DeclarationIndex]) -> None:
    """Drop the labels and houses that only ``gone`` had; the remaining declarations give the others."""
    for old in gone:
        labels = ((label.value, label.kind, consignment) for printed in old.pieces for label in printed)
        conn.executemany(_DROP_IDENTIFIER, labels)
        if old.master is not None:
            conn.execute(_DROP_HOUSE, (old.master, consignment))
    left = Batch()
    for (body,) in conn.execute(_LEFT, (consignment,)).fetchall():
        with suppress(DeclarationInvalid):
            left.add(decode_labels(body), body)
    conn.executemany(_IDENTIFIER, left.labels)
    conn.executemany(_HOUSE, left.houses)


def last(conn: sqlite.Connection) -> int:
    """Number of the newest declaration; 0 when there is none."""
    return int(conn.execute(_LAST).fetchone()[0])


def count(conn: sqlite.Connection) -> int:
    """How many declarations there are."""
    return int(conn.execute(_COUNT).fetchone()[0])


def newest(conn: sqlite.Connection, at: int, floor: int, limit: int) -> list[tuple[int, str, str | None]]:
    """Declarations from ``at`` down to ``floor``: number, consignment, digests of its assessment."""
    return conn.execute(_NEWEST, (at, floor, limit)).fetchall()


def before(conn: sqlite.Connection, consignment: str) -> int:
    """Number that every declaration of a consignment comes after; of an unknown one, the newest of all."""
    number = conn.execute(_FIRST, (consignment,)).fetchone()[0]
    return last(conn) if number is None else int(number) - 1


def before_houses(conn: sqlite.Connection, master: str) -> int:
    """Number that every declaration of a house bill of ``master`` comes after; without any, the newest."""
    number = conn.execute(_HOUSES_FROM, (master,)).fetchone()[0]
    return last(conn) if number is None else int(number) - 1


def read_claims(conn: sqlite.Connection, consignment: str) -> Claims:
    """All claims on one consignment, and on the master bill under which it travels."""
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
    """Leave out claims on an earlier item that had the same number."""
    if len(rows) < 2:
        return rows
    newest_at = max(datetime.fromisoformat(row[2]) for row in rows)
    return [row for row in rows if newest_at - datetime.fromisoformat(row[2]) < REUSED_AFTER]


def _digest_of(rows: Sequence[Any], houses: int) -> str:
    digest = hashlib.sha256()
    for _, _, _, body, salt, _ in rows:
        # The salt is stored with the data: once both are erased, the digest cannot be guessed from anything.
        for part in (salt, body):
            digest.update(len(part).to_bytes(4) + part)
    if houses:
        digest.update(houses.to_bytes(4))
    return digest.hexdigest()
