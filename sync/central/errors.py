"""What can go wrong at the centre; each message names the subject and the remedy."""

from __future__ import annotations

from sync.errors import SyncError


class CentralError(SyncError):
    """Base of every error of the central service."""


class Refused(CentralError):
    """A request that is answered with an error; nothing of it is kept."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class NotInitialised(CentralError):
    """The folder holds no centre or no authority."""


class AlreadyThere(CentralError):
    """The folder holds a centre or an authority already, or the port is taken."""


class BadConfiguration(CentralError):
    """A name, a key card or a file that the command cannot work with."""


class StoreBusy(CentralError):
    """The database did not take a transaction: locked, full, or failing."""
