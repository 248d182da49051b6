"""``evidence.db``: the signed log, its checkpoints and receipts, and the decision that stands on each piece.

Only the writer knows ``seq`` and ``prev``: it numbers, seals, signs and stores inside one transaction, and an
entry is shown to anybody after COMMIT. The log is the outbox: unsent is what no receipt covers yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from agent.domain.decision.values import Decision
from agent.domain.findings.disposition import Disposition
from agent.domain.identifiers.s10 import REUSED_AFTER
from agent.domain.piece import PieceKey, Previous
from agent.errors import EvidenceFailed, Outdated
from agent.evidence.opening import LogHead, SetAsideLog, adopt_predecessor, load, set_aside
from agent.evidence.reader import FILE
from agent.evidence.recorded import Recorded
from agent.evidence.statements import decision_body, decision_statement, sealed_reasons
from agent.runtime.clock import Clock, iso
from agent.trust.hub_keys import Signer
from sync import sqlite
from sync.errors import BadNote, BadProof
from sync.log import sealed, statement
from sync.log.entries import Entry, sign_entry
from sync.log.note import Checkpoint, origin_of, parse_checkpoint, parse_note, sign_checkpoint
from sync.sqlite.writer import Writer

T = TypeVar("T")

CHECKPOINT_EVERY = 256

_APPEND = "INSERT INTO log (seq, kind, payload, leaf, signature) VALUES (?, ?, ?, ?, ?)"
_RANGE = "SELECT seq, kind, payload, leaf, signature FROM log WHERE seq >= ? ORDER BY seq LIMIT ?"
_RECENT = (
    "SELECT seq, kind, payload, leaf, signature FROM log WHERE kind = 'decision' ORDER BY seq DESC LIMIT ?"
)
_CHECKPOINT = "INSERT INTO checkpoint (size, edge, note, at) VALUES (?, ?, ?, ?)"
_CHECKPOINT_AT = "SELECT edge, note FROM checkpoint WHERE size = ?"
_RECEIPT = "INSERT INTO receipt (size, note, centre_log, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_LAST_RECEIPT = "SELECT size, note, centre_log FROM receipt ORDER BY size DESC LIMIT 1"
_CURRENT = "SELECT seq, at, disposition, station, cleared, hold FROM current WHERE piece = ?"
_SET_CURRENT = """INSERT INTO current (piece, seq, at, disposition, station, cleared, unmanifested)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (piece) DO UPDATE SET
    seq = excluded.seq, at = excluded.at, disposition = excluded.disposition, station = excluded.station,
    cleared = excluded.cleared, unmanifested = excluded.unmanifested"""
_CARRY = """INSERT INTO current (piece, seq, at, disposition, station, cleared, unmanifested, hold)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_MOVE_HOLD = """UPDATE current SET hold = (SELECT hold FROM current WHERE piece = ?)
    WHERE piece = ? AND hold IS NULL"""
_SETTLE = "UPDATE current SET unmanifested = 0 WHERE piece = ?"
_UNMANIFESTED = "SELECT piece, seq FROM current WHERE unmanifested = 1 AND piece > ? ORDER BY piece LIMIT ?"
_STANDING = """SELECT piece, seq FROM current
    WHERE piece IN ({}) AND unmanifested = 0 AND seq >= 0 ORDER BY piece"""
