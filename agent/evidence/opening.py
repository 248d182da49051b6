"""Opening the log: compute its head, check it against its newest receipt, set a damaged file aside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.evidence.reader import FILE
from agent.evidence.schema import migrate_evidence
from agent.runtime.clock import Clock
from agent.runtime.ids import new_log_id
from sync import sqlite
from sync.errors import BadProof
from sync.log.merkle import CompactRange
from sync.log.note import parse_checkpoint, parse_note

_LAST = "SELECT seq, leaf FROM log ORDER BY seq DESC LIMIT 1"
_LEAVES = "SELECT leaf FROM log WHERE seq >= ? ORDER BY seq"
_CHECKPOINT_AT = "SELECT edge, note FROM checkpoint WHERE size = ?"
_LAST_CHECKPOINT = "SELECT size, edge FROM checkpoint ORDER BY size DESC LIMIT 1"
_LAST_RECEIPT = "SELECT size, note, centre_log FROM receipt ORDER BY size DESC LIMIT 1"
_META = "SELECT value FROM meta WHERE key = ?"
_SET_META = "INSERT INTO meta (key, value) VALUES (?, ?)"
_STANDING = "SELECT piece, -1, at, disposition, station, cleared, unmanifested, hold FROM current"
"""What stands on each piece; the numbers are those of the old log and mean nothing in the new one."""


@dataclass(slots=True)
class LogHead:
    """The end of the log; while the writer thread runs, only it touches this."""

    log_id: str
    tree: CompactRange
    last: bytes | None
    checkpointed: int

    def snapshot(self) -> tuple[CompactRange, bytes | None, int]:
        return self.tree.copy(), self.last, self.checkpointed

    def restore(self, state: tuple[CompactRange, bytes | None, int]) -> None:
        self.tree, self.last, self.checkpointed = state


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideLog:
    """Head and standing decisions of a log that a new one continues."""

    log_id: str
    size: int
    root: str
    current: list[Any]
    in_force: list[Any]
    """Which issues of policy and lists were in force: (key, value) of ``meta``."""


def load(path: Path, connect: Callable[[Path], sqlite.Connection]) -> tuple[sqlite.Connection, LogHead]:
    conn = connect(path)
    try:
        migrate_evidence(conn, path)
        row = conn.execute(_META, ("log_id",)).fetchone()
        if row is None:
            log_id = new_log_id()
            conn.execute(_SET_META, ("log_id", log_id))
        else:
            log_id = str(row[0])
        return conn, _head(conn, log_id)
    except BaseException:
        conn.close()
        raise


def _head(conn: sqlite.Connection, log_id: str) -> LogHead:
    """The head, computed from the newest receipt on; a log that does not fit its notes is refused.

    Entries that no receipt covers exist only here, so each of them must be readable.
    """
    start, edge = 0, b""
    receipt = conn.execute(_LAST_RECEIPT).fetchone()
    if receipt is not None:
        held = parse_checkpoint(parse_note(receipt[1]).text)
        kept = conn.execute(_CHECKPOINT_AT, (held.size,)).fetchone()
        if kept is None:
            raise ValueError(f"a receipt covers {held.size} entries, whose checkpoint is missing")
        start, edge = held.size, bytes(kept[0])
        if CompactRange.from_edge(start, edge).root() != held.root:
            raise ValueError(f"the receipt over {start} entries has another root than the log")
    signed = conn.execute(_LAST_CHECKPOINT).fetchone()
    checkpointed = 0 if signed is None else int(signed[0])
    tree = CompactRange.from_edge(start, edge)
    for (leaf,) in conn.execute(_LEAVES, (start,)):
        tree.append(leaf)
        if tree.size == checkpointed and tree.edge() != bytes(signed[1]):
            raise ValueError(f"the log up to {checkpointed} entries is not the one that was signed")
    last = conn.execute(_LAST).fetchone()
    ends = 0 if last is None else int(last[0]) + 1
    if ends != tree.size or ends < checkpointed:
        raise ValueError(f"the log has {ends} entries, {max(tree.size, checkpointed)} were signed")
    return LogHead(
        log_id=log_id, tree=tree, last=None if last is None else bytes(last[1]), checkpointed=checkpointed
    )


def set_aside(folder: Path, clock: Clock) -> SetAsideLog | None:
    """Set ``evidence.db`` aside under the name of its log; returns what can be read of its head."""
    path = folder / FILE
    old = _read_old(path)
    label = old.log_id if old else clock.now().strftime("damaged-%Y%m%dT%H%M%S%f")
    aside, number = folder / f"evidence-{label}.db", 1
    while aside.exists():  # another copy of the same log, which may have continued differently
        number += 1
        aside = folder / f"evidence-{label}-{number}.db"
    for suffix in ("", "-wal", "-shm"):
        part = folder / (FILE + suffix)
        if part.exists():
            part.rename(folder / (aside.name + suffix))
    return old


def adopt_predecessor(folder: Path) -> SetAsideLog | None:
    """The newest log that was set aside and that no new log continues yet."""
    aside = sorted(folder.glob("evidence-*.db"), key=lambda p: p.stat().st_mtime_ns)
    return _read_old(aside[-1]) if aside else None


def _read_old(path: Path) -> SetAsideLog | None:
    """Head, standing decisions and issues in force of an old log, each as far as it can be read."""
    try:
        conn = sqlite.connect(path, read_only=True)
    except sqlite.Error:
        return None
    try:
        log_id = str(conn.execute(_META, ("log_id",)).fetchone()[0])
        tree = _old_tree(conn)
        return SetAsideLog(
            log_id=log_id,
            size=tree.size,
            root=tree.root().hex(),
            current=_readable(conn, _STANDING),
            in_force=_readable(conn, "SELECT key, value FROM meta WHERE key LIKE 'in_force/%'"),
        )
    except (sqlite.Error, TypeError, BadProof):
        return None
    finally:
        conn.close()


def _old_tree(conn: sqlite.Connection) -> CompactRange:
    """The tree over all entries, or, where they cannot all be read, up to the newest signed head."""
    tree = CompactRange()
    try:
        for (leaf,) in conn.execute(_LEAVES, (0,)):
            tree.append(leaf)
    except sqlite.DatabaseError:
        size, edge = conn.execute(_LAST_CHECKPOINT).fetchone() or (0, b"")
        return CompactRange.from_edge(int(size), bytes(edge))
    return tree


def _readable(conn: sqlite.Connection, sql: str) -> list[Any]:
    """The rows before the first damaged one."""
    rows: list[Any] = []
    with contextlib.suppress(sqlite.DatabaseError):
        for row in conn.execute(sql):
            rows.append(row)
    return rows
