"""``reference.db``: sources, declarations, pieces and their labels, and what their documents say."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from agent.clock import Clock, iso
from agent.domain.candidates import Candidate
from agent.domain.decision import PieceKey
from agent.domain.declarations import Declaration, decode, encode
from agent.domain.effective import Claim, SourceRole
from agent.domain.s10 import REUSED_AFTER
from agent.errors import ReferenceFailed
from agent.ids import new_salt, uuid7
from agent.store.schema import migrate_reference
from agent.store.writer import Commit, Writer
from sync import sqlite

T = TypeVar("T")

FILE = "reference.db"

_SOURCE_KNOWN = "SELECT id FROM source WHERE sha256 = ? AND rows IS NOT NULL"
_SOURCE = "INSERT INTO source (party, role, message, sha256, received) VALUES (?, ?, ?, ?, ?)"
_SOURCE_RESUMED = "SELECT id FROM source WHERE sha256 = ?"
_SOURCE_DONE = "UPDATE source SET rows = ?, rejected = ? WHERE id = ?"
_DECLARATION = """INSERT INTO declaration (id, consignment, source, body, salt) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (consignment, source) DO UPDATE SET body = excluded.body, salt = excluded.salt"""
_PIECE = """INSERT INTO piece (id, consignment, number, kind, value, receptacle) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (consignment, number) DO UPDATE SET receptacle = excluded.receptacle"""
_PIECE_ID = "SELECT id FROM piece WHERE consignment = ? AND number = ?"
_IDENTIFIER = """INSERT INTO identifier (kind, value, piece, declared) VALUES (?, ?, ?, ?)
    ON CONFLICT (value, kind, piece) DO UPDATE SET declared = excluded.declared"""
_MATCH = """SELECT p.consignment, p.receptacle, p.kind, p.value, i.declared, p.id
    FROM identifier AS i JOIN piece AS p ON p.id = i.piece
    WHERE i.value = ? AND i.kind = ? ORDER BY i.declared DESC LIMIT 8"""
_CLAIMS = """SELECT s.role, s.party, s.received, d.body, d.salt
    FROM declaration AS d JOIN source AS s ON s.id = d.source WHERE d.consignment = ? ORDER BY s.id"""
_ASSESSMENT = "SELECT read, body FROM assessment WHERE consignment = ?"
_SET_ASSESSMENT = """INSERT INTO assessment (consignment, read, body) VALUES (?, ?, ?)
    ON CONFLICT (consignment) DO UPDATE SET read = excluded.read, body = excluded.body"""
_DROP_ASSESSMENT = "DELETE FROM assessment WHERE consignment = ?"
_STALE = """SELECT d.consignment FROM declaration AS d LEFT JOIN assessment AS a
    ON a.consignment = d.consignment WHERE d.source = ? AND (a.read IS NULL OR a.read <> ?) LIMIT ?"""
_SOURCES = "SELECT id FROM source ORDER BY id DESC"
_COUNTS = "SELECT (SELECT count(*) FROM declaration), (SELECT count(*) FROM source)"


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


class StoredFinding(msgspec.Struct, array_like=True, frozen=True):
    """An OPEN finding as it is kept with an assessment."""

    code: str
    severity: str
    params: dict[str, str | int]


class StoredAssessment(msgspec.Struct, array_like=True, frozen=True):
    """The document half of a clearance, ready for the scan; ``sealed`` is locked (see ``agent.at_rest``)."""

    findings: list[StoredFinding]
    sealed: bytes
    evaluated_for: datetime
    dated: bool
    """Whether the declaration names its arrival; else the law of the day of the scan counts."""
    declared_g: int | None
    features: list[float] | None
    inputs: str
    """The salted digest of the declarations that were assessed."""


_PACK = msgspec.msgpack.Encoder()
_UNPACK = msgspec.msgpack.Decoder(StoredAssessment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file or message, and who sent it in which capacity."""

    party: str
    role: SourceRole
    message: str
    sha256: str


