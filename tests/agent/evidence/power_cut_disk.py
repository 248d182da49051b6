"""A disk whose power can be cut, under SQLite through apsw. Runs as a program of its own.

Two SQLite libraries in one process lose each other's locks, so the test starts this file and reads what it
prints: for each cut, what had been acknowledged before it, and what was result afterwards.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from agent.errors import AgentError
from agent.evidence.log import EvidenceLog
from agent.runtime.clock import SystemClock
from agent.trust.hub_keys import Signer, load_trust
from sync import sqlite
from sync.errors import SyncError
from sync.log.entries import Entry, follow_all

SECTOR = 512
CUTS = 30
Acked = list[tuple[int, str]]


class File:
    """What programs see of a file, what the platter holds, and the writes between the two."""

    def __init__(self, content: bytes = b"") -> None:
        self.observed = bytearray(content)
        self.platter = bytearray(content)
        self.pending: list[tuple[int, bytes] | int] = []

    def after_cut(self, rng: random.Random) -> bytes:
        """The platter, with an arbitrary part of what was not synced: whole, dropped, or torn by sectors."""
        result = bytearray(self.platter)
        for change in self.pending:
            fate = rng.random()
            if fate < 0.4:
                continue
            if isinstance(change, int):
                del result[change:]
                continue
            offset, data = change
            for start in range(0, len(data), SECTOR):
                if fate < 0.7 or rng.random() < 0.5:
                    put(result, offset + start, data[start : start + SECTOR])
        return bytes(result)


def put(content: bytearray, offset: int, data: bytes) -> None:
    content.extend(bytes(max(0, offset + len(data) - len(content))))
    content[offset : offset + len(data)] = data


class Disk(apsw.VFS):
    """Files in memory; ``on_change`` is called before each write, truncation and sync."""

    def __init__(self, name: str, files: dict[str, bytes], on_change: Callable[[], None]) -> None:
        self.files = {path: File(content) for path, content in files.items()}
        self.on_change = on_change
        self.name = name
        super().__init__(name, base="")

    # SQLite's own names; apsw calls the methods, whatever class has them.
    def xOpen(self, name: Any, flags: list[int]) -> Handle:  # type: ignore[override] # noqa: N802
        flags[1] = flags[0]
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return Handle(self, self.files.setdefault(path or f"temp-{len(self.files)}", File()))

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xAccess(self, path: str, flags: int) -> bool:  # noqa: N802
        return path in self.files

    def xDelete(self, path: str, sync: bool) -> None:  # noqa: N802
        self.on_change()
        self.files.pop(path, None)


class Handle:
    """An open file of a :class:`Disk`. One process and one connection: locks are always given."""

    def __init__(self, disk: Disk, file: File) -> None:
        self._disk = disk
        self._file = file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._file.observed[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.on_change()
        put(self._file.observed, offset, data)
        self._file.pending.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.on_change()
        del self._file.observed[size:]
        self._file.pending.append(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.on_change()
        self._file.platter = bytearray(self._file.observed)
        self._file.pending.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._file.observed)

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0

    def xLock(self, level: int) -> None: ...  # noqa: N802
    def xUnlock(self, level: int) -> None: ...  # noqa: N802
    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None: ...  # noqa: N802


def connector(disk: str, synchronous: str) -> Callable[[Path], Any]:
    """What EvidenceLog.open is given instead of the hub's own library, with the hub's own pragmas."""

    def connect(_: Path) -> apsw.Connection:
        conn = apsw.Connection("evidence.db", vfs=disk)
        conn.execute("PRAGMA locking_mode=EXCLUSIVE")  # WAL without shared memory
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute(f"PRAGMA synchronous={synchronous}")
        conn.execute("PRAGMA cell_size_check=ON")
        conn.execute("PRAGMA wal_autocheckpoint=24")  # many turns of the WAL in few entries
        return conn

    return connect


def work(
    database: bytes, signer: Signer, synchronous: str, seed: int
) -> list[tuple[dict[str, bytes], Acked]]:
    """Write a log; returns, for some moments, the disk after a cut and what was acknowledged before it."""
    rng = random.Random(seed)
    acked: Acked = []
    cuts: list[tuple[dict[str, bytes], Acked]] = []
    waiting = sorted(rng.sample(range(40, 1200), CUTS), reverse=True)
    operations = 0

    def on_change() -> None:
        nonlocal operations
        operations += 1
        if waiting and operations >= waiting[-1]:
            waiting.pop()
            left = {path: file.after_cut(rng) for path, file in disk.files.items()}
            cuts.append((left, list(acked)))

    disk = Disk(f"disk-{synchronous}", {"evidence.db": database}, on_change)
    log, _ = EvidenceLog.open(Path(), signer, SystemClock(), connect=connector(disk.name, synchronous))

    def acknowledge(done: Any) -> None:  # in the writer's thread, as soon as the result is set
        entry = done.result()
        acked.append((entry.seq, entry.leaf.hex()))

    while waiting:
        burst = [log.event("SHIFT_BEGAN", {"note": "x" * 400}) for _ in range(rng.randrange(1, 5))]
        for future in burst:
            future.add_done_callback(acknowledge)
        burst[-1].result(10)
    log.close()
    return cuts


def look(number: int, files: dict[str, bytes], signer: Signer) -> tuple[dict[int, str], str | None]:
    """What is in the log after a cut, and what is wrong with it, if anything."""
    disk = Disk(f"after-{number}", files, lambda: None)
    try:
        conn = connector(disk.name, "FULL")(Path())
        rows = conn.execute("SELECT seq, kind, payload, leaf, signature FROM log ORDER BY seq").fetchall()
        log_id = conn.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0]
        conn.close()
        entries = [Entry(seq=s, kind=k, payload=p, leaf=le, signature=si) for s, k, p, le, si in rows]
        follow_all(log_id, entries, signer.decisions.public)
        log, trouble = EvidenceLog.open(Path(), signer, SystemClock(), connect=connector(disk.name, "FULL"))
        log.close()
    except (apsw.Error, AgentError, SyncError, TypeError) as error:
        return {}, repr(error)
    return {e.seq: e.leaf.hex() for e in entries}, trouble


def main() -> None:
    database, folder, seed, *cards = sys.argv[1:]
    signer = load_trust(Path(folder), "hub/test", [Path(card) for card in cards]).signer
    sqlite.is_sound = lambda version=(): False  # one connection per file: no second library opens it
    result = []
    for synchronous in ("FULL", "OFF"):
        cuts = work(Path(database).read_bytes(), signer, synchronous, int(seed))
        for number, (files, acked) in enumerate(cuts):
            recovered, trouble = look(number, files, signer)
            result.append(
                {"synchronous": synchronous, "acked": acked, "recovered": recovered, "trouble": trouble}
            )
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
