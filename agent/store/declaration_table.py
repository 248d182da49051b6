"""The tables ``declaration``, ``identifier``, ``house``: what was declared, and its numbers.

A consignment is found by its own number through its declarations; only the other numbers that stand on its
pieces lie in ``identifier``. Of most parcels nothing lies there, and storing one touches one index.
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
from agent.store.batch import Labelled, decode_labels
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
_LAIN = """SELECT id, body FROM declaration
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
    """All that was said of one consignment, and the salted digest that a decision names it by."""

    claims: tuple[Claim, ...]
    digest: str
    carried: tuple[Claim, ...] = ()
    """What was said of the master bill it travels under."""
    houses: int = 0
    """Of a master bill: how many house bills name it; counting ends at ``MOST_HOUSES``."""


MOST_HOUSES = 10_000

ERA = 1 << 18
"""Declarations, one after the other as they arrived, that share a part of the index."""


class Rows(NamedTuple):
    """Declarations as they go into the tables, each sorted so that near numbers are written together."""

    declarations: list[tuple[str, int, bytes, bytes]]
    identifiers: list[tuple[str, str, str]]
    houses: list[tuple[str, str]]
    masters: list[str]
    """Master bills among them: what is said of one is said of its houses."""

    @property
    def consignments(self) -> Iterator[tuple[str]]:
        """Whose documents must be assessed anew."""
        return ((row[0],) for row in self.declarations)


def rows_of(source: int, batch: Batch) -> Rows:
    """What is to be written of a batch; for any thread.

    Args:
        source: Number of the source.
    """
    numbers, bodies, salts = batch.numbers, batch.bodies, new_salts(len(batch.numbers))
    # Texts sort in a third of the time of rows, and a sort keeps every other thread waiting.
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return Rows(
        declarations=[(numbers[at], source, bodies[at], salts[at]) for at in order],
        identifiers=sorted(batch.labels),
        houses=sorted(batch.houses),
        masters=batch.masters,
    )


def write(conn: sqlite.Connection, rows: Rows) -> None:
    """Write declarations of a source that has not spoken of these consignments; see :func:`write_again`."""
    _insert(conn, rows.declarations)
    conn.executemany(_IDENTIFIER, rows.identifiers)
    conn.executemany(_HOUSE, rows.houses)


def write_again(conn: sqlite.Connection, rows: Rows) -> dict[str, None]:
    """As :func:`write`, where rows of the source may lie already: what only those said goes.

    Returns:
        Master bills that they named.
    """
    lain, fresh = [], []
    for row in rows.declarations:
        _, _, new, salt = row
        found = conn.execute(_LAIN, row[:2]).fetchone()
        if found is None:
            fresh.append(row)
            continue
        number, body = found
        conn.execute(_REPLACE, (new, salt, number))
        with suppress(DeclarationInvalid):
            lain.append(decode_labels(body))
    write(conn, rows._replace(declarations=fresh))
    for said in lain:
        _label_anew(conn, said.consignment, [said])
    return dict.fromkeys(said.master for said in lain if said.master is not None)


def _insert(conn: sqlite.Connection, declarations: Sequence[tuple[str, int, bytes, bytes]]) -> None:
    era = last(conn) // ERA
    if declarations:
        conn.execute(_ERA, (era,))
    conn.executemany(_DECLARATION, ((era, *row) for row in declarations))


class TakenAway(NamedTuple):
    """Declarations that were taken out of the tables, by consignment, and how far the search has come."""

    at: int
    gone: dict[str, list[Labelled]]
    taken: int


def take_away(
    conn: sqlite.Connection, sources: Sequence[int], after: int, *, span: int, most: int
) -> TakenAway:
    """Take declarations of some sources away, and give their consignments the labels that remain.

    Args:
        sources: Their numbers.
        after: Of the declaration behind which to go on.
        span: How many numbers to look through at most.
        most: How many declarations to take at most.
    """
    rows = conn.execute(_OF_SOURCES, (after, after + span, json.dumps(list(sources)), most)).fetchall()
    conn.executemany(_TAKE_AWAY, ((number,) for number, _, _ in rows))
    conn.execute(_DROP_ERAS)
    gone: dict[str, list[Labelled]] = {}
    for _, consignment, body in rows:
        found = gone.setdefault(consignment, [])
        with suppress(DeclarationInvalid):  # damaged: where its labels lie cannot be told, nor what they name
            found.append(decode_labels(body))
    for consignment, labelled in gone.items():
        _label_anew(conn, consignment, labelled)
    return TakenAway(rows[-1][0] if len(rows) == most else after + span, gone, len(rows))


def _label_anew(conn: sqlite.Connection, consignment: str, gone: Sequence[Labelled]) -> None:
    """Drop what only ``gone`` said of a consignment; labels and houses follow from the rest."""
    for said in gone:
        labels = ((label.value, label.kind, consignment) for printed in said.pieces for label in printed)
        conn.executemany(_DROP_IDENTIFIER, labels)
        if said.master is not None:
            conn.execute(_DROP_HOUSE, (said.master, consignment))
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
