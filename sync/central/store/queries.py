"""Every statement on the tables of ``central.db``; functions take the open connection.

What belongs together shares the caller's transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sync.central.errors import BadConfiguration
from sync.keys import Keyring, PublicKey, Role, Suite, read_card, write_card
from sync.log.entries import Entry
from sync.log.merkle import CompactRange
from sync.sqlite import Connection

MAX_CLAIMS = 256
"""Heads of one log that may wait for their entries; a hub that works has one."""

_HUBS = "SELECT owner, card, registered_at, quarantined_at, reason FROM hub"
_HUB_NEW = "INSERT INTO hub (owner, card, note_key, registered_at) VALUES (?, ?, ?, ?)"
_QUARANTINE = "UPDATE hub SET quarantined_at = ?, reason = ? WHERE owner = ? AND quarantined_at IS NULL"
_LOG_OWNER = "SELECT owner FROM log WHERE log_id = ?"
_LOGS = "SELECT log_id, owner, opened_at FROM log ORDER BY owner, opened_at, log_id"
_LOG_NEW = "INSERT INTO log (log_id, owner, opened_at) VALUES (?, ?, ?)"
_ENTRY_NEW = (
    "INSERT INTO entry (log_id, seq, kind, payload, leaf, signature, received_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ENTRIES = (
    "SELECT seq, kind, payload, leaf, signature FROM entry "
    "WHERE log_id = ? AND seq >= ? AND seq < ? ORDER BY seq"
)
_LEAVES = "SELECT leaf FROM entry WHERE log_id = ? AND seq >= ? AND seq < ? ORDER BY seq"
_TREE = "SELECT size, edge FROM tree WHERE log_id = ?"
_TREE_PUT = (
    "INSERT INTO tree (log_id, size, edge) VALUES (?, ?, ?) "
    "ON CONFLICT (log_id) DO UPDATE SET size = excluded.size, edge = excluded.edge"
)
_COSIGNED_NEW = "INSERT INTO cosigned (log_id, size, root, edge, note, at) VALUES (?, ?, ?, ?, ?, ?)"
_COSIGNED_AT = "SELECT root, note FROM cosigned WHERE log_id = ? AND size = ?"
_COSIGNED_ALL = "SELECT note FROM cosigned WHERE log_id = ? ORDER BY size"
_COSIGNED_EDGE = "SELECT size, edge FROM cosigned WHERE log_id = ? AND size <= ? ORDER BY size DESC LIMIT 1"
_RECEIPTED = "SELECT coalesce(max(size), 0) FROM cosigned WHERE log_id = ?"
_CLAIM_NEW = "INSERT INTO claim (log_id, size, root, note, at) VALUES (?, ?, ?, ?, ?)"
_NEWEST_NOTE = """SELECT note FROM (
    SELECT size, note FROM cosigned WHERE log_id = ?1 UNION ALL SELECT size, note FROM claim WHERE log_id = ?1
    ) ORDER BY size DESC LIMIT 1"""
_CLAIM_AT = "SELECT root FROM claim WHERE log_id = ? AND size = ?"
_CLAIMED = "SELECT coalesce(max(size), 0), count(*) FROM claim WHERE log_id = ?"
_CLAIMS_UP_TO = "SELECT size, root, note FROM claim WHERE log_id = ? AND size <= ? ORDER BY size"
_CLAIM_DROP = "DELETE FROM claim WHERE log_id = ? AND size = ?"
_EQUIVOCATION = (
    "INSERT INTO equivocation (log_id, seq, kind, payload, leaf, signature, received_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_EQUIVOCATIONS = (
    "SELECT seq, kind, payload, leaf, signature FROM equivocation WHERE log_id = ? ORDER BY seq, kind, leaf"
)
_CENTRE_LEAF = "INSERT INTO centre_leaf (seq, data) VALUES (?, ?)"
_CENTRE_LEAVES = "SELECT data FROM centre_leaf ORDER BY seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredHub:
    """A registered hub; times in POSIX seconds."""

    owner: str
    keys: Keyring
    registered_at: int
    quarantined_at: int | None
    reason: str | None

    @property
    def decisions(self) -> PublicKey:
        """The key that signs its entries."""
        return self.keys.only(Role.DECISIONS)

    @property
    def checkpoints(self) -> PublicKey:
        """The key that signs its checkpoints."""
        return self.keys.only(Role.CHECKPOINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExtent:
    """How much of a log is here: entries, receipted entries, and the newest head the hub has shown."""

    size: int
    receipted: int
    claimed: int


@lru_cache(maxsize=4096)
def _keyring(card: str) -> Keyring:
    return Keyring(read_card(card.encode()))


def _hub(row: tuple[str, str, int, int | None, str | None]) -> RegisteredHub:
    owner, card, registered_at, quarantined_at, reason = row
    return RegisteredHub(
        owner=owner,
        keys=_keyring(card),
        registered_at=registered_at,
        quarantined_at=quarantined_at,
        reason=reason,
    )


def note_key_id(key: PublicKey) -> bytes:
    """Key id of an ECDSA key in a signed note: the first 4 bytes of SHA-256 over its SPKI."""
    return hashlib.sha256(key.spki).digest()[:4]


def register(conn: Connection, keys: Sequence[PublicKey], at: int) -> bool:
    """Register a hub by the two keys of its card; False if exactly these are registered already.

    Raises:
        BadConfiguration: not one decisions and one checkpoints key of one hub, other keys for a known hub,
            or keys of another hub.
    """
    owners = {key.owner for key in keys}
    if len(owners) != 1 or not next(iter(owners)).startswith("hub/"):
        raise BadConfiguration("a hub's card names one owner, hub/…; ask the hub for the card it made")
    if sorted(key.role for key in keys) != [Role.CHECKPOINTS, Role.DECISIONS]:
        raise BadConfiguration("a hub's card holds one decisions and one checkpoints key, and no other")
    owner = owners.pop()
    ordered = sorted(keys, key=lambda key: key.role)
    if ordered[0].suite is not Suite.ES256:
        raise BadConfiguration(f"the checkpoints key of {owner} must be a P-256 key")
    if ordered[0].spki == ordered[1].spki:
        raise BadConfiguration(f"{owner} uses one key for two roles; a key has exactly one")
    for hub in hubs(conn):
        theirs = {key.spki for key in hub.keys}
        if hub.owner == owner:
            if theirs == {key.spki for key in keys}:
                return False
            raise BadConfiguration(
                f"{owner} is registered with other keys; a hub that lost its keys gets a new name"
            )
        if any(key.spki in theirs for key in keys):
            raise BadConfiguration(f"a key of {owner} is registered for {hub.owner}; every hub has its own")
    conn.execute(_HUB_NEW, (owner, write_card(ordered).decode(), note_key_id(ordered[0]), at))
    return True


def hubs(conn: Connection) -> list[RegisteredHub]:
    """Every registered hub."""
    return [_hub(row) for row in conn.execute(f"{_HUBS} ORDER BY owner").fetchall()]


def hub(conn: Connection, owner: str) -> RegisteredHub | None:
    """The hub of that name."""
    row = conn.execute(f"{_HUBS} WHERE owner = ?", (owner,)).fetchone()
    return None if row is None else _hub(row)


def hubs_with_note_key(conn: Connection, key_id: bytes) -> list[RegisteredHub]:
    """The hubs whose checkpoints key has that 4-byte id; nearly always one."""
    return [_hub(row) for row in conn.execute(f"{_HUBS} WHERE note_key = ?", (key_id,)).fetchall()]


def quarantine(conn: Connection, owner: str, reason: str, at: int) -> None:
    """Take nothing more from a hub; its first reason stays."""
    conn.execute(_QUARANTINE, (at, reason, owner))


def owner_of(conn: Connection, log_id: str) -> RegisteredHub | None:
    """The hub a log is bound to."""
    row = conn.execute(_LOG_OWNER, (log_id,)).fetchone()
    return None if row is None else hub(conn, row[0])


def bind(conn: Connection, log_id: str, owner: str, at: int) -> None:
    """Bind a new log to a hub, for ever."""
    conn.execute(_LOG_NEW, (log_id, owner, at))


def logs(conn: Connection) -> list[tuple[str, str, int]]:
    """Log id, owner and time of opening of every log."""
    return list(conn.execute(_LOGS).fetchall())


def held(conn: Connection, log_id: str) -> LogExtent:
    """How much of a log is here; zeros for an unknown one."""
    tree = conn.execute(_TREE, (log_id,)).fetchone()
    (receipted,) = conn.execute(_RECEIPTED, (log_id,)).fetchone()
    claimed, _ = conn.execute(_CLAIMED, (log_id,)).fetchone()
    size = 0 if tree is None else tree[0]
    return LogExtent(size=size, receipted=receipted, claimed=max(claimed, size))


def newest_note(conn: Connection, log_id: str) -> str | None:
    """The largest head a hub has shown of a log, in the hub's own signed words."""
    row = conn.execute(_NEWEST_NOTE, (log_id,)).fetchone()
    return None if row is None else str(row[0])


