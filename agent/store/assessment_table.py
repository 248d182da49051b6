"""The tables ``assessment`` and ``tally``: the result for a consignment's documents, and its party totals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from agent.domain.totals.tally import Tally
from agent.store.declaration_table import read_claims
from sync import sqlite

MOST_ROWS = 256
"""Consignments that are read under one key, those of the nearest days first."""

_SELECT = "SELECT read, body, tally FROM assessment WHERE consignment = ?"
_TALLY_OF = "SELECT tally FROM assessment WHERE consignment = ?"
_SET = """INSERT INTO assessment (consignment, read, body, tally) VALUES (?, ?, ?, ?)
    ON CONFLICT (consignment) DO UPDATE
    SET read = excluded.read, body = excluded.body, tally = excluded.tally"""
# The row is kept: the keys under which the consignment was counted are needed when it is counted again.
_OUTDATE = "UPDATE assessment SET read = '' WHERE consignment = ?"
_OUTDATE_AFTER = """UPDATE assessment SET read = ''
    WHERE consignment IN (SELECT consignment FROM declaration WHERE id > ?)"""
_OUTDATE_HOUSES = """UPDATE assessment SET read = ''
    WHERE consignment IN (SELECT consignment FROM house WHERE master = ?)"""
_COUNT_IN = "INSERT INTO tally (key, day, consignment) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_COUNT_OUT = "DELETE FROM tally WHERE key = ? AND day = ? AND consignment = ?"
_FORGET = "DELETE FROM assessment WHERE consignment = ?"

_SHARE = """SELECT t.consignment, a.tally
    FROM tally AS t CROSS JOIN assessment AS a ON a.consignment = t.consignment
    WHERE t.key IN ({}) AND t.day BETWEEN ? AND ? AND t.consignment <> ? LIMIT ?"""
_SHARES = tuple(_SHARE.format(", ".join("?" * keys)) for keys in range(1, 5))
_SHARE_ONE = """SELECT t.consignment, a.tally
    FROM tally AS t CROSS JOIN assessment AS a ON a.consignment = t.consignment
    WHERE t.key = ? AND t.day BETWEEN ? AND ? AND t.consignment <> ? ORDER BY t.day DESC LIMIT ?"""

ASSESSMENT = _SELECT


class StoredFinding(msgspec.Struct, array_like=True, frozen=True):
    """An OPEN finding as it is kept with an assessment."""

    code: str
    severity: str
    params: dict[str, str | int]


class StoredAssessment(msgspec.Struct, array_like=True, frozen=True):
    """The document half of a clearance, ready for the scan; ``agent.trust.at_rest`` locks ``sealed``."""

    findings: list[StoredFinding]
    sealed: bytes
    evaluated_for: datetime
    dated: bool
    """Whether the declaration names its arrival; otherwise the law of the day of the scan applies."""
    declared_g: int | None
    features: list[float] | None
    inputs: str
    """The salted digest of the declarations that were assessed."""


class KeptAssessment(NamedTuple):
    """A kept assessment, and its consignment's contribution to party totals."""

    assessment: StoredAssessment
    tally: Tally | None


_PACK = msgspec.msgpack.Encoder()
_UNPACK = msgspec.msgpack.Decoder(StoredAssessment)
_UNPACK_TALLY = msgspec.msgpack.Decoder(Tally)


def read_kept(rows: Sequence[tuple[str, bytes, bytes | None]], read: str) -> KeptAssessment | None:
    """Decode the row of ``ASSESSMENT``; None where it was made with another policy, list or model."""
    if not rows or rows[0][0] != read:
        return None
    try:
        tally = rows[0][2]
        return KeptAssessment(
            _UNPACK.decode(rows[0][1]), None if tally is None else _UNPACK_TALLY.decode(tally)
        )
    except msgspec.MsgspecError:
        return None  # another layout, or damaged: it is made again


def keep(conn: sqlite.Connection, read: str, rows: Iterable[tuple[str, KeptAssessment]]) -> None:
    """Keep assessments; ``read`` names the policy, lists and model they were made with.

    One whose consignment was declared again meanwhile is left out; it is made when it is next needed.
    """
    for consignment, (body, tally) in rows:
        if read_claims(conn, consignment).digest != body.inputs:
            continue
        packed = None if tally is None else _PACK.encode(tally)
        before = conn.execute(_TALLY_OF, (consignment,)).fetchone()
        if before is None or before[0] != packed:
            _count_out(conn, consignment, before)
            if tally is not None:
                conn.executemany(_COUNT_IN, _places(tally, consignment))
        conn.execute(_SET, (consignment, read, _PACK.encode(body), packed))


def _count_out(conn: sqlite.Connection, consignment: str, row: tuple[bytes | None] | None) -> None:
    if row is None or row[0] is None:
        return
    try:
        tally = _UNPACK_TALLY.decode(row[0])
    except msgspec.MsgspecError:
        return  # another layout: its keys lead nowhere now
    conn.executemany(_COUNT_OUT, _places(tally, consignment))


def _places(tally: Tally, consignment: str) -> list[tuple[int, int, str]]:
    keys = tally.keys()
    return [(key, tally.day, consignment) for key in keys]


def outdate(conn: sqlite.Connection, consignments: Iterable[tuple[str]]) -> None:
    """Mark the assessments of these consignments as outdated."""
    conn.executemany(_OUTDATE, consignments)


def outdate_after(conn: sqlite.Connection, last: int) -> None:
    """As :func:`outdate`, for everything that was declared after number ``last``."""
    conn.execute(_OUTDATE_AFTER, (last,))


def outdate_houses(conn: sqlite.Connection, master: str) -> None:
    """As :func:`outdate`, for the house bills of ``master``."""
    conn.execute(_OUTDATE_HOUSES, (master,))


def forget(conn: sqlite.Connection, consignment: str) -> None:
    """Delete the assessment of a consignment and its counts."""
    _count_out(conn, consignment, conn.execute(_TALLY_OF, (consignment,)).fetchone())
    conn.execute(_FORGET, (consignment,))


def near(conn: sqlite.Connection, tally: Tally, consignment: str, days: int) -> list[tuple[str, Tally]]:
    """Other consignments that share a key with ``tally``, on its day and the ``days`` before.

    One may appear under several keys. Of a key that more than ``MOST_ROWS`` share, the latest days are read.
    """
    keys = tally.keys()
    window = (tally.day - days, tally.day, consignment)
    rows = conn.execute(_SHARES[len(keys) - 1], (*keys, *window, MOST_ROWS + 1)).fetchall()
    if len(rows) > MOST_ROWS:
        rows = [row for key in keys for row in conn.execute(_SHARE_ONE, (key, *window, MOST_ROWS))]
    others: list[tuple[str, Tally]] = []
    for other, packed in rows:
        if packed is not None:
            with contextlib.suppress(msgspec.MsgspecError):  # another layout: counted once assessed again
                others.append((other, _UNPACK_TALLY.decode(packed)))
    return others
