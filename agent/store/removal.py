"""Removal of the declarations of some sources; those of others stand as before.

It runs in steps, each complete in itself, so that lanes and other writing go on between them. The row of a
source is deleted last, so that the next removal finds an interrupted one and completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.domain.consignment.declaration import Level
from agent.store import assessment_table as assessments
from agent.store import declaration_table as declared
from agent.store.declaration_table import TakenAway
from sync import sqlite

BATCH = 256 if sqlite.is_sound() else 64
"""Declarations of one step; each costs a dozen statements, and lanes may have to wait for it."""
SPAN = 20_000
"""Declarations that one step scans: those of all sources lie in the order in which they arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of one step."""

    at: int
    """Declarations up to this number were scanned."""
    total: int
    """Number of the newest declaration."""
    removed: int
    assess_after: int | None
    """After this number lie consignments that must be assessed again; None where nothing has changed."""

    @property
    def done(self) -> bool:
        """Whether only the rows of the sources themselves are left."""
        return self.at >= self.total


def step(
    conn: sqlite.Connection, sources: Sequence[int], after: int, *, span: int = SPAN, most: int = BATCH
) -> Step:
    """Remove some declarations of ``sources``, scanning from number ``after`` on.

    Args:
        conn: In a transaction.
        sources: Their numbers.
        after: Where the step before left off; 0 at first.
        span: Declarations to look through, at most.
        most: Declarations to take away, at most.

    Pieces, labels and houses of the consignments follow from the declarations that remain. What was found on
    them is forgotten; what was found on house bills of a master bill, or on a master bill of house bills, is
    to be assessed again.
    """
    removed = declared.take_away(conn, sources, after, span=span, most=most)
    assess_after = _outdate(conn, removed) if removed.taken else None
    return Step(at=removed.at, total=declared.last(conn), removed=removed.taken, assess_after=assess_after)


def _outdate(conn: sqlite.Connection, removed: TakenAway) -> int:
    again = dict.fromkeys(removed.gone)
    earlier = [declared.last(conn)]
    for consignment, declarations in removed.gone.items():
        assessments.forget(conn, consignment)
        if any(one.level is Level.MASTER for one in declarations):
            assessments.outdate_houses(conn, consignment)
            earlier.append(declared.before_houses(conn, consignment))
        again |= dict.fromkeys(one.master for one in declarations if one.master is not None)
    assessments.outdate(conn, ((consignment,) for consignment in again))
    earlier += (declared.before(conn, consignment) for consignment in again)
    return min(earlier)


def erase(conn: sqlite.Connection) -> bool:
    """Move everything out of the write-ahead log and empty it; outside a transaction.

    Returns:
        Whether it is empty; False while another connection reads an older state of the file.
    """
    busy, *_ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