def tree_of(conn: Connection, log_id: str) -> CompactRange:
    """The tree over everything that is here of a log."""
    row = conn.execute(_TREE, (log_id,)).fetchone()
    return CompactRange() if row is None else CompactRange.from_edge(*row)


def tree_at(conn: Connection, log_id: str, size: int) -> CompactRange:
    """The tree over the first ``size`` entries, from the nearest receipt and the leaves after it."""
    row = conn.execute(_COSIGNED_EDGE, (log_id, size)).fetchone()
    tree = CompactRange() if row is None else CompactRange.from_edge(*row)
    for (leaf,) in conn.execute(_LEAVES, (log_id, tree.size, size)):
        tree.append(leaf)
    return tree


def keep_tree(conn: Connection, log_id: str, tree: CompactRange) -> None:
    """Move the tree, in the transaction that appended its entries."""
    conn.execute(_TREE_PUT, (log_id, tree.size, tree.edge()))


def leaves(conn: Connection, log_id: str, first: int, end: int) -> list[bytes]:
    """Leaves ``first`` to ``end - 1`` of a log."""
    return [leaf for (leaf,) in conn.execute(_LEAVES, (log_id, first, end))]


def entries(conn: Connection, log_id: str, first: int, end: int) -> Iterator[Entry]:
    """Entries ``first`` to ``end - 1`` of a log, in order."""
    for seq, kind, payload, leaf, signature in conn.execute(_ENTRIES, (log_id, first, end)):
        yield Entry(seq=seq, kind=kind, payload=payload, leaf=leaf, signature=signature)


