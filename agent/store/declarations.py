"""``reference.db``: sources, declarations, the numbers on their pieces, and their assessments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from agent.domain.consignment.declaration import Declaration, Label, encode
from agent.domain.identifiers.candidates import Candidate
from agent.domain.identifiers.s10 import REUSED_AFTER
from agent.domain.totals.tally import Tally
from agent.errors import StoreFailed
from agent.formats.batch import Batch
from agent.runtime.clock import Clock, iso
from agent.store import assessment_table as assessments
from agent.store import declaration_table as declared
from agent.store import removal
from agent.store import source_table as sources
from agent.store.assessment_table import KeptAssessment
from agent.store.backlog import AssessmentBacklog
from agent.store.declaration_table import Claims, read_claims
from agent.store.matching import MATCH, Match, matched
from agent.store.schema import migrate_reference
from agent.store.source_table import Begun, Source, StoredSource
from sync import sqlite
from sync.sqlite.writer import Commit, Writer

T = TypeVar("T")

FILE = "reference.db"
LOOK = 1_000
"""Declarations that one step scans in search of those that are not assessed."""
WAL_PAGES = 2_000
"""8 MB of changes before they are moved into the file. More would be cheaper for an import, but the lanes
share the disk: moving 128 MB delayed their commits by 300 ms, this by 25."""


class DeclarationStore:
    """Declarations on disk. Point lookups run in the caller's thread; writing has its own.

    A file that is not a database any more is set aside, and ``trouble`` says so: manifests can be imported
    again.

    Raises:
        SchemaTooNew, ForeignFile: a newer program's file, or another program's.
        StoreFailed: the file cannot be opened.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path = folder / FILE
        self._clock = clock
        conn, self.trouble = _open_or_begin(self.path, clock)
        self._reader = sqlite.connect(self.path, read_only=True) if sqlite.is_sound() else None
        self._backlog = AssessmentBacklog()
        self._again: set[int] = set()
        """Sources that were begun before; used by the writer's thread only."""
        self.behind = declared.last(conn) > 0
        """Whether something is declared that may not be assessed, and so not be counted, yet."""
        self._assessed_under: str | None = None
        """What the last complete walk found everything to be assessed under; None before the first."""
        self._writer = Writer("reference-writer", lambda: conn, group=32)
        self._writer.start()

    def flush(self) -> None:
        """Wait until everything that was handed over for writing is on disk."""
        self._writer.flush()

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to ``pages`` pages only, as if the disk were full then; see ``Writer``."""
        self._writer.limit_pages(pages)

    def close(self) -> None:
        """Finish what is queued and close the file."""
        self._writer.close()
        if self._reader:
            self._reader.close()

    # -- import ----------------------------------------------------------------------------------------------

    def begin_source(self, source: Source) -> Commit[Begun]:
        """Begin to import a file, or go on with it.

        An interrupted import goes on after the declarations that are kept if the same program reads
        the file the same way; otherwise it starts from the beginning, and rows replace themselves. So does a
        file that was imported completely and is read another way now.
        """
        received = iso(self._clock.now())

        def run(conn: sqlite.Connection) -> Begun:
            begun = sources.begin(conn, source, received)
            if begun.afresh:
                self._arrived_after(0)
            if begun.again:
                self._again.add(begun.number)
            return begun

        return self._writer.submit(run)

    def add(self, source: int, declarations: Sequence[Declaration]) -> Commit[None]:
        """Keep declarations of one source; see :meth:`add_batch`."""
        batch = Batch()
        for declaration in declarations:
            batch.add(declaration, encode(declaration))
        return self.add_batch(source, batch)

    def add_batch(self, source: int, batch: Batch) -> Commit[None]:
        """Keep declarations of one source, and how many they are; the same consignment replaces its row.

        They are assessed again, and so are the house bills of a master bill.
        """
        rows = declared.rows_of(source, batch)
        named = dict.fromkeys(master for master, _ in rows.houses)

        def run(conn: sqlite.Connection) -> None:
            last = declared.last(conn)
            earlier = [last]
            masters = named
            if source in self._again:
                masters = named | declared.write_again(conn, rows)
            else:
                declared.write(conn, rows)
            if declared.last(conn) - last == len(rows.declarations):
                assessments.outdate_after(conn, last)
            else:  # some have replaced stored rows
                assessments.outdate(conn, rows.consignments)
            for master in rows.masters:
                assessments.outdate_houses(conn, master)
                earlier.append(declared.before_houses(conn, master))
            # A master bill without its house bills is assessed again now that there is one.
            assessments.outdate(conn, ((master,) for master in masters))
            earlier += (declared.before(conn, master) for master in masters)
            sources.took(conn, source, len(rows.declarations))
            self._arrived_after(min(earlier))

        return self._writer.submit(run)

    def end_source(
        self, source: int, rows: int, rejected: int, faults: Mapping[str, int] | None = None
    ) -> Commit[None]:
        """Record that the whole file was imported; ``faults`` counts refusals and corrections by code."""
        return self._writer.submit(
            lambda conn: sources.end(conn, source, rows=rows, rejected=rejected, faults=faults or {})
        )

    # -- removal --------------------------------------------------------------------------------------------

    def sources(self, *, party: str | None = None, number: int | None = None) -> Commit[list[StoredSource]]:
        """The sources, or those of a party, or the one of that number."""
        return self._writer.submit(lambda conn: sources.stored(conn, party=party, number=number))

    def leaving(self, numbers: Sequence[int]) -> Commit[None]:
        """Mark sources whose declarations are about to be removed: none of them counts as imported."""

        def run(conn: sqlite.Connection) -> None:
            for number in numbers:
                sources.leaving(conn, number)

        return self._writer.submit(run)

    def take_away(
        self, numbers: Sequence[int], after: int, *, span: int = removal.SPAN, most: int = removal.BATCH
    ) -> Commit[removal.Step]:
        """One step of taking declarations away; see :func:`agent.store.removal.step`."""

        def run(conn: sqlite.Connection) -> removal.Step:
            step = removal.step(conn, numbers, after, span=span, most=most)
            if step.assess_after is not None:
                self._arrived_after(step.assess_after)
            return step

        return self._writer.submit(run)

    def take_back(self, number: int) -> None:
        """Remove one source at once; blocks, so it needs a thread of its own."""
        self.leaving([number]).result()
        at, done = 0, False
        while not done:
            step = self.take_away([number], at).result()
            at, done = step.at, step.done
        self.forget_source(number).result()

    def forget_source(self, number: int) -> Commit[None]:
        """End a removal: delete the row of a source whose declarations are gone."""

        def run(conn: sqlite.Connection) -> None:
            sources.forget(conn, number)
            self._again.discard(number)  # the number may be used again

        return self._writer.submit(run)

    def erase(self) -> Commit[bool]:
        """Empty the write-ahead log, so that no file holds removed data; whether that was possible."""
        return self._writer.submit(removal.erase, apart=True)

    def _arrived_after(self, last: int) -> None:
        self._backlog.arrived_after(last)
        self.behind = True

    def keep_assessments(self, read: str, rows: Sequence[tuple[str, KeptAssessment]]) -> Commit[None]:
        """Keep assessments and party totals; ``read`` names the policy, lists and model they were made with.

        One whose consignment was declared again meanwhile is left out; it is made when it is next needed.
        """
        return self._writer.submit(lambda conn: assessments.keep(conn, read, rows))

    # -- looking up ------------------------------------------------------------------------------------------

    async def match(self, candidates: Sequence[Candidate], at: datetime) -> Match | None:
        """The declared piece that fits best; candidates are tried in their order, the manifest chooses."""
        oldest = iso(at - REUSED_AFTER)
        for candidate in candidates:
            rows = await self._select(MATCH, {"value": candidate.value, "kind": candidate.kind})
            label = Label(candidate.kind, candidate.value)
            match = matched(rows, label, s10_since=oldest if candidate.kind == "s10" else None)
            if match is not None:
                return match
        return None

    async def claims(self, consignment: str) -> Claims:
        """All claims on one consignment, and on the master bill under which it travels."""
        return await self._read(lambda conn: read_claims(conn, consignment))

    async def assessment(self, consignment: str, read: str) -> KeptAssessment | None:
        """The kept assessment, if it was made with the present policy, lists and tables."""
        return assessments.read_kept(await self._select(assessments.ASSESSMENT, (consignment,)), read)

    async def near(self, tally: Tally, consignment: str, days: int) -> list[tuple[str, Tally]]:
        """Other consignments that share a key with ``tally``, on its day and the ``days`` before."""
        return await self._read(lambda conn: assessments.near(conn, tally, consignment, days))

    async def counts(self) -> tuple[int, int]:
        """Declarations and sources."""
        return await self._read(lambda conn: (declared.count(conn), sources.count(conn)))

    def stale(self, read: str, limit: int) -> list[tuple[str, Claims]] | None:
        """Some consignments whose assessment is missing or old, with their claims, newest first.

        It waits for the writer, so it needs a thread of its own. Each call scans at most ``LOOK``
        declarations, so that it does not hold up the writer; none of them may be stale. An assessed one is
        not scanned again until it is declared again, or ``read`` changes.

        Returns:
            None once everything is assessed.
        """

        def run(conn: sqlite.Connection) -> list[tuple[str, Claims]] | None:
            backlog = self._backlog
            if backlog.read != read:
                self._backlog = backlog = AssessmentBacklog(read=read)
            if backlog.at is None:
                last = declared.last(conn)
                if last < backlog.floor or not last:
                    self._assessed_under = read
                    self.behind = False
                    return None
                backlog.at, backlog.next_floor = last, last + 1
            stale: dict[str, Claims] = {}
            rows = declared.newest(conn, backlog.at, backlog.floor, LOOK)
            for number, consignment, assessed in rows:
                if len(stale) == limit:
                    break
                backlog.at = number - 1
                if assessed != read and consignment not in stale:
                    stale[consignment] = read_claims(conn, consignment)
            else:
                if len(rows) < LOOK:
                    backlog.floor, backlog.at = backlog.next_floor, None
            return list(stale.items())

        return self._writer.submit(run).result()

    def is_assessed(self, read: str) -> bool:
        """Whether all that is declared is assessed with what ``read`` names, and so counted."""
        return not self.behind and self._assessed_under in (None, read)

    def claims_in_thread(self, consignment: str) -> Claims:
        """As :meth:`claims`, for callers in a thread of their own; waits for the writer."""
        return self._writer.submit(lambda conn: read_claims(conn, consignment)).result()

    async def _select(self, sql: str, params: tuple[Any, ...] | dict[str, str]) -> list[Any]:
        return await self._read(lambda conn: conn.execute(sql, params).fetchall())

    async def _read(self, run: Callable[[sqlite.Connection], T]) -> T:
        try:
            if self._reader:
                return run(self._reader)
            return await asyncio.wrap_future(self._writer.submit(run))
        except sqlite.Error as error:
            raise StoreFailed(str(error)) from error


def _open_or_begin(path: Path, clock: Clock) -> tuple[sqlite.Connection, str | None]:
    try:
        return _open(path), None
    except sqlite.OperationalError as error:  # no permission, space or answer: nothing is damaged
        raise StoreFailed(f"{path}: {error}") from error
    except sqlite.DatabaseError as error:
        aside = f"reference-damaged-{clock.now().strftime('%Y%m%dT%H%M%S%f')}.db"
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(path.with_name(aside + suffix))
        return _open(path), f"{path.name} was set aside as {aside}: {error}; import the manifests again"


def _open(path: Path) -> sqlite.Connection:
    conn = sqlite.connect(path)
    try:
        migrate_reference(conn, path)
        conn.execute("PRAGMA cache_size=-32768")
        # Replaced and deleted data is overwritten: nothing of a removed party's data stays in the file.
        conn.execute("PRAGMA secure_delete=ON")
        conn.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    except BaseException:
        conn.close()
        raise
    return conn
