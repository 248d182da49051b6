"""What an auditor runs at the centre: every stored log again, and the centre's own log of receipts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sync.central.identity import Centre
from sync.central.rules import ingest
from sync.central.store import queries as store
from sync.errors import BadLog, BadNote
from sync.keys import Keyring
from sync.log.merkle import CompactRange, leaf_hash
from sync.log.note import verify_cosignature
from sync.log.verify import LogReport, verify_log
from sync.sqlite import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """One log in the overview."""

    log_id: str
    owner: str
    opened_at: int
    size: int
    receipted: int
    claimed: int
    equivocations: int


def states(conn: Connection) -> list[LogState]:
    """Every log, by owner."""
    logs = []
    for log_id, owner, opened_at in store.logs(conn):
        held = store.held(conn, log_id)
        logs.append(
            LogState(
                log_id=log_id,
                owner=owner,
                opened_at=opened_at,
                size=held.size,
                receipted=held.receipted,
                claimed=held.claimed,
                equivocations=len(store.equivocations(conn, log_id)),
            )
        )
    return logs


def verify_stored(conn: Connection, centre: Centre, log_id: str, owner: str) -> LogReport:
    """Verify one stored log from its first entry: signatures, chain, tree, every receipt.

    Raises:
        BadLog, BadNote: what does not fit.
    """
    hub = store.hub(conn, owner)
    if hub is None:
        raise BadLog(0, f"log {log_id} is bound to {owner}, who is not registered")
    # In this order a service that runs meanwhile does no harm: no receipt can be newer than the tree.
    receipts = store.receipts(conn, log_id)
    tree = store.tree_of(conn, log_id)
    report = verify_log(
        log_id,
        owner,
        store.entries(conn, log_id, 0, tree.size),
        [],
        receipts,
        Keyring([*hub.keys, centre.cosigner.public]),
        centre.name,
    )
    if (report.entries, report.root) != (tree.size, tree.root().hex()):
        raise BadLog(tree.size, f"the kept tree of log {log_id} is not the tree of its entries")
    return report


def verify_own_log(conn: Connection, centre: Centre) -> int:
    """Verify that the centre's own log holds each receipt once, and nothing else; returns its size.

    Raises:
        BadLog: a leaf is missing, stray or altered, or the kept tree is another one.
    """
    conn.execute("BEGIN")  # one moment for both sides of the comparison
    try:
        return _compare_own_log(conn, centre)
    finally:
        conn.execute("ROLLBACK")


def _compare_own_log(conn: Connection, centre: Centre) -> int:
    expected: Counter[bytes] = Counter()
    for log_id, _, _ in store.logs(conn):
        for receipt in store.receipts(conn, log_id):
            verified = verify_cosignature(receipt, centre.name, centre.cosigner.public)
            expected[ingest.centre_leaf(verified.checkpoint, verified.at)] += 1
    tree = CompactRange()
    for leaf in store.centre_leaves(conn):
        if not expected[leaf]:
            raise BadLog(tree.size, "a leaf of the centre's own log belongs to no receipt")
        expected[leaf] -= 1
        tree.append(leaf_hash(leaf))
    if expected.total():
        raise BadNote(f"{expected.total()} receipts are not in the centre's own log")
    kept = store.tree_of(conn, centre.name)
    if (kept.size, kept.root()) != (tree.size, tree.root()):
        raise BadLog(tree.size, "the kept tree of the centre's own log is not the tree of its leaves")
    return tree.size
