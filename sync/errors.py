"""What can go wrong with evidence; a failed verification raises, it never returns False."""

from __future__ import annotations

from pathlib import Path


class SyncError(Exception):
    """Base of every error of this package."""


class BadStatement(SyncError):
    """A statement breaks the format or the canonical profile."""


class UnknownVersion(BadStatement):
    """A format of a version this program does not know."""

    def __init__(self, what: str, version: object) -> None:
        super().__init__(f"{what} has version {version}, which this program does not know; update preclear")
        self.version = version


class BadEnvelope(SyncError):
    """An envelope is malformed, too large, or of an unexpected type."""


class UnknownKey(SyncError):
    """No key of that id is trusted for that role."""


class BadSignature(SyncError):
    """Payload or signature was altered, or another key signed."""


class BadKeyFile(SyncError):
    """A key file is missing, malformed, or readable by others."""


class BadNote(SyncError):
    """A checkpoint or receipt is malformed or not signed by the expected key."""


class BadProof(SyncError):
    """An inclusion or consistency proof does not lead to the root."""


class BadLog(SyncError):
    """An entry does not fit its place in the log."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"entry {seq}: {why}")
        self.seq = seq
        self.why = why


class BadSeal(SyncError):
    """A sealed block cannot be opened with this key in this place."""


class BadBatch(SyncError):
    """An upload is malformed or too large."""


class BadAnswer(SyncError):
    """What came back is not an answer of a centre."""


class BrokenSqlite(SyncError):
    """The SQLite library of this process is one that can lose commits."""


class SchemaTooNew(SyncError):
    """A database file was written by a newer program."""

    def __init__(self, path: Path, version: int, known: int) -> None:
        super().__init__(
            f"{path} has schema {version}, this program knows up to {known}; install the newer preclear"
        )
        self.version = version
        self.known = known


class ForeignFile(SyncError):
    """A database file of another program lies where ours should."""

    def __init__(self, path: Path, remedy: str) -> None:
        super().__init__(f"{path} belongs to another program; {remedy}")


class CentreRefused(SyncError):
    """The centre answered, and the answer is no; trying again will not help."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"the centre refused with {status}: {reason}")
        self.status = status
        self.reason = reason


class UnprovenClaim(CentreRefused):
    """The centre claims more of a log than there is here, and shows no head that proves it."""

    def __init__(self, claimed: int) -> None:
        SyncError.__init__(
            self, f"the centre claims {claimed} entries without a checkpoint signed by this hub"
        )
        self.status = 409
        self.reason = str(self)


class CentreUnreachable(SyncError):
    """The centre did not answer; the log keeps everything until it does."""


class LogForked(SyncError):
    """The centre holds more of this log than this machine: a restored copy, or a lost tail."""

    def __init__(self, log_id: str, here: int, there: int) -> None:
        super().__init__(
            f"log {log_id} has {here} entries here and {there} at the centre; "
            "it must be closed and continued under a new id"
        )
        self.here = here
        self.there = there
