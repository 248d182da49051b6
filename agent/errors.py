"""What can go wrong at the hub; every message names the subject and the remedy."""

from __future__ import annotations

from pathlib import Path


class AgentError(Exception):
    """Base of every error of this package; ``exit_code`` is what a command ends with."""

    exit_code = 1


class ConfigInvalid(AgentError):
    """The configuration has errors; all of them are listed."""

    exit_code = 78

    def __init__(self, path: Path, problems: list[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{count} in {path}\n" + "\n".join(f"  {p}" for p in problems))
        self.problems = problems


class AlreadyRunning(AgentError):
    """Another process owns the data directory."""

    exit_code = 6

    def __init__(self, folder: Path, pid: str) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {holder}; stop it first, or use another data directory")


class PortTaken(AgentError):
    """The page's TCP port is in use."""

    exit_code = 6

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is taken; choose another with --port or [web] port")


class EvidenceFailed(AgentError):
    """The log could not be written or read: nothing was decided, and the stations stop."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the evidence log cannot be written ({why}); the lane stops. Check the disk, then restart"
        )


class StoreFailed(AgentError):
    """Declarations could not be read or stored: nothing was decided, and the stations stop."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the declarations cannot be read or stored ({why}); the lane stops. Check the disk, then restart"
        )


class Outdated(AgentError):
    """A policy or list that is older than one that was in force here."""

    exit_code = 78

    def __init__(self, name: str, found: int, known: int) -> None:
        super().__init__(
            f"{name}: issue {found} is older than issue {known}, which was in force on this hub; "
            "put the newer file back, or have the authority issue a newer one"
        )


class NotFound(AgentError):
    """Nothing by that name is known here."""

    exit_code = 4


class NotRunning(AgentError):
    """The hub is not at work, and only a hub at work knows."""

    exit_code = 5

    def __init__(self, hub: str) -> None:
        super().__init__(f"{hub} is not running; start it with `preclear run`")


class ManifestRefused(AgentError):
    """A manifest file cannot be read as a whole."""

    exit_code = 3


class ImportAbandoned(AgentError):
    """Who asked for an import has gone before its end; the rows that came so far are kept."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file}: the command that asked for it has gone; import the same file to go on")


class SignatureRefused(ManifestRefused):
    """Who sent a file cannot be told by its signature; nothing of it is kept."""

    def __init__(self, file: str, code: str, message: str, hint: str) -> None:
        super().__init__(f"{file}: {code}: {message}; {hint}")
        self.code = code


class KeyUnfit(AgentError):
    """A file holds no key that a sender may be known by."""

    exit_code = 78


class UnreadableScan(AgentError):
    """What was scanned cannot be the number of a parcel; nothing was decided."""

    def __init__(self, length: int) -> None:
        super().__init__(f"not a parcel number ({length} characters); scan the label again")
