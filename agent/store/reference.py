"""``reference.db``: sources, declarations, pieces and their labels, and what their documents say."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent import __version__
from agent.clock import Clock, iso
from agent.domain.candidates import Candidate
from agent.domain.decision import PieceKey
from agent.domain.declarations import Declaration, decode, encode
from agent.domain.effective import Claim, SourceRole
from agent.domain.s10 import REUSED_AFTER
from agent.errors import ReferenceFailed
from agent.ids import new_salts
from agent.store.labelled import Labelled
from agent.store.schema import migrate_reference
from agent.store.walk import Walk
from agent.store.writer import Commit, Writer
from sync import sqlite

T = TypeVar("T")

FILE = "reference.db"
LOOK = 1_000
"""Declarations looked at in one step of the search for what is not assessed."""
WAL_PAGES = 2_000
"""8 MB of changes before they are moved into the file. More would be cheaper for an import, but the disk is
the lanes' too: moving 128 MB held up their commits for 300 ms, this for 25."""

_SOURCE = """INSERT INTO source (party, role, message, sha256, received, reading, program, taken)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0)"""
_SOURCE_BEGUN = "SELECT id, rows IS NOT NULL, reading, program, taken FROM source WHERE sha256 = ?"
_SOURCE_AGAIN = """UPDATE source SET reading = ?, program = ?, taken = 0, rows = NULL, rejected = NULL
    WHERE id = ?"""
_SOURCE_TAKEN = "UPDATE source SET taken = taken + ? WHERE id = ?"
_SOURCE_DONE = "UPDATE source SET rows = ?, rejected = ? WHERE id = ?"
# No "or replace": with it SQLite keeps a journal for each row, and stores a third as many a second.
_DECLARATION = """INSERT INTO declaration (consignment, source, body, salt) VALUES (?, ?, ?, ?)
    ON CONFLICT (consignment, source) DO UPDATE SET body = excluded.body, salt = excluded.salt"""
_LAST_DECLARATION = "SELECT coalesce(max(id), 0) FROM declaration"
_PIECE = """INSERT INTO piece (consignment, number, kind, value, receptacle) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (consignment, number) DO UPDATE SET receptacle = excluded.receptacle"""
_IDENTIFIER = """INSERT INTO identifier (kind, value, consignment, number, declared) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (value, kind, consignment, number) DO UPDATE SET declared = excluded.declared"""
_MATCH = """SELECT p.consignment, p.receptacle, p.kind, p.value, i.declared, p.number
    FROM identifier AS i JOIN piece AS p ON p.consignment = i.consignment AND p.number = i.number
    WHERE i.value = ? AND i.kind = ? ORDER BY i.declared DESC LIMIT 8"""
_CLAIMS = """SELECT s.role, s.party, s.received, d.body, d.salt
    FROM declaration AS d JOIN source AS s ON s.id = d.source WHERE d.consignment = ? ORDER BY s.id"""
_ASSESSMENT = "SELECT read, body FROM assessment WHERE consignment = ?"
_SET_ASSESSMENT = """INSERT INTO assessment (consignment, read, body) VALUES (?, ?, ?)
    ON CONFLICT (consignment) DO UPDATE SET read = excluded.read, body = excluded.body"""
