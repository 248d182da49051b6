"""An import shows on the screens how it is getting on, and passes everything on to its own listener."""

from __future__ import annotations

import asyncio

import pytest

from agent.app import Opened
from agent.errors import AgentError, ImportAbandoned
from agent.feed.messages import ImportMessage
from agent.hub import ImportState
from agent.intake.listener import NullListener
from agent.intake.notices import PageProgress
from agent.intake.protocol import Progress
from agent.runtime.threads import in_thread


class Bytes(NullListener):
    """Notes how many bytes were read at each step."""

    def __init__(self) -> None:
        self.done: list[int] = []

    def progress(self, progress: Progress) -> None:
        self.done.append(progress.done)


async def test_a_step_is_shown_with_its_percentage_and_passed_on(opened: Opened) -> None:
    listener = Bytes()
    shown = PageProgress(opened.hub, "a.csv", listener, asyncio.get_running_loop())
    step = Progress(done=50, total=200, rows=9, mended=1, rejected=2)
    with opened.hub.feed.subscribe() as screen:
        await in_thread("import", lambda: shown.progress(step))
        outgoing = await screen.next()
    assert listener.done == [50]
    assert outgoing is not None
    assert outgoing.message == ImportMessage(file="a.csv", state="running", percent=25, rows=9, rejected=2)
    assert opened.hub.importing == ImportState(file="a.csv", state="running", percent=25, rows=9, rejected=2)


@pytest.mark.parametrize(
    ("error", "state"), [(ImportAbandoned("a.csv"), "stopped"), (AgentError("not a manifest"), "refused")]
)
async def test_an_import_that_ended_early_says_who_ended_it(
    opened: Opened, error: AgentError, state: str
) -> None:
    PageProgress(opened.hub, "a.csv", NullListener(), asyncio.get_running_loop()).failed(error)
    assert opened.hub.importing is not None
    assert opened.hub.importing.state == state
