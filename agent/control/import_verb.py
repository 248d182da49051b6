"""The verb ``import``: a file imported by the running hub, and the command's half of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.control.client import stream
from agent.control.lines import LineWriter
from agent.control.protocol import AnswerLine, Import
from agent.errors import ImportAbandoned
from agent.hub import Hub
from agent.intake.importer import Sender, take_in
from agent.intake.listener import Listener
from agent.intake.protocol import Fault, FileHeader, Progress
from agent.intake.supervisor import opened


async def import_file(hub: Hub, request: Import, lines: LineWriter) -> dict[str, Any]:
    """Import the file of that path; its report.

    Raises:
        AgentError: the file was refused, or could not be stored.
        ImportAbandoned: the command disconnected; what was read before is kept.
    """
    sender = Sender(
        party=request.party,
        role=request.role,
        signature=request.signature,
        transport=request.transport,
        profile=request.profile,
        profiles=request.profiles,
    )
    path = Path(request.path)
    with opened(path) as file:
        report = await take_in(file, hub, sender, _Remote(lines, path.name, faults=request.faults))
    return report.as_json()


class _Remote:
    """Passes on how an import goes; every call ends the import once the command has disconnected."""

    def __init__(self, lines: LineWriter, file: str, *, faults: bool) -> None:
        self._lines = lines
        self._file = file
        self._faults = faults

    def begun(self, header: FileHeader) -> None:
        self._send(AnswerLine(begun=header))

    def faults(self, faults: tuple[Fault, ...]) -> None:
        if self._faults:
            self._send(AnswerLine(faults=faults))

    def progress(self, progress: Progress) -> None:
        self._send(AnswerLine(progress=progress))

    def _send(self, line: AnswerLine) -> None:
        if not self._lines.gone:
            self._lines.send(line)
        if self._lines.gone:
            raise ImportAbandoned(self._file)


async def import_by_hub(
    folder: Path, path: Path, sender: Sender, listener: Listener, *, faults: bool
) -> dict[str, Any] | None:
    """Have the hub that runs on ``folder`` import a file; its report, or None when no hub runs there.

    Args:
        faults: Whether the listener wants every refused or corrected row.

    Raises:
        AgentError: the hub refused the file, or stopped meanwhile.
    """
    request = Import(
        path=str(path),
        party=sender.party,
        role=sender.role,
        signature=sender.signature,
        transport=sender.transport,
        profile=sender.profile,
        profiles=sender.profiles,
        faults=faults,
    )

    def pass_on(line: AnswerLine) -> None:
        if line.begun is not None:
            listener.begun(line.begun)
        elif line.faults is not None:
            listener.faults(line.faults)
        elif line.progress is not None:
            listener.progress(line.progress)

    return await stream(folder, "import", request, pass_on)
