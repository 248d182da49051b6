"""The authority opens the sealed blocks of stored decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync.central.store import queries as store
from sync.errors import BadSeal, BadStatement
from sync.keys import PrivateKey
from sync.log import statement
from sync.log.sealed import Reasons, unseal
from sync.log.statement import Decision
from sync.sqlite import Connection

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedReasons:
    """A stored decision and what its block says, or why the block does not open."""

    decision: Decision
    reasons: Reasons | None
    error: str | None


def open_reasons(conn: Connection, key: PrivateKey, log_id: str, since: int) -> Iterator[OpenedReasons]:
    """The decisions of a log from number ``since`` on; their signatures were verified when they came."""
    size = store.tree_of(conn, log_id).size
    for first in range(since, size, _PAGE):
        # Page by page: a read transaction held open would keep the write-ahead log from shrinking.
        for entry in list(store.entries(conn, log_id, first, min(first + _PAGE, size))):
            parsed = statement.parse(entry.kind, entry.payload)
            if not isinstance(parsed, Decision):
                continue
            try:
                reasons = unseal(parsed.sealed, key, log_id, parsed.seq)
            except (BadSeal, BadStatement) as error:
                yield OpenedReasons(decision=parsed, reasons=None, error=str(error))
            else:
                yield OpenedReasons(decision=parsed, reasons=reasons, error=None)
