"""What can go wrong at the hub; every message names the subject and the remedy."""

from __future__ import annotations

from pathlib import Path


class AgentError(Exception):
    """Base of every error of this package; exit codes are the matter of ``agent.cli.exit_codes``."""


class ConfigInvalid(AgentError):
    """The configuration has errors; all of them are listed."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{count} in {path}\n" + "\n".join(f"  {p}" for p in problems))
        self.problems = problems


class AlreadyRunning(AgentError):
    """Another process owns the data directory."""

    def __init__(self, folder: Path, pid: str) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {holder}; stop it first, or use another data directory")


class PortTaken(AgentError):
    """The page's TCP port is in use."""

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

    def __init__(self, name: str, issue: int, known: int) -> None:
        super().__init__(
            f"{name}: issue {issue} is older than issue {known}, which was in force on this hub; "
            "put the newer file back, or have the authority issue a newer one"
        )


class UnknownName(AgentError):
    """There is nothing of that name here."""


class HubRefused(AgentError):
    """The running hub answered with an error; ``kinds`` are the names of its classes, the narrowest first."""

    def __init__(self, message: str, kinds: tuple[str, ...]) -> None:
        super().__init__(message)
        self.kinds = kinds


class NotRunning(AgentError):
    """The hub does not run, and only a running hub knows the answer."""

    def __init__(self, hub: str) -> None:
        super().__init__(f"{hub} is not running; start it with `preclear run`")


class FileRefused(AgentError):
    """A file handed in was not imported, or not to its end."""


class ImportAbandoned(AgentError):
    """The client of an import disconnected before its end; the rows imported so far are kept."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file}: the client disconnected; import the same file again to resume")


class SignatureRefused(FileRefused):
    """A file's signature does not prove who sent it; nothing of the file is kept."""

    def __init__(self, file: str, code: str, message: str, hint: str) -> None:
        super().__init__(f"{file}: {code}: {message}; {hint}")
        self.code = code


class KeyUnfit(AgentError):
    """A file does not hold a key that can verify a sender's signatures."""


class UnreadableScan(AgentError):
    """What was scanned cannot be the number of a parcel; nothing was decided."""

    def __init__(self, length: int) -> None:
        super().__init__(f"not a parcel number ({length} characters); scan the label again")