def append(conn: Connection, log_id: str, new: Iterable[Entry], at: int) -> None:
    """Write verified entries that follow what is here."""
    conn.executemany(_ENTRY_NEW, [(log_id, e.seq, e.kind, e.payload, e.leaf, e.signature, at) for e in new])


def receipt_at(conn: Connection, log_id: str, size: int) -> tuple[bytes, str] | None:
    """Root and note of the receipt over the first ``size`` entries."""
    row: tuple[bytes, str] | None = conn.execute(_COSIGNED_AT, (log_id, size)).fetchone()
    return row


def receipts(conn: Connection, log_id: str) -> list[str]:
    """Every receipt of a log, by size."""
    return [note for (note,) in conn.execute(_COSIGNED_ALL, (log_id,))]


def keep_receipt(conn: Connection, log_id: str, tree: CompactRange, note: str, at: int) -> None:
    """Keep a receipt, with the edge from which later trees are computed."""
    conn.execute(_COSIGNED_NEW, (log_id, tree.size, tree.root(), tree.edge(), note, at))


def claim_at(conn: Connection, log_id: str, size: int) -> bytes | None:
    """Root that the hub has shown for ``size`` before the entries came."""
    row = conn.execute(_CLAIM_AT, (log_id, size)).fetchone()
    return None if row is None else row[0]


def keep_claim(conn: Connection, log_id: str, size: int, root: bytes, note: str, at: int) -> None:
    """Keep a head that the hub has shown before its entries came.

    All waiting heads are kept, for any of them may be the one that a restored copy of the log contradicts;
    once ``MAX_CLAIMS`` wait, a new one takes the place of the largest.
    """
    largest, waiting = conn.execute(_CLAIMED, (log_id,)).fetchone()
    if waiting >= MAX_CLAIMS:
        conn.execute(_CLAIM_DROP, (log_id, largest))
    conn.execute(_CLAIM_NEW, (log_id, size, root, note, at))


def claims_up_to(conn: Connection, log_id: str, size: int) -> list[tuple[int, bytes, str]]:
    """Size, root and note of the waiting heads over at most ``size`` entries, by size."""
    return list(conn.execute(_CLAIMS_UP_TO, (log_id, size)).fetchall())


def drop_claim(conn: Connection, log_id: str, size: int) -> None:
    """Forget a head whose entries came and led to its root."""
    conn.execute(_CLAIM_DROP, (log_id, size))


def keep_equivocation(conn: Connection, log_id: str, entry: Entry, at: int) -> None:
    """Keep a second signed word on a place of the log: an entry, or a checkpoint over ``seq`` entries."""
    conn.execute(
        _EQUIVOCATION, (log_id, entry.seq, entry.kind, entry.payload, entry.leaf, entry.signature, at)
    )


def equivocations(conn: Connection, log_id: str) -> list[Entry]:
    """The second words that were kept on a log."""
    rows = conn.execute(_EQUIVOCATIONS, (log_id,)).fetchall()
    return [Entry(seq=q, kind=k, payload=p, leaf=f, signature=s) for q, k, p, f, s in rows]


def append_centre_leaf(conn: Connection, seq: int, data: bytes) -> None:
    """Write the next leaf of the centre's own log."""
    conn.execute(_CENTRE_LEAF, (seq, data))


def centre_leaves(conn: Connection) -> Iterator[bytes]:
    """The leaves of the centre's own log, in order."""
    for (data,) in conn.execute(_CENTRE_LEAVES):
        yield data
