"""Taking in a manifest: streamed, idempotent by content, every refused row reported."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from agent.clearance import decide_again
from agent.domain.declarations import Declaration
from agent.domain.effective import SourceRole
from agent.domain.errors import ManifestRefused as DomainRefused
from agent.domain.manifest_csv import read_manifest
from agent.domain.manifest_rows import Row, RowError
from agent.errors import ManifestRefused, ReferenceFailed
from agent.hub import Hub
from agent.store.reference import Source
from agent.threads import in_thread
from sync import sqlite

BATCH = 1000
MAX_REPORTED = 1000
"""Refused rows that are reported one by one; the rest is counted."""


@dataclass(kw_only=True)
class ImportReport:
    """What became of a file. ``rejected`` counts rows by code; ``errors`` holds the first refusals."""

    file: str
    accepted: int = 0
    rejected_rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    already_known: bool = False
    decided_again: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values, for ``--json`` and the control socket."""
        plain = asdict(self)
        plain["errors"] = [
            {
                "line": e.line,
                "column": e.column,
                "code": e.code,
                "message": e.message,
                "value": e.value,
                "hint": e.hint,
            }
            for e in self.errors
        ]
        return plain


Progress = Callable[[int, int], None]
"""Called with bytes read and bytes in all."""


async def import_manifest(
    path: Path,
    hub: Hub,
    *,
    party: str = "unnamed",
    role: SourceRole = SourceRole.FORWARDER,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Take in one CSV manifest, and decide again on the unmanifested pieces that it declares.

    The same file again changes nothing; a file whose import was interrupted is taken in from its beginning,
    and rows that are there already are replaced by themselves.

    Raises:
        ManifestRefused: the file cannot be read at all, or its header is unusable.
        ReferenceFailed: it could not be stored.
    """
    report = await in_thread("import", lambda: _take_in(path, hub, party, role, progress))
    report.decided_again = await decide_again(hub)
    return report


def _take_in(path: Path, hub: Hub, party: str, role: SourceRole, progress: Progress) -> ImportReport:
    report = ImportReport(file=path.name)
    try:
        if (
            path.exists() and not path.is_file() and not path.is_dir()
        ):  # a pipe would never end, and hold up the hub's own end
            raise ManifestRefused(f"{path} is no regular file; save the manifest as a file and import that")
        digest = _digest(path)
        if line := _undecodable(path):
            raise ManifestRefused(
                f"{path} is not UTF-8 text (line {line}); save it as CSV UTF-8 and import it again"
            )
        source = Source(party=party, role=role, message=path.name, sha256=digest)
        number, known = hub.reference.begin_source(source).result()
        if known:
            report.already_known = True
            return report
        with path.open(encoding="utf-8-sig", newline="") as file:
            batch: list[Declaration] = []
            refused_line = 0
            seen: set[int] = set()
            for outcome in read_manifest(_lines(file, path.stat().st_size, progress)):
                if isinstance(outcome, Row):
                    number_hash = hash(outcome.declaration.consignment)
                    if number_hash in seen:
                        refused_line = _refuse(_stands_twice(outcome), refused_line, report)
                        continue
                    seen.add(number_hash)
                    batch.append(outcome.declaration)
                    if len(batch) >= BATCH:
                        _keep(batch, number, hub, report)
                else:
                    refused_line = _refuse(outcome, refused_line, report)
            _keep(batch, number, hub, report)
        hub.reference.end_source(number, report.accepted, report.rejected_rows).result()
    except OSError as error:
        raise ManifestRefused(f"{path} cannot be read: {error.strerror}") from error
    except sqlite.Error as error:
        raise ReferenceFailed(str(error)) from error
    except DomainRefused as error:
        raise ManifestRefused(f"{path}: {error}") from error
    return report


def _keep(batch: list[Declaration], source: int, hub: Hub, report: ImportReport) -> None:
    if not batch:
        return
    hub.reference.add(source, batch).result()
    hub.documents.assess_new(batch)
    report.accepted += len(batch)
    batch.clear()


def _refuse(error: RowError, last_line: int, report: ImportReport) -> int:
    report.rejected_rows += error.line != last_line
    report.rejected[error.code] = report.rejected.get(error.code, 0) + 1
    if len(report.errors) < MAX_REPORTED:
        report.errors.append(error)
    return error.line


def _stands_twice(row: Row) -> RowError:
    """Of two rows with one number nobody can tell which is meant: the first was taken, this one is not."""
    return RowError(
        line=row.line,
        column="tracking_number",
        code="E112",
        message="the number stands in this file before",
        value=row.declaration.consignment,
        hint="give each parcel one row and a number of its own",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _undecodable(path: Path) -> int:
    """The first line that is not UTF-8; 0 when all of it is."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(1 << 20)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if not chunk:
                return 0
            line += chunk.count(b"\n")


def _lines(file: IO[str], total: int, progress: Progress) -> Iterator[str]:
    done, told = 0, 0
    for line in file:
        done += len(line)
        if done - told > 1_000_000:
            told = done
            progress(min(done, total), total)
        yield line
    progress(total, total)
