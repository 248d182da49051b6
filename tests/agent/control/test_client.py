"""The client of the control socket: no hub, a hub that is killed, a client that disconnects."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.control.client import call, hand_over, stream
from agent.control.import_verb import import_by_hub
from agent.control.protocol import FILE, AnswerLine, Failure
from agent.control.removal_verb import remove_by_hub
from agent.control.server import serve
from agent.errors import AgentError, HubRefused, UnknownName
from agent.intake import importer, removal
from agent.intake.importer import Sender
from agent.intake.listener import NullListener
from agent.intake.protocol import Progress
from agent.intake.removal import Choice, Going
from agent.sandbox.site import Site

S10 = "RR473124829GB"


class Request(msgspec.Struct):
    """One that a made-up hub does not look at."""


# -- no hub --------------------------------------------------------------------------------------------------


async def test_where_no_hub_runs_there_is_no_answer_and_no_stream(tmp_path: Path) -> None:
    assert await call(tmp_path, "status") is None
    assert await stream(tmp_path, "import", Request(), print) is None


_LISTENS = """
import os, signal, socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
os.kill(os.getpid(), signal.SIGKILL)
"""


def leave_socket(path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", _LISTENS, path], check=False)
    assert ended.returncode == -signal.SIGKILL


async def test_a_socket_that_a_killed_hub_left_behind_is_not_a_hub_and_is_replaced(site: Site) -> None:
    leave_socket(site.data / FILE)
    assert (site.data / FILE).is_socket()
    assert await call(site.data, "status") is None
    assert await stream(site.data, "import", Request(), print) is None
    async with site.open() as opened:
        runner = await serve(opened.hub, site.data)
        status = await call(site.data, "status")
        assert status is not None
        assert status["hub"] == "hub/test"
        await runner.cleanup()


# -- a hub that is killed, or answers otherwise --------------------------------------------------------------

_ANSWERS = """
import os, signal, socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
print("listens", flush=True)
connection, _ = listening.accept()
connection.recv(65536)
connection.sendall(bytes.fromhex(sys.argv[2]))
if sys.argv[3] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@contextlib.contextmanager
def hub_that_answers(folder: Path, answer: bytes, end: str = "ends") -> Any:
    """A process that sends those bytes to its first client, and then ends or is killed."""
    arguments = [sys.executable, "-c", _ANSWERS, str(folder / FILE), answer.hex(), end]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listens\n"
        yield
        assert process.wait(10) == (-signal.SIGKILL if end == "killed" else 0)


def http(*lines: bytes, status: str = "200 OK", ended: bool) -> bytes:
    """A chunked answer of those lines, with its last chunk or without."""
    chunks = [b"%x\r\n%s\n\r\n" % (len(line) + 1, line) for line in lines]
    head = b"HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n" % status.encode()
    return head + b"".join(chunks) + (b"0\r\n\r\n" if ended else b"")


def line(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


GOING = line(going={"done": 1, "total": 2, "removed": 1})


async def test_a_hub_that_is_killed_in_the_middle_of_a_stream_is_reported_after_what_it_sent(
    short_folder: Path,
) -> None:
    lines: list[AnswerLine] = []
    with (
        hub_that_answers(short_folder, http(GOING, ended=False), "killed"),
        pytest.raises(AgentError, match=r"the hub stopped while it worked on this .*run the command again"),
    ):
        await stream(short_folder, "sources/remove", Request(), lines.append)
    assert [sent.going for sent in lines] == [Going(done=1, total=2, removed=1)]


async def test_a_hub_that_is_killed_before_it_answers_is_reported(short_folder: Path) -> None:
    for answer in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"):
        (short_folder / FILE).unlink(missing_ok=True)
        with (
            hub_that_answers(short_folder, answer, "killed"),
            pytest.raises(AgentError, match="the hub stopped while it worked on this"),
        ):
            await call(short_folder, "decide", {"barcode": S10})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(GOING, ended=True), id="a stream without a report"),
        pytest.param(http(b"not json", ended=True), id="a line that is not JSON"),
        pytest.param(http(line(), status="404 Not Found", ended=True), id="an unknown verb"),
    ],
)
async def test_a_stream_that_does_not_end_with_a_report_is_an_error(
    short_folder: Path, answer: bytes
) -> None:
    with (
        hub_that_answers(short_folder, answer),
        pytest.raises(AgentError, match="the hub stopped while it worked on this"),
    ):
        await stream(short_folder, "import", Request(), lambda sent: None)


