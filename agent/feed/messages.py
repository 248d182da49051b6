"""What screens and commands may see of a decision: its open half, as plain JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.log.entries import Entry
from sync.log.statement import Decision, parse

VERSION = 1


def decision_view(entry: Entry) -> dict[str, Any]:
    """The open half of a recorded decision; nothing of the sealed block."""
    statement = parse(entry.kind, entry.payload)
    assert isinstance(statement, Decision)
    return {
        "v": VERSION,
        "type": "decision",
        "seq": statement.seq,
        "at": statement.at,
        "station": statement.station,
        "piece": msgspec.to_builtins(statement.piece),
        "consignment": statement.consignment,
        "receptacle": statement.receptacle,
        "disposition": statement.disposition,
        "set_by": statement.set_by,
        "because": statement.because,
        "source": statement.source,
        "supersedes": statement.supersedes,
        "valid_until": statement.valid_until,
        "findings": msgspec.to_builtins(statement.open),
        "weight": msgspec.to_builtins(statement.weight),
    }