ASKED_AT_ONCE = 500
_META = "SELECT value FROM meta WHERE key = ?"
_SET_META = (
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_LISTS = "SELECT key FROM meta WHERE key LIKE 'in_force/list/%'"
_ENTRY = "SELECT seq, kind, payload, leaf, signature FROM log WHERE seq = ?"


class EvidenceLog:
    """The hub's signed log. Reads may be made from any coroutine of the event loop; one thread writes."""

    def __init__(
        self, path: Path, conn: sqlite.Connection, head: LogHead, signer: Signer, clock: Clock
    ) -> None:
        self.path = path
        self.log_id = head.log_id
        self._head = head
        self._signer = signer
        self._clock = clock
        self._reader = sqlite.connect(path, read_only=True) if sqlite.is_sound() else None
        newest = conn.execute(_LAST_RECEIPT).fetchone()
        self._receipted = 0 if newest is None else int(newest[0])
        self._anchor = None if newest is None else _anchor_of(newest[2])
        self._size = head.tree.size
        self._writer = Writer("evidence-writer", lambda: conn, _Unit(self, head), on_commit=self._committed)

    @classmethod
    def open(
        cls,
        folder: Path,
        signer: Signer,
        clock: Clock,
        connect: Callable[[Path], sqlite.Connection] = sqlite.connect,
    ) -> tuple[EvidenceLog, str | None]:
        """Open the log, or set a damaged one aside and continue under a new id.

        Returns:
            The log, and why the old one was set aside, or None.

        Raises:
            SchemaTooNew: the file was written by a newer program.
        """
        path = folder / FILE
        trouble: str | None = None
        old: SetAsideLog | None = None
        try:
            conn, head = load(path, connect)
        except sqlite.OperationalError as error:  # no permission, space or answer: nothing is damaged
            raise EvidenceFailed(f"{path}: {error}") from error
        except (sqlite.DatabaseError, BadNote, BadProof, ValueError) as error:
            trouble = f"{path.name} was set aside: {error}"
            old = set_aside(folder, clock)
            conn, head = load(path, connect)
        log = cls(path, conn, head, signer, clock)
        log._writer.start()
        if head.tree.size == 0:
            log._begin(old or adopt_predecessor(folder))
        if trouble:
            log.event("LOG_SET_ASIDE", {"reason": trouble[:200]}).result()
        return log, trouble

    # -- writing ---------------------------------------------------------------------------------------------

    async def append(
        self, decision: Decision, *, previous: Previous | None = None, settles: PieceKey | None = None
    ) -> Recorded:
        """Record a decision; returns once it is on disk.

        Args:
            previous: The decision that stood on the piece.
            settles: The number under which an unmanifested piece was waiting that this decision settles.

        Raises:
            EvidenceFailed: it could not be written, so nothing was decided.
        """
        body = decision_body(decision)
        plaintext = sealed_reasons(decision)
        piece = str(decision.piece)
        unmanifested = any(f.code == "UNMANIFESTED" for f in decision.verdict.open)
        cleared = decision.verdict.disposition is Disposition.CLEAR or (
            previous is not None and previous.cleared
        )

        def run(conn: sqlite.Connection) -> tuple[Entry, statement.Decision]:
            place = self._place()
            seq = place.seq
            block = sealed.seal(plaintext, self._signer.sealing, self.log_id, seq)
            entry = self._write_at(conn, place, "decision", {**body, "sealed": block})
            at = iso(self._clock.now())
            row = (piece, seq, at, body["disposition"], decision.station, int(cleared), int(unmanifested))
            conn.execute(_SET_CURRENT, row)
            if settles is not None and str(settles) != piece:
                conn.execute(_SETTLE, (str(settles),))
                conn.execute(_MOVE_HOLD, (str(settles), piece))
            return entry, decision_statement(body, block, place)

        commit = self._writer.submit(run)
        entry, recorded = await self._durably(commit)
        return Recorded(entry=entry, statement=recorded, verdict=decision.verdict, durable_ns=commit.at_ns)

    def event(self, code: str, params: dict[str, str | int]) -> Future[Entry]:
        """Record an event at the hub that bears on its decisions."""
        return self._writer.submit(lambda conn: self._write(conn, "event", {"code": code, "params": params}))

    async def settle(self, piece: PieceKey) -> None:
        """An unmanifested piece no longer waits: another decision stands on it under its declared number."""
        await self._durably(self._writer.submit(lambda conn: conn.execute(_SETTLE, (str(piece),)).rowcount))

    def put_in_force(self, issues: Mapping[str, int]) -> frozenset[str]:
        """Remember which issues of policy and lists are in force, all or none; an older one never comes back.

        Waits for the disk.

        Args:
            issues: By name (``policy``, ``list/ID``): a number that grows with each issue.

        Returns:
            Ids of all lists that were ever in force here.

        Raises:
            Outdated: a newer issue was in force on this hub.
        """

        def run(conn: sqlite.Connection) -> frozenset[str]:
            for name, order in issues.items():
                row = conn.execute(_META, (f"in_force/{name}",)).fetchone()
                if row is not None and int(row[0]) > order:
                    raise Outdated(name, order, int(row[0]))
                conn.execute(_SET_META, (f"in_force/{name}", str(order)))
            rows = conn.execute(_LISTS).fetchall()
            return frozenset(str(row[0]).removeprefix("in_force/list/") for row in rows)

        return self._writer.submit(run).result()

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to that many pages only; what needs more fails as on a full disk.

        A smaller number than the file has means its present size: nothing more fits.
        """
        self._writer.submit(
            lambda conn: conn.execute(f"PRAGMA max_page_count={int(pages)}").fetchone()
        ).result()

    async def checkpoint(self) -> str:
        """The signed note over the present head; the same head gives the same note."""
        return await self._durably(self._writer.submit(self._checkpoint))

    async def keep_receipt(self, receipt: str, centre_log: str) -> None:
        """Keep a receipt that was verified."""
        size = parse_checkpoint(parse_note(receipt).text).size
        at = iso(self._clock.now())
        await self._durably(
            self._writer.submit(lambda conn: conn.execute(_RECEIPT, (size, receipt, centre_log, at)).rowcount)
        )
        self._receipted = max(self._receipted, size)
        self._anchor = _anchor_of(centre_log)

    def flush(self) -> None:
        """Wait until everything that was handed over for writing is on disk."""
        self._writer.flush()

    def close(self) -> None:
        """Sign the head, finish what is queued, close the file."""
        if not self._writer.failed:
            self._writer.submit(self._checkpoint)
        self._writer.close()
        if self._reader:
            self._reader.close()

    @property
    def failed(self) -> str | None:
        """Why the log cannot be written any longer, or None."""
        return self._writer.failed

    # -- reading ---------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Entries on disk."""
        return self._size

    def receipted(self) -> int:
        """Entries that the newest receipt of the centre covers."""
        return self._receipted

    async def read(self, first: int, limit: int) -> list[Entry]:
        """Entries from ``first`` on, in order."""
        return [_entry(row) for row in await self._select(_RANGE, (first, limit))]

    async def recent(self, limit: int) -> list[Entry]:
        """The newest decisions, newest first."""
        return [_entry(row) for row in await self._select(_RECENT, (limit,))]

    async def entry(self, seq: int) -> Entry | None:
        """One entry."""
        rows = await self._select(_ENTRY, (seq,))
        return _entry(rows[0]) if rows else None

    async def previous(self, piece: PieceKey) -> Previous | None:
        """The decision that stands on a piece, or None.

        A postal number may be used again after a year: an earlier decision is on another item then, unless
        the authority holds it.
        """
        rows = await self._select(_CURRENT, (str(piece),))
        if not rows:
            return None
        seq, at, disposition, station, cleared, hold = rows[0]
        if hold is None and piece.kind == "s10" and at < iso(self._clock.now() - REUSED_AFTER):
            return None
        return Previous(
            seq=seq if seq >= 0 else None,
            disposition=Disposition(disposition),
            station=station,
            cleared=bool(cleared),
            hold=None if hold is None else Disposition(hold),
        )

    async def standing(self, pieces: Sequence[str]) -> list[tuple[str, int]]:
        """Those of these pieces (``kind:value``) that have a decision with a declaration in this log.

        Each with the number of its decision, sorted by piece.
        """
        decided: list[tuple[str, int]] = []
        for start in range(0, len(pieces), ASKED_AT_ONCE):
            chunk = tuple(pieces[start : start + ASKED_AT_ONCE])
            rows = await self._select(_STANDING.format(", ".join("?" * len(chunk))), chunk)
            decided += [(str(piece), int(seq)) for piece, seq in rows]
        return decided

    async def unmanifested(self, after: str = "", limit: int = 500) -> list[tuple[str, int]]:
        """Pieces (``kind:value``) without a declaration, each with the number of its decision."""
        return [(str(p), int(s)) for p, s in await self._select(_UNMANIFESTED, (after, limit))]

    async def _select(self, sql: str, params: tuple[Any, ...]) -> list[Any]:
        if self._reader:
            try:
                return self._reader.execute(sql, params).fetchall()
            except sqlite.Error as error:
                raise EvidenceFailed(str(error)) from error
        # One connection per file where the library could lose commits with two.
        return await self._durably(self._writer.submit(lambda conn: conn.execute(sql, params).fetchall()))

    # -- inside the writer's transaction ---------------------------------------------------------------------

    def _begin(self, old: SetAsideLog | None) -> None:
        signer = self._signer
        body = {
            "hub": signer.hub,
            "software": signer.software,
            "keys": [signer.decisions.public.keyid, signer.checkpoints.public.keyid],
            "continues": None if old is None else {"log_id": old.log_id, "size": old.size, "root": old.root},
            "audit_key_sealed": sealed.seal_bytes(
                signer.audit_key, signer.sealing, f"preclear/audit-key/v1|{self.log_id}"
            ),
        }
        carried = [] if old is None else old.current

        def run(conn: sqlite.Connection) -> None:
            self._write(conn, "opened", body)
            conn.executemany(_CARRY, carried)
            conn.executemany(_SET_META, [] if old is None else old.in_force)

        self._writer.submit(run).result()

    def _place(self) -> statement.LogPlace:
        head, clock = self._head, self._clock
        boot, mono_ns = clock.boot()
        source, u_ms = clock.trust()
        now = clock.now()
        return statement.LogPlace(
            log_id=head.log_id,
            seq=head.tree.size,
            prev=None if head.last is None else head.last.hex(),
            boot=boot,
            mono_ns=mono_ns,
            at=iso(now),
            clock=statement.ClockReading(source=source, u_ms=u_ms),
            anchor=self._anchor,
        )

    def _write(self, conn: sqlite.Connection, kind: str, body: dict[str, Any]) -> Entry:
        return self._write_at(conn, self._place(), kind, body)

    def _write_at(
        self, conn: sqlite.Connection, place: statement.LogPlace, kind: str, body: dict[str, Any]
    ) -> Entry:
        head = self._head
        payload = statement.encode(kind, place, body)
        entry = sign_entry(place.seq, kind, payload, self._signer.decisions)
        conn.execute(_APPEND, (entry.seq, kind, payload, entry.leaf, entry.signature))
        head.tree.append(entry.leaf)
        head.last = entry.leaf
        return entry

    def _checkpoint(self, conn: sqlite.Connection) -> str:
        head = self._head
        row = conn.execute(_CHECKPOINT_AT, (head.tree.size,)).fetchone()
        if row is not None:
            return str(row[1])
        checkpoint = Checkpoint(origin=origin_of(head.log_id), size=head.tree.size, root=head.tree.root())
        note = sign_checkpoint(checkpoint, self._signer.checkpoints)
        conn.execute(_CHECKPOINT, (head.tree.size, head.tree.edge(), note, iso(self._clock.now())))
        head.checkpointed = head.tree.size
        return note

    def _committed(self) -> int:
        self._size = self._head.tree.size
        return self._clock.monotonic_ns()

    async def _durably(self, future: Future[T]) -> T:
        try:
            return await asyncio.wrap_future(future)
        except sqlite.Error as error:
            raise EvidenceFailed(str(error)) from error


class _Unit:
    """Ties the head to the writer's transactions."""

    def __init__(self, log: EvidenceLog, head: LogHead) -> None:
        self._log = log
        self._head = head

    def snapshot(self) -> Any:
        return self._head.snapshot()

    def restore(self, state: Any) -> None:
        self._head.restore(state)

    def before_commit(self, conn: sqlite.Connection) -> None:
        if self._head.tree.size - self._head.checkpointed >= CHECKPOINT_EVERY:
            self._log._checkpoint(conn)


def _entry(row: Iterable[Any]) -> Entry:
    seq, kind, payload, leaf, signature = row
    return Entry(seq=seq, kind=kind, payload=payload, leaf=leaf, signature=signature)


def _anchor_of(centre_log: str) -> statement.Anchor | None:
    try:
        head = parse_checkpoint(parse_note(centre_log).text)
    except BadNote:
        return None
    return statement.Anchor(origin=head.origin, size=head.size, root=head.root.hex())
