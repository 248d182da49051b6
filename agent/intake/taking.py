"""Taking in a manifest: streamed, idempotent by content, every refused or mended row told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agent.clearance import decide_again
from agent.clock import Clock
from agent.domain.declarations import Declaration, decode
from agent.domain.effective import SourceRole
from agent.domain.errors import DeclarationInvalid
from agent.errors import AgentError, ManifestRefused, ReferenceFailed
from agent.hub import Hub
from agent.intake.frames import Ended, Fault, Header, Order, Part, Progress, Refused
from agent.intake.reading import OpenFile, opened, read_apart, resident_kb
from agent.store.labelled import Labelled, decode_labels
from agent.store.sources import Source
from agent.threads import in_thread
from agent.views import VERSION
from sync import sqlite

BATCH = 4_096 if sqlite.is_sound() else 512
"""Rows of one transaction. More of them share what it costs to write an index page; where lanes have no
connection of their own, they wait for it."""
MAX_REPORTED = 1000
"""Faults that the result repeats one by one; a listener hears all of them."""
TELL_EVERY_NS = 250_000_000
NOTICE = "import/now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a file, in which capacity, and how he writes."""

    party: str = "unnamed"
    role: SourceRole = SourceRole.FORWARDER
    transport: str | None = None
    profile: str | None = None
    """Id of a mapping profile; without one it is chosen by sender and header."""
    profiles: tuple[tuple[str, str], ...] = ()
    """Name and text of the mapping profiles at hand."""


class Listener(Protocol):
    """Hears how an import goes on, in the importing thread."""

    def begun(self, header: Header) -> None:
        """The file was recognised."""

    def faults(self, faults: tuple[Fault, ...]) -> None:
        """Rows were refused or mended."""

    def progress(self, progress: Progress) -> None:
        """It went on; four times a second."""


class Nobody:
    """Listens to nothing."""

    def begun(self, header: Header) -> None: ...

    def faults(self, faults: tuple[Fault, ...]) -> None: ...

    def progress(self, progress: Progress) -> None: ...