async def test_a_failure_ends_a_stream_with_the_names_of_its_classes(short_folder: Path) -> None:
    failure = Failure(error="gone.csv cannot be read", kinds=("FileRefused", "AgentError"), v=2)
    with (
        hub_that_answers(short_folder, http(GOING, msgspec.json.encode(failure), ended=True)),
        pytest.raises(HubRefused, match=r"^gone\.csv cannot be read$") as caught,
    ):
        await stream(short_folder, "import", Request(), lambda sent: None)
    assert caught.value.kinds == failure.kinds


async def test_a_failure_of_a_hub_of_the_version_before_says_that_it_must_be_restarted(
    short_folder: Path,
) -> None:
    before = line(error="no device is called lane-9", exit_code=4)
    with (
        hub_that_answers(short_folder, http(before, status="409 Conflict", ended=True)),
        pytest.raises(HubRefused, match=r"called lane-9 \(the running hub has another version; restart it\)"),
    ):
        await call(short_folder, "transcript", {"place": "lane-9"})


async def test_an_error_of_the_hub_reaches_the_command_with_its_kind(running: str, site: Site) -> None:
    with pytest.raises(HubRefused, match=r"gone\.csv cannot be read") as caught:
        await import_by_hub(site.data, Path("/gone.csv"), Sender(), NullListener(), faults=False)
    assert caught.value.kinds == ("FileRefused", "AgentError")
    with pytest.raises(HubRefused, match="scan the label again") as unreadable:
        await call(site.data, "decide", {"barcode": "\x02", "grams": None, "record": True})
    assert unreadable.value.kinds == ("UnreadableScan", "AgentError")


# -- a client that disconnects -------------------------------------------------------------------------------


async def test_an_import_whose_client_disconnected_stops_and_the_same_file_resumes(
    running: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 512)
    monkeypatch.setattr(importer, "REPORT_EVERY_NS", 0)
    path = site.manifest(*({"tracking_number": f"BOX-{number:06}"} for number in range(20_000)))
    begun = asyncio.Event()

    class Waits(NullListener):
        def progress(self, progress: Progress) -> None:
            begun.set()

    asking = asyncio.create_task(import_by_hub(site.data, path, Sender(), Waits(), faults=False))
    await asyncio.wait_for(begun.wait(), 20)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    # The second command waits until the first one's import has ended.
    report = await import_by_hub(site.data, path, Sender(), NullListener(), faults=False)
    assert report is not None
    assert 0 < report["resumed_after"] < 20_000
    assert (report["accepted"], report["already_known"]) == (20_000, False)
    status = await call(site.data, "status")
    assert status is not None
    assert status["declarations"] == 20_000


async def test_a_removal_whose_client_disconnected_goes_on_to_its_end(
    running: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "TELL_EVERY_NS", 0)
    path = site.manifest(*({"tracking_number": f"BOX-{number:06}"} for number in range(20_000)))
    assert await import_by_hub(site.data, path, Sender(party="seller"), NullListener(), faults=False)
    begun = asyncio.Event()
    asking = asyncio.create_task(remove_by_hub(site.data, Choice(party="seller"), lambda going: begun.set()))
    await asyncio.wait_for(begun.wait(), 20)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(20):
        while (status := await call(site.data, "status")) and status["sources"]:  # noqa: ASYNC110 - asks the hub
            await asyncio.sleep(0.05)
    assert status is not None
    assert status["declarations"] == 0
    with pytest.raises(HubRefused, match="no source of seller"):
        await remove_by_hub(site.data, Choice(party="seller"), lambda going: None)


# -- the lane simulator --------------------------------------------------------------------------------------


async def test_a_typed_number_is_handed_to_the_lane_simulator_or_its_absence_reported(
    short_folder: Path,
) -> None:
    lines: list[bytes] = []

    async def lane(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b'{"ok": true}\n')
        writer.close()

    path = short_folder / "lane.sock"
    with pytest.raises(UnknownName, match=r"no lane simulator listens on .*lane\.sock"):
        await hand_over(path, S10)
    server = await asyncio.start_unix_server(lane, path)
    with contextlib.closing(server):
        await hand_over(path, S10)
    assert lines == [b'{"present": "RR473124829GB"}\n']
