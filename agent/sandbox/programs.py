"""Our own programs as processes: a command that ends, and a service that runs until its caller is done."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from agent.errors import AgentError

HUB_PROGRAM = "agent.cli"
CENTRE_PROGRAM = "sync.central.cli"
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
_LAST_WORDS = 600
"""Characters of a failed program's output that its error quotes."""


class ProgramFailed(AgentError):
    """A program of the sandbox did not do what it must."""


def command_line(program: str) -> tuple[str, ...]:
    """Run ``program`` by the interpreter that runs us, wherever its scripts were installed."""
    return sys.executable, "-c", f"from {program} import main; main()"


async def run_command(program: str, *arguments: str, ok: Sequence[int] = (0,)) -> bytes:
    """Run a command to its end; returns its standard output.

    Raises:
        ProgramFailed: its exit code is not in ``ok``; the end of its standard error is in the message.
    """
    process = await asyncio.create_subprocess_exec(
        *command_line(program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode not in ok:
        raise ProgramFailed(
            f"{program} {' '.join(arguments[:2])} ended with {process.returncode}:"
            f" {err.decode()[-_LAST_WORDS:]}"
        )
    return out


@asynccontextmanager
async def running(program: str, *arguments: str, ready: str, log: Path) -> AsyncIterator[str]:
    """Run a service; yields what follows ``ready`` in the line that says it listens.

    Raises:
        ProgramFailed: it ended early, or was not ready in time; the end of its log is in the message.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command_line(program),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # a Ctrl-C is for us; we end it in good order
        )
    assert process.stdout is not None
    try:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while not (line := (await process.stdout.readline()).decode()).startswith(ready):
                    if not line:
                        last_words = log.read_text()[-_LAST_WORDS:].strip()
                        raise ProgramFailed(f"{log.stem} did not start: {last_words}")
        except TimeoutError as error:
            raise ProgramFailed(
                f"{log.stem} was not ready after {READY_TIMEOUT_S:.0f} s; see {log}"
            ) from error
        yield line.removeprefix(ready).strip()
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