_DROP_ASSESSMENT = "DELETE FROM assessment WHERE consignment = ?"
_NEWEST = """SELECT d.id, d.consignment,
        (SELECT a.read FROM assessment AS a WHERE a.consignment = d.consignment)
    FROM declaration AS d WHERE d.id <= ? AND d.id >= ? ORDER BY d.id DESC LIMIT ?"""
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
_BY_NUMBER = attrgetter("consignment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file or message, and who sent it in which capacity."""

    party: str
    role: SourceRole
    message: str
    sha256: str
    reading: str = ""
    """As what it is read: its format, the mapping profile, what was taken for granted."""


class Begun(NamedTuple):
    """Where a source stands when its file is at hand."""

    number: int
    known: bool
    """It was taken in completely, and read the same way."""
    taken: int
    """Declarations of it that are kept already, the first ones of the file."""


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
        self._walk = Walk()
        self._writer = Writer("reference-writer", lambda: conn, group=32)
        self._writer.start()

    def close(self) -> None:
        """Finish what is queued and close the file."""
        self._writer.close()
        if self._reader:
            self._reader.close()

    # -- taking in -------------------------------------------------------------------------------------------

    def begin_source(self, source: Source) -> Commit[Begun]:
        """Begin to take in a file, or go on with it.

        A file whose import was interrupted goes on behind the declarations that are kept, provided the same
        program reads it the same way; else it is taken in from its beginning, and rows replace themselves.
        So is a file that was taken in completely and is read another way now.
        """
        received = iso(self._clock.now())

        def run(conn: sqlite.Connection) -> Begun:
            row = conn.execute(_SOURCE_BEGUN, (source.sha256,)).fetchone()
            if row is None:
                who = (source.party, source.role.value, source.message, source.sha256)
                made = conn.execute(_SOURCE, (*who, received, source.reading, __version__))
                return Begun(int(made.lastrowid or 0), False, 0)
            number, complete, reading, program, taken = row
            if complete and reading == source.reading:
                return Begun(number, True, taken)
            if not complete and (reading, program) == (source.reading, __version__):
                return Begun(number, False, taken)
            conn.execute(_SOURCE_AGAIN, (source.reading, __version__, number))
            self._walk.arrived_after(0)  # its rows will be replaced where they lie
            return Begun(number, False, 0)

        return self._writer.submit(run)

    def add(self, source: int, declarations: Sequence[Declaration]) -> Commit[None]:
        """Keep declarations of one source; see :meth:`add_bodies`."""
        return self.add_bodies(source, declarations, [encode(d) for d in declarations])

    def add_bodies(
        self, source: int, declarations: Sequence[Declaration | Labelled], bodies: Sequence[bytes]
    ) -> Commit[None]:
        """Keep declarations of one source, and how many they are; the same consignment replaces its row.

        They are stored in the order of their numbers, so that those that are near each other in the indexes
        are written together.

        Args:
            bodies: The declarations as ``encode`` gives them.
        """
        declared, count = iso(self._clock.now()), len(declarations)
        rows = zip(declarations, bodies, new_salts(count), strict=True)
        kept = sorted((d.consignment, source, body, salt) for d, body, salt in rows)
        declarations = sorted(declarations, key=_BY_NUMBER)
        pieces, labels = [], []
        for d in declarations:
            for number, printed in enumerate(filter(None, d.pieces), 1):
                pieces.append((d.consignment, number, printed[0].kind, printed[0].value, d.receptacle))
                labels += [(x.kind, x.value, d.consignment, number, declared) for x in printed]
        consignments = [(d.consignment,) for d in declarations]

        def run(conn: sqlite.Connection) -> None:
            last = conn.execute(_LAST_DECLARATION).fetchone()[0]
            conn.executemany(_DECLARATION, kept)
            conn.executemany(_DROP_ASSESSMENT, consignments)
            conn.executemany(_PIECE, pieces)
            conn.executemany(_IDENTIFIER, labels)
            conn.execute(_SOURCE_TAKEN, (count, source))
            self._walk.arrived_after(last)

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
                consignment, receptacle, kind, value, _, number = rows[0]
                return Match(
                    key=PieceKey(kind=kind, value=value),
                    consignment=consignment,
                    receptacle=receptacle,
                    others=len({(row[0], row[5]) for row in rows} - {(consignment, number)}),
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

    def stale(self, read: str, limit: int) -> list[tuple[str, Claims]] | None:
        """Some consignments whose assessment is missing or old, with their claims, newest first.

        For a thread of its own: it waits for the writer. Each call looks at no more than ``LOOK``
        declarations, so that the writer is not kept; it may find none of them stale. What was found assessed
        is not looked at again until it is declared anew, or ``read`` changes.

        Returns:
            None once everything is assessed.
        """

        def run(conn: sqlite.Connection) -> dict[str, Sequence[Any]] | None:
            walk = self._walk
            if walk.read != read:
                self._walk = walk = Walk(read=read)
            if walk.at is None:
                last = int(conn.execute(_LAST_DECLARATION).fetchone()[0])
                if last < walk.floor or not last:
                    return None
                walk.at, walk.next_floor = last, last + 1
            found: dict[str, Sequence[Any]] = {}
            rows = conn.execute(_NEWEST, (walk.at, walk.floor, LOOK)).fetchall()
            for number, consignment, assessed in rows:
                if len(found) == limit:
                    break
                walk.at = number - 1
                if assessed != read and consignment not in found:
                    found[consignment] = conn.execute(_CLAIMS, (consignment,)).fetchall()
            else:
                if len(rows) < LOOK:
                    walk.floor, walk.at = walk.next_floor, None
            return found

        found = self._writer.submit(run).result()
        return (
            None if found is None else [(consignment, _claims(rows)) for consignment, rows in found.items()]
        )

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


def read_claims(conn: sqlite.Connection, consignment: str) -> Claims:
    """All that was said of one consignment, for whoever reads beside a hub."""
    return _claims(conn.execute(_CLAIMS, (consignment,)).fetchall())


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
        conn.execute("PRAGMA cache_size=-32768")
        conn.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
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