class ReferenceStore:
    """What is declared. Point lookups run where they are called; writing has its own thread.

    A file that is no database any more is set aside, and ``trouble`` says so: manifests can be had again.

    Raises:
        SchemaTooNew, NotOurs: a newer program's file, or another program's.
        ReferenceFailed: the file cannot be opened.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path = folder / FILE
        self._clock = clock
        conn, self.trouble = _open_or_begin(self.path, clock)
        self._reader = sqlite.connect(self.path, read_only=True) if sqlite.is_sound() else None
        self._writer = Writer("reference-writer", lambda: conn, group=32)
        self._writer.start()

    def close(self) -> None:
        """Finish what is queued and close the file."""
        self._writer.close()
        if self._reader:
            self._reader.close()

    # -- taking in -------------------------------------------------------------------------------------------

    def begin_source(self, source: Source) -> Commit[tuple[int, bool]]:
        """Number of the source, and whether its file was taken in completely before."""
        received = iso(self._clock.now())

        def run(conn: sqlite.Connection) -> tuple[int, bool]:
            done = conn.execute(_SOURCE_KNOWN, (source.sha256,)).fetchone()
            if done:
                return int(done[0]), True
            begun = conn.execute(_SOURCE_RESUMED, (source.sha256,)).fetchone()
            if begun:
                return int(begun[0]), False
            row = (source.party, source.role.value, source.message, source.sha256, received)
            return int(conn.execute(_SOURCE, row).lastrowid or 0), False

        return self._writer.submit(run)

    def add(self, source: int, declarations: Sequence[Declaration]) -> Commit[None]:
        """Keep declarations of one source; the same consignment again replaces its row."""
        now = self._clock.now()
        declared = iso(now)
        bodies = [(uuid7(now), d.consignment, source, encode(d), new_salt()) for d in declarations]

        def run(conn: sqlite.Connection) -> None:
            conn.executemany(_DECLARATION, bodies)
            conn.executemany(_DROP_ASSESSMENT, [(d.consignment,) for d in declarations])
            for d in declarations:
                for number, labels in enumerate(d.pieces, 1):
                    first = labels[0]
                    piece = uuid7(now)
                    row = (piece, d.consignment, number, first.kind, first.value, d.receptacle)
                    conn.execute(_PIECE, row)
                    kept = conn.execute(_PIECE_ID, (d.consignment, number)).fetchone()[0]
                    conn.executemany(_IDENTIFIER, [(x.kind, x.value, kept, declared) for x in labels])

        return self._writer.submit(run)

    def end_source(self, source: int, rows: int, rejected: int) -> Commit[None]:
        """The whole file was taken in."""
        return self._writer.submit(lambda conn: _done(conn, (rows, rejected, source)))

    def keep_assessments(self, read: str, rows: Sequence[tuple[str, StoredAssessment]]) -> Commit[None]:
        """Keep assessments; ``read`` names the policy, lists and model they were made with.

        One whose consignment was declared anew meanwhile is left out, and made again when it is asked for.
        """
        packed = [(consignment, read, _PACK.encode(body)) for consignment, body in rows]
        inputs = [body.inputs for _, body in rows]

        def run(conn: sqlite.Connection) -> None:
            for row, digest in zip(packed, inputs, strict=True):
                if _digest_of(_of_one_item(conn.execute(_CLAIMS, row[:1]).fetchall())) == digest:
                    conn.execute(_SET_ASSESSMENT, row)

        return self._writer.submit(run)

    # -- looking up ------------------------------------------------------------------------------------------

    async def match(self, candidates: Sequence[Candidate], at: datetime) -> Match | None:
        """The declared piece that fits best; candidates are tried in their order, the manifest chooses."""
        oldest = iso(at - REUSED_AFTER)
        for candidate in candidates:
            rows = await self._select(_MATCH, (candidate.value, candidate.kind))
            if candidate.kind == "s10":
                rows = [row for row in rows if row[4] >= oldest]
            if rows:
                consignment, receptacle, kind, value, _, piece = rows[0]
                return Match(
                    key=PieceKey(kind=kind, value=value),
                    consignment=consignment,
                    receptacle=receptacle,
                    others=len({row[5] for row in rows} - {piece}),
                )
        return None

    async def claims(self, consignment: str) -> Claims:
        """Everything that was declared of one consignment."""
        return _claims(await self._select(_CLAIMS, (consignment,)))

    async def assessment(self, consignment: str, read: str) -> StoredAssessment | None:
        """The kept assessment, if it was made with the present policy, lists and tables."""
        rows = await self._select(_ASSESSMENT, (consignment,))
        if not rows or rows[0][0] != read:
            return None
        try:
            return _UNPACK.decode(rows[0][1])
        except msgspec.MsgspecError:
            return None  # of another layout, or damaged: it is made again

    async def counts(self) -> tuple[int, int]:
        """Declarations and sources."""
        declarations, sources = (await self._select(_COUNTS, ()))[0]
        return int(declarations), int(sources)

    def stale(self, read: str, limit: int) -> list[str]:
        """Consignments whose assessment is missing or old, newest source first; waits for the writer."""

        def run(conn: sqlite.Connection) -> list[str]:
            found: list[str] = []
            for (source,) in conn.execute(_SOURCES).fetchall():
                found += [row[0] for row in conn.execute(_STALE, (source, read, limit - len(found)))]
                if len(found) >= limit:
                    break
            return found

        return self._writer.submit(run).result()

    def claims_in_thread(self, consignment: str) -> Claims:
        """As :meth:`claims`, for work that runs in a thread of its own; waits for the writer."""
        return _claims(
            self._writer.submit(lambda conn: conn.execute(_CLAIMS, (consignment,)).fetchall()).result()
        )

    async def _select(self, sql: str, params: tuple[Any, ...]) -> list[Any]:
        try:
            if self._reader:
                return self._reader.execute(sql, params).fetchall()
            return await asyncio.wrap_future(
                self._writer.submit(lambda conn: conn.execute(sql, params).fetchall())
            )
        except sqlite.Error as error:
            raise ReferenceFailed(str(error)) from error


def _open_or_begin(path: Path, clock: Clock) -> tuple[sqlite.Connection, str | None]:
    try:
        return _open(path), None
    except sqlite.OperationalError as error:  # no permission, no room, no answer: nothing is damaged
        raise ReferenceFailed(f"{path}: {error}") from error
    except sqlite.DatabaseError as error:
        aside = f"reference-damaged-{clock.now().strftime('%Y%m%dT%H%M%S%f')}.db"
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(path.with_name(aside + suffix))
        return _open(path), f"{path.name} was set aside as {aside}: {error}; import the manifests again"


def _open(path: Path) -> sqlite.Connection:
    conn = sqlite.connect(path)
    try:
        migrate_reference(conn, path)
        conn.execute("PRAGMA cache_size=-65536")
    except BaseException:
        conn.close()
        raise
    return conn


def _done(conn: sqlite.Connection, row: tuple[int, int, int]) -> None:
    conn.execute(_SOURCE_DONE, row)


def _claims(rows: Sequence[Any]) -> Claims:
    rows = _of_one_item(rows)
    claims = tuple(
        Claim(role=SourceRole(role), party=party, received=received, declaration=decode(body))
        for role, party, received, body, _ in rows
    )
    return Claims(claims=claims, digest=_digest_of(rows))


def _of_one_item(rows: Sequence[Any]) -> Sequence[Any]:
    """What was said of an earlier item under the same number is not said of this one."""
    if len(rows) < 2:
        return rows
    newest = max(datetime.fromisoformat(received) for _, _, received, _, _ in rows)
    return [row for row in rows if newest - datetime.fromisoformat(row[2]) < REUSED_AFTER]


def _digest_of(rows: Sequence[Any]) -> str:
    digest = hashlib.sha256()
    for *_, body, salt in rows:
        # The salt lies with the data: once both are erased, nothing is left to guess the digest from.
        for part in (salt, body):
            digest.update(len(part).to_bytes(4) + part)
    return digest.hexdigest()
