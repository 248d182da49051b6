"""What the files of a hub that does not run tell of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent import __version__
from agent.evidence.reader import FILE, StoredLog


def stored_status(folder: Path, hub: str) -> dict[str, Any]:
    """The part of ``status_of`` that the log alone answers.

    Args:
        folder: The hub's data directory.
        hub: Its name, as hub/NAME.

    Raises:
        UnknownName: there is no log yet.
    """
    with StoredLog(folder / FILE) as stored:
        size, receipted = stored.size(), stored.receipted()
        return {
            "schema": "preclear.status",
            "version": __version__,
            "hub": hub,
            "running": False,
            "log_id": stored.log_id,
            "entries": size,
            "receipted": receipted,
            "unsent": size - receipted,
        }
