"""What a file would be read as, as plain JSON: for a command, or a page that asks before the import."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.domain.consignment.declaration import Declaration
from agent.intake.importer import Sender, preview
from agent.intake.protocol import Ended, Fault, FileHeader
from agent.intake.supervisor import OpenFile
from agent.runtime.clock import Clock
from agent.trust.senders import TrustedSenders


def preview_of(
    file: OpenFile, clock: Clock, sender: Sender, senders: TrustedSenders, rows: int
) -> dict[str, Any]:
    """Format, profile and columns of a file, and what its first ``rows`` rows are read as.

    Raises:
        FileRefused: the file cannot be read at all.
        SignatureRefused: its signature does not prove who sent it.
    """
    items = list(preview(file, clock, sender, senders, rows))
    header = next(item for item in items if isinstance(item, FileHeader))
    ended = next(item for item in items if isinstance(item, Ended))
    faults = (msgspec.structs.replace(item, cells=()) for item in items if isinstance(item, Fault))
    return {
        "file": file.name,
        "format": header.format,
        "profile": header.profile,
        "encoding": header.encoding,
        "columns": [msgspec.to_builtins(column) for column in ended.columns],
        "notes": [f"{code} {message}" for code, message in (*header.notes, *ended.notes)],
        "rows": [msgspec.to_builtins(item) for item in items if isinstance(item, Declaration)],
        "faults": [msgspec.to_builtins(fault) for fault in faults],
    }
