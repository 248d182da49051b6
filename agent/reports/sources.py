"""What was imported: its sources as data, and whether their stored signatures hold."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.errors import UnknownName
from agent.store.declarations import FILE
from agent.store.reader import StoredDeclarations
from agent.store.source_table import StoredSource
from agent.trust.senders import TrustedSenders


def stored_sources(
    folder: Path, *, party: str | None = None, number: int | None = None
) -> list[StoredSource]:
    """The sources on a data directory: all, a party's, or the one of a number.

    Raises:
        UnknownName: there is no source of that number, or no store yet.
    """
    with StoredDeclarations(folder / FILE) as stored:
        sources = stored.list_sources(party=party, number=number)
    if number is not None and not sources:
        raise UnknownName(f"there is no source {number} here; `preclear sources list` shows what there is")
    return sources


def source_view(source: StoredSource, senders: TrustedSenders) -> dict[str, Any]:
    """One source as ``preclear sources list`` prints it."""
    key = None if source.signer is None else senders.get(source.signer)
    return {
        "number": source.number,
        "party": source.party,
        "role": source.role,
        "file": source.message,
        "sha256": source.sha256,
        "received": source.received,
        "rows": source.rows,
        "rejected": source.rejected,
        "signed": source.signer is not None,
        "signer": source.signer,
        "signed_by": None if key is None else key.party,
        "state": source.state,
    }


def source_detail(source: StoredSource, senders: TrustedSenders) -> dict[str, Any]:
    """All that is kept of one source; its signature is in base64."""
    return {
        **source_view(source, senders),
        "declarations": source.taken,
        "reading": source.reading,
        "program": source.program,
        "faults": json.loads(source.faults),
        "signature": None if source.signature is None else base64.b64encode(source.signature).decode(),
    }


def verdict_of(source: StoredSource, senders: TrustedSenders) -> str:
    """``unsigned``, ``unknown key``, ``holds`` or ``broken``: its stored signature under the pinned keys."""
    if source.signer is None or source.signature is None:
        return "unsigned"
    key = senders.get(source.signer)
    if key is None:
        return "unknown key"
    holds = key.verifies(source.sha256, source.signature)
    return "holds" if holds and (key.party, key.role) == (source.party, source.role) else "broken"


def verified_sources(sources: Iterable[StoredSource], senders: TrustedSenders) -> dict[str, Any]:
    """The sources with the verdict on each signature, and how many have which."""
    checked = [{**source_view(source, senders), "verdict": verdict_of(source, senders)} for source in sources]
    counts = Counter(view["verdict"] for view in checked)
    return {"schema": "preclear.sources.verified", "counts": counts, "sources": checked}
