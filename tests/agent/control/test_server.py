"""One process owns a data directory, and commands reach it through its socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.app import Opened
from agent.cli import main
from agent.control import server as control
from agent.control.import_verb import ask
from agent.domain.consignment.effective import SourceRole
from agent.errors import AgentError, AlreadyRunning, NotFound
from agent.intake import importer as taking
from agent.intake.importer import Sender
from agent.intake.listener import NullListener
from agent.intake.protocol import Progress
from agent.lane.station import Station
from agent.runtime.clock import SystemClock
from agent.runtime.data_lock import DataLock

S10 = "RR473124829GB"
ONE_LANE = '[[stations]]\nname = "lane-1"\nscanner = { port = "/dev/null" }\n'

_HOLDS = """
import sys
from pathlib import Path
from agent.runtime.data_lock import DataLock
lock = DataLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    """Another process that holds the folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_process_on_the_same_data_is_refused_and_told_the_first_ones_number(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(AlreadyRunning, match=f"in use by process {process.pid}; stop it first"):
            DataLock(tmp_path)
        process.communicate()
    DataLock(tmp_path).release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    lock = DataLock(tmp_path)
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_a_folder_is_free_again_once_it_is_released(tmp_path: Path) -> None:
    lock = DataLock(tmp_path / "new")
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        DataLock(tmp_path / "new")
    lock.release()
    DataLock(tmp_path / "new").release()


async def test_a_hub_that_fails_to_open_gives_its_folder_back(site: Any) -> None:
    (site.folder / "policy.signed").unlink()
    for _ in range(2):
        with pytest.raises(AgentError, match=r"policy\.signed cannot be read"):
            async with site.open():
                pass
    DataLock(site.data).release()


# -- the running hub -----------------------------------------------------------------------------------------


@pytest.fixture
async def running(site: Any, run_hub: Any) -> AsyncIterator[str]:
    """The site's hub at work; the address of its page."""
    clock = SystemClock()
    site.publish_policy(issued=clock.now())
    site.publish_list(issued=clock.now())
    async with run_hub() as url:
        yield url


async def asked(site: Any, verb: str, **body: Any) -> dict[str, Any]:
    found = await control.call(site.data, verb, body or None)
    assert found is not None
    return found


async def test_import_decide_and_status_reach_the_running_hub(running: str, site: Any) -> None:
    path = str(site.manifest({}, {"tracking_number": "RB123456785GB", "gross_weight_g": "?"}))
    sender = Sender(party="seller", role=SourceRole.SELLER)
    report = await ask(site.data / control.FILE, Path(path), sender, NullListener(), faults=False)
    assert report is not None
    assert (report["accepted"], report["rejected_rows"], report["errors"][0]["line"]) == (1, 1, 3)
    dry = await asked(site, "decide", barcode=S10, grams=290, record=False)
    assert (dry["recorded"], dry["disposition"]) == (False, "CLEAR")
    decided = await asked(site, "decide", barcode=S10, grams=290, record=True)
    assert (decided["recorded"], decided["disposition"], decided["seq"]) == (True, "CLEAR", 1)
    status = await asked(site, "status")
    assert (status["running"], status["entries"], status["unsent"]) == (True, 2, 2)
    assert (status["declarations"], status["sources"]) == (1, 1)
    assert status["policy"]["id"] == "us-origin-default"
    assert status["model"]["digest"]


async def test_an_import_whose_command_has_gone_stops_and_the_same_file_goes_on(
    running: str, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "BATCH", 512)
    monkeypatch.setattr(taking, "REPORT_EVERY_NS", 0)
    path = site.manifest(*({"tracking_number": f"BOX-{number:06}"} for number in range(20_000)))
    begun = asyncio.Event()

    class Waits(NullListener):
        def progress(self, progress: Progress) -> None:
            begun.set()

    asking = asyncio.create_task(ask(site.data / control.FILE, path, Sender(), Waits(), faults=False))
    await asyncio.wait_for(begun.wait(), 20)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    # The second command waits until the first one's import has ended.
    report = await ask(site.data / control.FILE, path, Sender(), NullListener(), faults=False)
    assert report is not None
    assert 0 < report["resumed_after"] < 20_000
    assert (report["accepted"], report["already_known"]) == (20_000, False)
    assert (await asked(site, "status"))["declarations"] == 20_000


async def test_an_error_of_the_hub_reaches_the_command_with_its_exit_code(running: str, site: Any) -> None:
    with pytest.raises(AgentError, match=r"gone\.csv cannot be read") as caught:
        await ask(site.data / control.FILE, Path("/gone.csv"), Sender(), NullListener(), faults=False)
    assert caught.value.exit_code == 3
    with pytest.raises(AgentError, match="scan the label again"):
        await asked(site, "decide", barcode="\x02", grams=None, record=True)


async def test_the_socket_is_the_owners_alone(running: str, site: Any) -> None:
    mode = (site.data / control.FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_while_a_hub_runs_nobody_else_opens_its_files(running: str, site: Any) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        async with site.open():
            pass


async def test_what_a_device_said_last_is_asked_of_the_running_hub(
    running: str, site: Any, tmp_path: Path
) -> None:
    found = await asked(site, "transcript", place="lane-1/scanner")
    assert found == {"lines": []}
    with pytest.raises(AgentError, match="there are lane-1/scanner") as caught:
        await asked(site, "transcript", place="lane-9/scale")
    assert caught.value.exit_code == 4


async def test_the_bytes_that_a_device_sent_come_back_as_a_transcript(opened: Opened, site: Any) -> None:
    station = Station(site.configure(ONE_LANE).stations[0], opened.hub)
    station.recorders["scanner"]("in", b"RR473124829GB\r\n", 7)
    runner = await control.serve(opened.hub, site.data)
    command = ["devices", "recent", "lane-1/scanner", "--config", str(site.config_file)]
    shown = await asyncio.to_thread(CliRunner().invoke, main, command)
    await runner.cleanup()
    (record,) = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (record["hex"], record["direction"], record["mono_ns"]) == (b"RR473124829GB\r\n".hex(), "in", 7)


async def test_where_no_hub_runs_a_command_is_told_so(site: Any) -> None:
    assert await control.call(site.data, "status") is None


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


async def test_a_socket_that_a_killed_hub_left_behind_is_no_hub_and_is_replaced(site: Any) -> None:
    leave_socket(site.data / control.FILE)
    assert (site.data / control.FILE).is_socket()
    assert await control.call(site.data, "status") is None
    async with site.open() as opened:
        runner = await control.serve(opened.hub, site.data)
        assert (await asked(site, "status"))["hub"] == "hub/test"
        await runner.cleanup()


async def test_a_typed_number_is_handed_to_the_lane_simulator_or_its_absence_told(site: Any) -> None:
    heard: list[bytes] = []

    async def lane(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.write(b'{"ok": true}\n')
        writer.close()

    path = site.folder / "lane.sock"
    with pytest.raises(NotFound, match=r"no lane simulator listens on .*lane\.sock"):
        await control.hand_over(path, S10)
    server = await asyncio.start_unix_server(lane, path)
    with contextlib.closing(server):
        await control.hand_over(path, S10)
    assert heard == [b'{"present": "RR473124829GB"}\n']
