"""Who holds a device: read from the system's process list, as far as we may see it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

PROC = Path("/proc")
MOST_PROCESSES = 4096
MOST_DESCRIPTORS = 1024
"""Descriptors looked at per process; a program that holds more of them does not own a serial port."""

PORT_THIEVES = ("ModemManager", "brltty")
"""Programs that open serial ports nobody gave them, in search of modems and Braille displays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process, by its number and the name the system shows for it."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid})"


def holders_of(device: str | Path, *, proc: Path = PROC) -> tuple[Holder, ...]:
    """The processes that have the device open, or hold the lock on it.

    What another user's process has open only root may see; its lock everybody may. An empty answer
    therefore does not mean that nobody holds the device.
    """
    target = Path(device).resolve()
    pids = {pid for pid in _processes(proc) if _has_open(proc / str(pid), str(target))}
    pids |= _lockers_of(target, proc)
    return tuple(Holder(pid=pid, command=_command(proc, pid) or "unknown") for pid in sorted(pids))


def running(names: Collection[str] = PORT_THIEVES, *, proc: Path = PROC) -> tuple[Holder, ...]:
    """The processes of those names."""
    openers = ((pid, _command(proc, pid)) for pid in _processes(proc))
    return tuple(Holder(pid=pid, command=command) for pid, command in openers if command and command in names)


def _processes(proc: Path) -> Iterator[int]:
    try:
        entries = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal())
    except OSError:
        return
    yield from islice(entries, MOST_PROCESSES)


def _has_open(process: Path, target: str) -> bool:
    # The text of the links alone: a stat would follow them, and one file on a dead network mount would hang
    # us.
    try:
        with os.scandir(process / "fd") as descriptors:
            return any(_link(entry.path) == target for entry in islice(descriptors, MOST_DESCRIPTORS))
    except OSError:
        return False


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115  (hundreds of them: no objects on the way)
    except OSError:
        return None


def _lockers_of(target: Path, proc: Path) -> set[int]:
    """Owners of a lock on that file, from the kernel's list (proc_locks(5))."""
    try:
        stat = target.stat()
        lines = (proc / "locks").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    wanted = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    # 1: FLOCK  ADVISORY  WRITE 812 00:05:1234 0 EOF; one that waits for a lock has an arrow before its kind.
    owners = (fields for line in lines if "->" not in (fields := line.split()) and len(fields) >= 6)
    return {int(f[4]) for f in owners if f[5] == wanted and f[4].isdecimal() and f[4] != "0"}


def _command(proc: Path, pid: int) -> str | None:
    try:
        return (proc / str(pid) / "comm").read_text(errors="replace").strip() or None
    except OSError:
        return None
