"""Shows an import: a bar on a terminal, a line for each tenth elsewhere."""

from __future__ import annotations

from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from agent.intake.protocol import Fault, FileHeader
from agent.intake.protocol import Progress as Step

LINE_EVERY_PERCENT = 10


class Silent:
    """Shows nothing."""

    def begun(self, header: FileHeader) -> None: ...

    def faults(self, faults: tuple[Fault, ...]) -> None: ...

    def progress(self, progress: Step) -> None: ...


class Lines(Silent):
    """A line on standard error for each tenth of the file; none for one that is done at once."""

    def __init__(self) -> None:
        self._next = LINE_EVERY_PERCENT

    def progress(self, progress: Step) -> None:
        percent = 100 * progress.done // max(1, progress.total)
        if self._next <= percent < 100:
            self._next = percent - percent % LINE_EVERY_PERCENT + LINE_EVERY_PERCENT
            click.echo(
                f"{percent} %  {progress.done >> 20} of {progress.total >> 20} MB  {progress.rows} rows, "
                f"{progress.mended} corrected, {progress.rejected} refused",
                err=True,
            )


class ProgressBar(Silent):
    """A bar on standard error, by bytes read: the number of rows is known only at the end of the file."""

    def __init__(self, console: Console | None = None) -> None:
        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            DownloadColumn(),
            TextColumn(
                "{task.fields[rows]} rows  {task.fields[mended]} corrected  {task.fields[rejected]} refused"
            ),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, rows=0, mended=0, rejected=0)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def progress(self, progress: Step) -> None:
        self._bar.update(
            self._task,
            total=progress.total,
            completed=progress.done,
            rows=progress.rows,
            mended=progress.mended,
            rejected=progress.rejected,
        )
