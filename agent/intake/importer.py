"""Imports a manifest: streamed, idempotent by content; every refused or corrected row is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.cases.redecide import decide_again
from agent.domain.consignment.declaration import Declaration, decode
from agent.domain.consignment.effective import SourceRole
from agent.domain.errors import DeclarationInvalid
from agent.errors import AgentError, FileRefused, ImportAbandoned, StoreFailed
from agent.formats.batch import Batch
from agent.hub import Hub
from agent.intake.listener import Listener, NullListener
from agent.intake.notices import PageProgress
from agent.intake.protocol import Ended, Fault, FileHeader, FilePart, FileRefusal, Progress, ReadRequest
from agent.intake.supervisor import OpenFile, opened, read_apart, resident_kb
from agent.runtime.clock import Clock
from agent.runtime.threads import in_thread
from agent.store.source_table import Source
from agent.trust.senders import UNNAMED, SenderClaim, Submitter, TrustedSenders
from sync import sqlite

BATCH = 4_096 if sqlite.is_sound() else 512
"""Rows of one transaction, some 2.5 MB: that many numbers share the pages of an era's index. Twice as
many are no faster and hold up the lanes' commits on the same disk: the slowest in a hundred scans of sixteen
lanes took 45 ms in place of 31. Lanes without a connection of their own wait for a batch."""
MAX_REPORTED = 1000
"""Faults that the result repeats one by one; a listener gets all of them."""
REPORT_EVERY_NS = 250_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(SenderClaim):
    """Who sent a file by his own word, how he signed it, and how he writes."""

    transport: str | None = None
    profile: str | None = None
    """Id of a mapping profile; without one it is chosen by sender and header."""
    profiles: tuple[tuple[str, str], ...] = ()
    """Name and text of the mapping profiles at hand."""


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
    """The first refusals; corrected rows go to the listener alone."""
    already_known: bool = False
    resumed_after: int = 0
    """Rows that an interrupted import had stored."""
    stored: bool = True
    party: str = UNNAMED
    role: str = SourceRole.FORWARDER.value
    signed: bool = False
    signer: str | None = None
    """Id of the key that signed the file."""
    decided_again: int = 0
    seconds: float = 0.0
    rows_per_s: int = 0
    peak_memory_mb: int = 0
    """Of the reading process, and what this one grew by meanwhile."""

    def sent_by(self, speaker: Submitter) -> None:
        """Note who speaks in the file."""
        self.party, self.role = speaker.party, speaker.role.value
        self.signer, self.signed = speaker.signer, speaker.signer is not None

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
    party: str | None = None,
    role: SourceRole | None = None,
    listener: Listener | None = None,
) -> ImportReport:
    """Take in one manifest that lies at ``path``; see :func:`take_in`."""
    with opened(path) as file:
        return await take_in(file, hub, Sender(party=party, role=role), listener or NullListener())


async def take_in(file: OpenFile, hub: Hub, sender: Sender, listener: Listener) -> ImportReport:
    """Take in one file, and decide again on the unmanifested pieces that it declares.

    The same file again stores nothing and reports its refused rows once more. A file whose import was
    interrupted resumes where it stopped. Declarations are assessed afterwards, or by the scan that comes
    before that.

    Raises:
        FileRefused: the file cannot be read at all, or not further; what was read before is kept, and the
            same file resumes after it once it can be read.
        SignatureRefused: its signature does not prove who sent it; nothing of it is kept.
        ImportAbandoned: the client that wanted the import has disconnected; what was read before is kept.
        StoreFailed: it could not be stored.
    """
    shown = PageProgress(hub, file.name, listener, asyncio.get_running_loop())
    async with hub.taking_in:
        try:
            work = _Import(file, sender, shown, hub.clock, hub.senders, hub)
            report = await in_thread("import", work.run)
        except AgentError as error:
            shown.failed(error)
            raise
        finally:
            hub.to_assess.set()
    report.decided_again = await decide_again(hub)
    shown.done(report.rows, report.rejected_rows)
    return report


async def try_out(
    file: OpenFile, clock: Clock, sender: Sender, listener: Listener, senders: TrustedSenders
) -> ImportReport:
    """Read a file as :func:`take_in` does, and store nothing.

    Raises:
        FileRefused: the file cannot be read at all, or not further.
        SignatureRefused: its signature does not prove who sent it.
    """
    return await in_thread("import", _Import(file, sender, listener, clock, senders, None).run)


def preview(
    file: OpenFile, clock: Clock, sender: Sender, senders: TrustedSenders, rows: int
) -> Iterator[FileHeader | Declaration | Fault | Ended]:
    """What the first rows of a file are read as, and at the end how each column fared.

    Raises:
        FileRefused: the file cannot be read at all.
        SignatureRefused: its signature does not prove who sent it.
    """
    speaker = senders.submitter(file.name, file.digest(), sender)
    with closing(read_apart(file, _request(file, sender, speaker, clock, rows), clock)) as frames:
        for frame in frames:
            if isinstance(frame, FileHeader):
                yield frame
            elif isinstance(frame, FilePart):
                yield from map(decode, frame.batch.bodies)
                yield from frame.faults
            elif isinstance(frame, Ended):
                yield frame
            elif isinstance(frame, FileRefusal):
                raise _refusal(file, frame)


def _request(
    file: OpenFile, sender: Sender, speaker: Submitter, clock: Clock, rows: int | None = None
) -> ReadRequest:
    return ReadRequest(
        name=file.name,
        transport=sender.transport,
        profile=sender.profile,
        sender=speaker.party,
        profiles=sender.profiles,
        received=clock.now(),
        rows=rows,
    )


def _refusal(file: OpenFile, refused: FileRefusal) -> FileRefused:
    return FileRefused(f"{file.name}: {refused.code}: {refused.message}; {refused.hint}")


class _Import:
    """The import of one file; runs in a thread."""

    def __init__(
        self,
        file: OpenFile,
        sender: Sender,
        listener: Listener,
        clock: Clock,
        senders: TrustedSenders,
        hub: Hub | None,
    ) -> None:
        self._file = file
        self._sender = sender
        self._listener = listener
        self._clock = clock
        self._senders = senders
        self._store = None if hub is None else hub.declarations
        self.report = ImportReport(file=file.name, stored=hub is not None)
        self._source = 0
        self._skip = 0
        """Declarations still to come that are stored already."""
        self._batch = Batch()
        self._pending: Callable[[], object] | None = None
        self._last_refused = 0
        self._reported_ns = 0

    def run(self) -> ImportReport:
        begun_ns, before_kb = self._clock.monotonic_ns(), resident_kb()
        state = self._file.state()
        digest = self._file.digest()
        speaker = self._senders.submitter(self._file.name, digest, self._sender)
        self.report.sent_by(speaker)
        request = _request(self._file, self._sender, speaker, self._clock)
        grown_kb = 0
        try:
            with closing(read_apart(self._file, request, self._clock)) as frames:
                for frame in frames:
                    if isinstance(frame, FilePart):
                        self._part(frame)
                        grown_kb = max(grown_kb, resident_kb() - before_kb)
                    elif isinstance(frame, FileHeader):
                        self._begin(frame, digest, speaker)
                    elif isinstance(frame, FileRefusal):
                        self._keep()
                        raise _refusal(self._file, frame)
                    elif isinstance(frame, Ended):
                        self.report.notes += [f"{code} {message}" for code, message in frame.notes]
                        self.report.peak_memory_mb = (frame.peak_kb + grown_kb) >> 10
            self._keep()
            altered = self._file.state() != state
            if altered or (speaker.signer is not None and self._file.digest() != digest):
                self._take_back()
                raise FileRefused(f"{self._file.name} was written to while it was read; import it again")
            # Report before committing: a disconnected client must be noticed while the import can still be
            # abandoned.
            self._report_progress(self._file.size)
            self._end()
        except ImportAbandoned:
            self._keep()
            raise
        except sqlite.Error as error:
            raise StoreFailed(str(error)) from error
        except DeclarationInvalid as error:
            raise FileRefused(f"{self._file.name}: {error}") from error
        took_ns = max(1, self._clock.monotonic_ns() - begun_ns)
        self.report.seconds = round(took_ns / 1e9, 3)
        self.report.rows_per_s = round(self.report.rows * 1e9 / took_ns)
        return self.report

    def _take_back(self) -> None:
        """Keep nothing of the file: it changed while it was read."""
        if self._store is not None and not self.report.already_known:
            self._store.take_back(self._source)

    def _begin(self, header: FileHeader, digest: str, speaker: Submitter) -> None:
        report, sender = self.report, self._sender
        report.format, report.profile, report.encoding = header.format, header.profile, header.encoding
        report.notes = [f"{code} {message}" for code, message in header.notes]
        self._listener.begun(header)
        if self._store is None:
            return
        source = Source(
            party=speaker.party,
            role=speaker.role,
            message=self._file.name,
            sha256=digest,
            signer=speaker.signer,
            signature=speaker.signature,
            reading=f"{header.format} {header.profile or '-'} {sender.transport or '-'}",
        )
        begun = self._store.begin_source(source).result()
        self._source, report.already_known = begun.number, begun.known
        if not begun.known:
            self._skip = report.resumed_after = begun.taken

    def _part(self, part: FilePart) -> None:
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
        report.accepted += len(part.batch.bodies)
        report.rows = report.accepted + report.rejected_rows
        if not report.already_known and self._store is not None:
            self._collect(part.batch)
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._reported_ns >= REPORT_EVERY_NS:
            self._reported_ns = now_ns
            self._report_progress(part.done)

    def _collect(self, fresh: Batch) -> None:
        stored = min(self._skip, len(fresh.bodies))
        self._skip -= stored
        self._batch.extend(fresh, behind=stored)
        if len(self._batch.bodies) >= BATCH:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give a batch to the writer, and read on while it writes; there is never more than one under way."""
        self._wait()
        if self._batch.bodies and self._store is not None:
            batch, self._batch = self._batch, Batch()
            self._pending = self._store.add_batch(self._source, batch).result

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

    def _report_progress(self, done: int) -> None:
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
