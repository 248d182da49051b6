"""The verb ``sources/remove``: sources removed by the running hub, and the command's half of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.control.client import stream
from agent.control.lines import LineWriter
from agent.control.protocol import AnswerLine
from agent.hub import Hub
from agent.intake.removal import Choice, Going, remove_sources


async def remove(hub: Hub, choice: Choice, lines: LineWriter) -> dict[str, Any]:
    """Remove the chosen sources; the report. A command that disconnects does not stop what it began.

    Raises:
        AgentError: there is no such source, or it could not be removed.
    """
    return await remove_sources(hub, choice, lambda going: lines.post(AnswerLine(going=going)))


async def remove_by_hub(
    folder: Path, choice: Choice, progress: Callable[[Going], None]
) -> dict[str, Any] | None:
    """Have the hub that runs on ``folder`` remove sources; its report, or None when no hub runs there.

    Raises:
        AgentError: the hub refused it, or stopped meanwhile.
    """

    def pass_on(line: AnswerLine) -> None:
        if line.going is not None:
            progress(line.going)

    return await stream(folder, "sources/remove", choice, pass_on)
