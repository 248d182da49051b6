"""Who holds a device: a real second process, and process lists made up of files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from drivers.ports import holders
from drivers.ports.holders import Holder, holders_of, running


def process(proc: Path, pid: int, command: str, *open_files: str) -> None:
    """A process in a made-up list."""
    folder = proc / str(pid) / "fd"
    folder.mkdir(parents=True)
    (proc / str(pid) / "comm").write_text(f"{command}\n")
    for number, path in enumerate(open_files):
        (folder / str(number)).symlink_to(path)


def test_a_real_second_process_is_found_through_the_link_and_gone_when_it_ended(far_end: Any) -> None:
    code = (
        "import sys; port = open(sys.argv[1], 'rb', buffering=0); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(far_end.link)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        holders = {holder.pid: holder for holder in holders_of(far_end.link)}
        assert holders.keys() == {os.getpid(), other.pid}
        assert holders[other.pid].command.startswith("python")
        assert str(holders[other.pid]) == f"{holders[other.pid].command} (pid {other.pid})"
        other.communicate()
    assert [holder.pid for holder in holders_of(far_end.link)] == [os.getpid()]


def test_who_has_the_device_open_is_found_in_the_process_list(tmp_path: Path) -> None:
    process(tmp_path, 812, "ModemManager", "/dev/null", "/dev/ttyACM0")
    process(tmp_path, 90, "hub", "/dev/ttyACM1")
    process(tmp_path, 7, "late", "/dev/ttyACM0 (deleted)")
    (tmp_path / "sys").mkdir()
    assert holders_of("/dev/ttyACM0", proc=tmp_path) == (Holder(pid=812, command="ModemManager"),)
    assert holders_of("/dev/ttyACM7", proc=tmp_path) == ()
    assert holders_of("/dev/ttyACM0", proc=tmp_path / "none") == ()


def test_who_holds_the_lock_is_found_without_seeing_what_it_has_open(tmp_path: Path) -> None:
    device = tmp_path / "ttyACM0"
    device.touch()
    stat = device.stat()
    place = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    process(tmp_path, 812, "bridge")
    (tmp_path / "locks").write_text(
        f"1: FLOCK  ADVISORY  WRITE 812 {place} 0 EOF\n"
        f"1: -> FLOCK  ADVISORY  WRITE 813 {place} 0 EOF\n"
        "2: POSIX  ADVISORY  WRITE 900 00:01:7 0 EOF\n"
        f"3: FLOCK  ADVISORY  WRITE 0 {place} 0 EOF\n"
        "damaged\n"
    )
    assert holders_of(device, proc=tmp_path) == (Holder(pid=812, command="bridge"),)


def test_a_process_that_ends_while_we_look_is_left_out_or_unknown(tmp_path: Path) -> None:
    process(tmp_path, 5, "gone", "/dev/ttyACM0")
    (tmp_path / "5" / "comm").unlink()
    (tmp_path / "6").mkdir()
    assert holders_of("/dev/ttyACM0", proc=tmp_path) == (Holder(pid=5, command="unknown"),)
    assert running(proc=tmp_path) == ()


def test_the_search_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    for pid in (1, 2, 3):
        process(tmp_path, pid, "many", *["/dev/null"] * 5, "/dev/ttyACM0")
    monkeypatch.setattr(holders, "MOST_PROCESSES", 2)
    assert [holder.pid for holder in holders_of("/dev/ttyACM0", proc=tmp_path)] == [1, 2]
    monkeypatch.setattr(holders, "MOST_DESCRIPTORS", 0)
    assert holders_of("/dev/ttyACM0", proc=tmp_path) == ()


def test_programs_that_open_ports_nobody_gave_them_are_known_by_name(tmp_path: Path) -> None:
    process(tmp_path, 812, "ModemManager")
    process(tmp_path, 640, "brltty")
    process(tmp_path, 90, "hub")
    assert [str(holder) for holder in running(proc=tmp_path)] == [
        "brltty (pid 640)",
        "ModemManager (pid 812)",
    ]
