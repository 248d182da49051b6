"""Takes away what a party declared, in steps between which lanes go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from agent.errors import EvidenceFailed, StoreFailed, UnknownName
from agent.hub import Hub
from agent.runtime.threads import in_thread
from agent.store.removal import BATCH, SPAN
from agent.store.source_table import StoredSource
from sync import sqlite

log = logging.getLogger(__name__)

EVENT = "SOURCE_REMOVED"
TELL_EVERY_NS = 250_000_000


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sources, or which one."""

    party: str | None = None
    number: int | None = None

    def __str__(self) -> str:
        return f"source {self.number}" if self.number is not None else f"source of {self.party}"


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """How far a removal has come. ``done`` and ``total`` count declarations that are looked through."""

    done: int
    total: int
    removed: int


ProgressCallback = Callable[[Going], None]


async def remove_sources(
    hub: Hub, choice: Choice, report_progress: ProgressCallback, *, span: int = SPAN, most: int = BATCH
) -> dict[str, Any]:
    """Take the chosen sources away with all they declared; what others declared is assessed again.

    In steps, so that lanes go on. An interrupted removal is completed when it is called again; until then the
    sources are listed as being removed. The log keeps that it happened, not whose it was; decisions stay.

    Args:
        hub: Whose store and log.
        choice: Whose sources, or which one.
        report_progress: Called in the working thread, four times a second.
        span: Declarations that one step looks through.
        most: Declarations that one step takes away.

    Raises:
        UnknownName: there is no such source.
        StoreFailed, EvidenceFailed: it could not be done, or not be recorded.
    """
    async with hub.taking_in:
        try:
            return await in_thread("removal", lambda: _remove(hub, choice, report_progress, span, most))
        finally:
            hub.to_assess.set()
            hub.new_entries.set()


def _remove(
    hub: Hub, choice: Choice, report_progress: ProgressCallback, span: int, most: int
) -> dict[str, Any]:
    store, clock = hub.declarations, hub.clock
    try:
        sources = store.sources(party=choice.party, number=choice.number).result()
        if not sources:
            raise UnknownName(f"there is no {choice} here; `preclear sources list` shows what there is")
        numbers = [source.number for source in sources]
        store.leaving(numbers).result()
        at = removed = reported_ns = 0
        while True:
            step = store.take_away(numbers, at, span=span, most=most).result()
            at, removed = step.at, removed + step.removed
            if step.done or clock.monotonic_ns() - reported_ns >= TELL_EVERY_NS:
                reported_ns = clock.monotonic_ns()
                report_progress(Going(done=min(at, step.total), total=step.total, removed=removed))
            if step.done:
                break
        for source in sources:
            _witness(hub, source)
            store.forget_source(source.number).result()
        erased = store.erase().result()
    except sqlite.Error as error:
        raise StoreFailed(str(error)) from error
    log.info("sources removed", extra={"sources": len(sources), "declarations": removed})
    return {
        "schema": "preclear.sources.removed",
        "sources": [
            {"number": s.number, "sha256": s.sha256, "declarations": s.taken, "refused": s.rejected or 0}
            for s in sources
        ],
        "declarations": removed,
        "erased": erased,
    }


def _witness(hub: Hub, source: StoredSource) -> None:
    """Say in the log that it happened, before the last trace of it goes: rather twice than never."""
    params: dict[str, str | int] = {
        "sha256": source.sha256,
        "declarations": source.taken,
        "refused": source.rejected or 0,
    }
    try:
        hub.log.event(EVENT, params).result()
    except sqlite.Error as error:
        raise EvidenceFailed(str(error)) from error
