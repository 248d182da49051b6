"""One process owns a data directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import AlreadyRunning
from agent.runtime.data_lock import DataLock

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