@dataclass(kw_only=True)
class ImportReport:
    """What became of a file. ``rejected`` and ``mendings`` count faults by code."""

    file: str
    format: str = ""
    profile: str | None = None
    encoding: str | None = None
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    accepted: int = 0
    mended: int = 0
    """Rows that were taken with something put right."""
    rejected_rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    mendings: dict[str, int] = field(default_factory=dict)
    errors: list[Fault] = field(default_factory=list)
    """The first refusals; mended rows are told to the listener alone."""
    already_known: bool = False
    resumed_after: int = 0
    """Rows that an interrupted import had stored."""
    stored: bool = True
    decided_again: int = 0
    seconds: float = 0.0
    rows_per_s: int = 0
    peak_memory_mb: int = 0
    """Of the reading process, and what this one grew by meanwhile."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, for ``--json`` and the control socket."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["errors"] = [
            {name: getattr(fault, name) for name in ("line", "column", "code", "message", "value", "hint")}
            for fault in self.errors
        ]
        return plain


async def import_manifest(
    path: Path,
    hub: Hub,
    *,
    party: str = "unnamed",
    role: SourceRole = SourceRole.FORWARDER,
    listener: Listener | None = None,
) -> ImportReport:
    """Take in one manifest that lies at ``path``; see :func:`take_in`."""
    with opened(path) as file:
        return await take_in(file, hub, Sender(party=party, role=role), listener or Nobody())


async def take_in(file: OpenFile, hub: Hub, sender: Sender, listener: Listener) -> ImportReport:
    """Take in one file, and decide again on the unmanifested pieces that it declares.

    The same file again stores nothing and tells its refused rows once more. A file whose import was
    interrupted goes on where it stood. Declarations are assessed afterwards, or by the scan that comes
    before that.

    Raises:
        ManifestRefused: the file cannot be read at all, or not further; what was read before is kept, and the
            same file goes on behind it once it can be read.
        ReferenceFailed: it could not be stored.
    """
    async with hub.taking_in:
        try:
            heard = _Shown(hub, file.name, listener, asyncio.get_running_loop())
            report = await in_thread("import", lambda: _Taking(file, sender, heard, hub.clock, hub).run())
        except AgentError:
            hub.notices.state(NOTICE, _notice(file.name, "refused", 0, 0, 0))
            raise
        finally:
            hub.declared.set()
    report.decided_again = await decide_again(hub)
    hub.notices.state(NOTICE, _notice(file.name, "done", report.rows, report.rejected_rows, 100))
    return report


async def try_out(file: OpenFile, clock: Clock, sender: Sender, listener: Listener) -> ImportReport:
    """Read a file as :func:`take_in` does, and store nothing.

    Raises:
        ManifestRefused: the file cannot be read at all, or not further.
    """
    return await in_thread("import", lambda: _Taking(file, sender, listener, clock, None).run())


def preview(
    file: OpenFile, clock: Clock, sender: Sender, rows: int
) -> Iterator[Header | Declaration | Fault]:
    """What the first rows of a file are read as.

    Raises:
        ManifestRefused: the file cannot be read at all.
    """
    with closing(read_apart(file, _order(file, sender, clock, rows), clock)) as frames:
        for frame in frames:
            if isinstance(frame, Header):
                yield frame
            elif isinstance(frame, Part):
                yield from map(decode, frame.bodies)
                yield from frame.faults
            elif isinstance(frame, Refused):
                raise _refusal(file, frame)


def _order(file: OpenFile, sender: Sender, clock: Clock, rows: int | None = None) -> Order:
    return Order(
        name=file.name,
        transport=sender.transport,
        profile=sender.profile,
        sender=sender.party,
        profiles=sender.profiles,
        received=clock.now(),
        rows=rows,
    )


def _refusal(file: OpenFile, refused: Refused) -> ManifestRefused:
    return ManifestRefused(f"{file.name}: {refused.code}: {refused.message}; {refused.hint}")


class _Taking:
    """One file on its way; runs in a thread."""

    def __init__(
        self, file: OpenFile, sender: Sender, listener: Listener, clock: Clock, hub: Hub | None
    ) -> None:
        self._file = file
        self._sender = sender
        self._listener = listener
        self._clock = clock
        self._store = None if hub is None else hub.reference
        self.report = ImportReport(file=file.name, stored=hub is not None)
        self._source = 0
        self._skip = 0
        """Declarations still to come that are stored already."""
        self._batch: list[Labelled] = []
        self._bodies: list[bytes] = []
        self._pending: Callable[[], object] | None = None
        self._last_refused = 0
        self._told_ns = 0

    def run(self) -> ImportReport:
        begun_ns, before_kb = self._clock.monotonic_ns(), resident_kb()
        state = self._file.state()
        digest = self._file.digest()
        grown_kb = 0
        try:
            with closing(
                read_apart(self._file, _order(self._file, self._sender, self._clock), self._clock)
            ) as frames:
                for frame in frames:
                    if isinstance(frame, Part):
                        self._part(frame)
                        grown_kb = max(grown_kb, resident_kb() - before_kb)
                    elif isinstance(frame, Header):
                        self._begin(frame, digest)
                    elif isinstance(frame, Refused):
                        self._keep()
                        raise _refusal(self._file, frame)
                    elif isinstance(frame, Ended):
                        self.report.peak_memory_mb = (frame.peak_kb + grown_kb) >> 10
            self._keep()
            if self._file.state() != state:
                raise ManifestRefused(f"{self._file.name} was written to while it was read; import it again")
            self._end()
        except sqlite.Error as error:
            raise ReferenceFailed(str(error)) from error
        except DeclarationInvalid as error:
            raise ManifestRefused(f"{self._file.name}: {error}") from error
        self._tell(self._file.size)
        took_ns = max(1, self._clock.monotonic_ns() - begun_ns)
        self.report.seconds = round(took_ns / 1e9, 3)
        self.report.rows_per_s = round(self.report.rows * 1e9 / took_ns)
        return self.report

    def _begin(self, header: Header, digest: str) -> None:
        report, sender = self.report, self._sender
        report.format, report.profile, report.encoding = header.format, header.profile, header.encoding
        report.notes = [f"{code} {message}" for code, message in header.notes]
        self._listener.begun(header)
        if self._store is None:
            return
        source = Source(
            party=sender.party,
            role=sender.role,
            message=self._file.name,
            sha256=digest,
            reading=f"{header.format} {header.profile or '-'} {sender.transport or '-'}",
        )
        begun = self._store.begin_source(source).result()
        self._source, report.already_known = begun.number, begun.known
        if not begun.known:
            self._skip = report.resumed_after = begun.taken

    def _part(self, part: Part) -> None:
        report = self.report
        report.mended += part.mended
        for fault in part.faults:
            if fault.mended:
                report.mendings[fault.code] = report.mendings.get(fault.code, 0) + 1
                continue
            report.rejected_rows += fault.line != self._last_refused
            self._last_refused = fault.line
            report.rejected[fault.code] = report.rejected.get(fault.code, 0) + 1
            if len(report.errors) < MAX_REPORTED:
                report.errors.append(fault)
        if part.faults:
            self._listener.faults(part.faults)
        report.accepted += len(part.bodies)
        report.rows = report.accepted + report.rejected_rows
        if not report.already_known and self._store is not None:
            self._collect(part.bodies)
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._told_ns >= TELL_EVERY_NS:
            self._told_ns = now_ns
            self._tell(part.done)

    def _collect(self, bodies: tuple[bytes, ...]) -> None:
        fresh = bodies[self._skip :]
        self._skip -= min(self._skip, len(bodies))
        self._batch += map(decode_labels, fresh)
        self._bodies += fresh
        if len(self._batch) >= BATCH:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give a batch to the writer, and read on while it writes; there is never more than one under way."""
        self._wait()
        if self._batch and self._store is not None:
            self._pending = self._store.add_bodies(self._source, self._batch, self._bodies).result
            self._batch, self._bodies = [], []

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending()
            self._pending = None

    def _keep(self) -> None:
        self._hand_over()
        self._wait()

    def _end(self) -> None:
        report = self.report
        if report.already_known:
            report.accepted = 0
        elif self._store is not None:
            faults = report.rejected | report.mendings
            self._store.end_source(self._source, report.accepted, report.rejected_rows, faults).result()

    def _tell(self, done: int) -> None:
        report = self.report
        self._listener.progress(
            Progress(
                done=done,
                total=self._file.size,
                rows=report.rows,
                mended=report.mended,
                rejected=report.rejected_rows,
            )
        )


class _Shown:
    """Passes on what it hears, and shows the progress on the page."""

    def __init__(self, hub: Hub, name: str, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._name = name
        self._loop = loop
        self.begun = listener.begun
        self.faults = listener.faults
        self._progress = listener.progress

    def progress(self, progress: Progress) -> None:
        percent = 100 * progress.done // max(1, progress.total)
        message = _notice(self._name, "running", progress.rows, progress.rejected, percent)
        self._loop.call_soon_threadsafe(self._hub.notices.state, NOTICE, message)
        self._progress(progress)


def _notice(name: str, state: str, rows: int, rejected: int, percent: int) -> dict[str, Any]:
    return {
        "v": VERSION,
        "type": "import",
        "file": name,
        "state": state,
        "percent": percent,
        "rows": rows,
        "rejected": rejected,
    }
